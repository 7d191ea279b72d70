/**
 * Small networks (x-vector, ResNet, other poolings in each trunk) in training: the same steps on both engines, and voices are
 * learnt.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../../src/training/training-step.js';
import { aamLoss } from '../training/loss-of-tests.js';

const smallAca = {
  type: 'aca-net',
  bins: 8,
  latents: 6,
  embed: 8,
  reps: 1,
  layers: 1,
  blocks: 1,
  heads: 2,
  attentionMlp: 8,
  transformerMlp: 8,
  latentInit: { std: 1 },
};
const smallXVector = { type: 'x-vector', bins: 8, embedding: 6, channels: [8, 8, 12], kernels: [5, 3, 1], dilations: [1, 2, 1] }; // prettier-ignore
const smallEcapa = {
  type: 'ecapa-tdnn',
  bins: 8,
  embedding: 6,
  channels: [8, 8, 12],
  kernels: [3, 3, 1],
  dilations: [1, 2, 1],
  groups: [1, 1, 1],
  res2netScale: 2,
  seChannels: 4,
};
const smallResNet = { type: 'resnet', bins: 8, embedding: 6, channels: 4, depth: [1, 1, 1, 1] };
const smallCrossAttention = { type: 'cross-attention', latents: 4, embed: 6, mlp: 8 };
const controls = {
  'ACA-Net with statistics pooling': { ...smallAca, pooling: 'statistics' },
  'ACA-Net with attentive pooling': { ...smallAca, pooling: 'attentive' },
  'ACA-Net with frames expanded 3 at a time': { ...smallAca, expansionKernel: 3 },
  'ACA-Net with 3 layers on each frame': { ...smallAca, expansionLayers: 3 },
  'an x-vector': smallXVector,
  'an x-vector with attentive pooling': { ...smallXVector, pooling: { type: 'attentive', attentionChannels: 6 } },
  'an x-vector with cross attention': { ...smallXVector, pooling: smallCrossAttention },
  'ACA-Net with 2 heads in cross attention': { ...smallAca, crossHeads: 2 },
  'ECAPA-TDNN with statistics pooling': { ...smallEcapa, pooling: 'statistics' },
  'ECAPA-TDNN with cross attention': { ...smallEcapa, pooling: smallCrossAttention },
  ResNet: smallResNet,
  'ResNet of bottlenecks with two layers': { ...smallResNet, block: 'Bottleneck', channels: 2, twoLayers: true },
  'ResNet with attentive pooling': { ...smallResNet, pooling: { type: 'attentive', attentionChannels: 6 } },
  'ECAPA-TDNN of WeSpeaker with global context': { type: 'ecapa_wespeaker', bins: 8, embedding: 6, channels: 8 },
  'ECAPA-TDNN of WeSpeaker with statistics pooling, normalised': {
    ...{ type: 'ecapa_wespeaker', bins: 8, embedding: 6, channels: 8 },
    ...{ pooling: 'statistics', embeddingNorm: true },
  },
  'ResNet with cross attention': { ...smallResNet, pooling: smallCrossAttention },
};
const [speakers, batchSize, cropFrames] = [4, 8, 12];

/** Each speaker has a mean of its own. */
const random = keyedRandom('test', 'voices');
const voices = Float32Array.from({ length: speakers * 8 }, () => random.normal());
const targets = Int32Array.from({ length: batchSize }, (_, i) => i % speakers);
const features = Float32Array.from(
  { length: batchSize * cropFrames * 8 },
  (_, i) => voices[targets[Math.floor(i / (cropFrames * 8))] * 8 + (i % 8)] + random.normal(),
);

describe('training steps of', () => {
  for (const [name, options] of Object.entries(controls)) {
    it(`${name} are the same on both engines, and lead to the speakers`, async () => {
      const model = createModel(parseModelOptions(options, 'test'));
      const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam' }));
      const loss = aamLoss(model, speakers, 10);
      const tensors = initialTrainingTensors(model, loss, 1);
      const trained = Object.fromEntries(trainedNames(model, loss).map((key) => [key, tensors[key]]));
      const start = { model: tensors, optimizer: optimizer.slots(trained) };
      const run = async (engineName: 'reference' | 'onnx', steps: number) => {
        const engine = await createEngine({ name: engineName, device: 'cpu', threads: 1 });
        const common = { model, optimizer, loss, batchSize, cropFrames };
        const step = await createTrainingStep(engine, common, start);
        const losses: number[] = [];
        for (let i = 0; i < steps; i++) {
          const scalars = { step: i, seed: 1, learningRate: 0.01, margin: 0.1 };
          losses.push((await step.run({ features, targets }, scalars)).loss);
        }
        await step.dispose();
        return losses;
      };
      const [reference, onnx] = [await run('reference', 2), await run('onnx', 40)];
      // Adam divides by the gradient's size: roundings of the first step show in the second.
      for (const [i, tolerance] of [1e-5, 1e-3].entries()) {
        assert.ok(Math.abs(onnx[i] / reference[i] - 1) <= tolerance, `step ${i}`);
      }
      const [first, last] = [onnx[0], onnx.at(-1)!];
      assert.ok(last < first / 4, `${first} → ${last}`);
    });
  }
});
