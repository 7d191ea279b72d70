/** @file Two trainings of one small network, as jobs of one CPU. */

export const TINY_RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 4, duration: [1, 1.5] }
development: { speakers: 2 }
systems:
  aca-net:
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16 }
model: aca-net
baseline: aca-net
seeds: 2
training: { epochs: 2, batchSize: 4, cropFrames: 60, optimizer: { type: adam }, logEvery: 1 }
executor: { cpus: 1, parts: 2 }
`;
