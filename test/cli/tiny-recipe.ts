/** @file A recipe that goes from artificial voices to a comparison in seconds: two equal networks, one epoch. */

export const TINY_RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 5, utterancesPerSpeaker: 3, testUtterancesPerSpeaker: 3, duration: [1, 1.2] }
development: { speakers: 2 }
systems:
  small: &small
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16 }
  other: *small
model: small
baseline: other
training: { epochs: 1, batchSize: 4, cropFrames: 60 }
`;
