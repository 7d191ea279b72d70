/** @file Some trainings of one small network. */

/** The text of the recipe. */
export const tinyRecipe = ({ seeds }: { seeds: number }): string => `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 4, duration: [1, 1.5] }
development: { speakers: 2 }
systems:
  aca-net:
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16 }
model: aca-net
baseline: aca-net
seeds: ${seeds}
training: { epochs: 2, batchSize: 4, cropFrames: 60, optimizer: { type: adam }, logEvery: 1 }
`;

/** The same as jobs of one CPU. */
export const TINY_RECIPE = `${tinyRecipe({ seeds: 2 })}executor: { cpus: 1, parts: 2 }\n`;
