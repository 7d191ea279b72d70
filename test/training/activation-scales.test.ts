/**
 * @file Figures of layers: the same on both engines, gradients those of the training step, and what small latents do.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { examineActivations } from '../../src/training/activation-scales.js';
import { layerNorms } from '../../src/training/layers.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../../src/training/training-step.js';
import { aamLoss } from './loss-of-tests.js';

const [BATCH, FRAMES, BINS, SPEAKERS] = [4, 20, 8, 5];
const random = keyedRandom(1, 'activation scales');
const batch = Array.from({ length: BATCH }, () => ({
  frames: FRAMES,
  bins: BINS,
  data: Float32Array.from({ length: FRAMES * BINS }, () => random.normal()),
}));
const targets = [0, 1, 2, 3];

function setUp(options: object) {
  const model = createModel(parseModelOptions({ bins: BINS, ...options }, 'test'));
  const loss = aamLoss(model, SPEAKERS, 30);
  return { model, loss, tensors: initialTrainingTensors(model, loss, 1), batch, targets, margin: 0 };
}
const aca = {
  type: 'aca-net',
  latents: 6,
  embed: 8,
  blocks: 1,
  layers: 1,
  reps: 2,
  heads: 2,
  dropout: 0,
  positional: 'none',
};
const ecapa = {
  type: 'ecapa-tdnn',
  channels: [8, 8, 8, 8, 24],

  seChannels: 4,
  attentionChannels: 4,
  embedding: 6,
};

describe('activation scales', () => {
  for (const options of [aca, ecapa]) {
    it(`of ${options.type} are the same on the compiled and on the reference engine`, async () => {
      const [onnx, reference] = await Promise.all(
        (['onnx', 'reference'] as const).map(async (name) => {
          const engine = await createEngine({ name, device: 'cpu', threads: 1 });
          return examineActivations({ ...setUp(options), engine });
        }),
      );
      assert.deepEqual(
        onnx.layers.map(({ layer }) => layer),
        reference.layers.map(({ layer }) => layer),
      );
      for (const [i, figures] of onnx.layers.entries()) {
        const expected = reference.layers[i];
        for (const key of ['rms', 'dead', 'cosine', 'varying', 'gradient', 'weights'] as const) {
          const [ours, theirs] = [figures[key], expected[key]];
          // Float32 in another order, five digits kept; near-zero gradients are rounding noise.
          const near = ours === theirs || Math.abs(ours! - theirs!) <= 1e-3 * Math.abs(theirs!) + 1e-4;
          assert.ok(near, `${figures.layer} ${key}: ${ours}, expected ${theirs}`);
        }
      }
    });
  }

  it('have the gradient norms of the training step on the same batch', async () => {
    const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    const options = setUp(aca);
    const { layers, loss } = await examineActivations({ ...options, engine });
    const { model, tensors } = options;
    const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', gradientClip: 1 }));
    const names = trainedNames(model, options.loss);
    const slots = optimizer.slots(Object.fromEntries(names.map((name) => [name, tensors[name]])));
    const shape = { model, optimizer, loss: options.loss, batchSize: BATCH, cropFrames: FRAMES };
    const step = await createTrainingStep(engine, shape, { model: tensors, optimizer: slots });
    const features = Float32Array.from(batch.flatMap(({ data }) => [...data]));
    const report = await step.run(
      { features, targets: Int32Array.from(targets) },
      { step: 0, seed: 1, learningRate: 0, margin: 0 },
    );
    await step.dispose();
    assert.ok(Math.abs(report.loss / loss - 1) < 1e-4);
    for (const [layer, norm] of Object.entries(layerNorms(names, report.gradSquares!))) {
      const { gradient } = layers.find((figures) => figures.layer === layer)!;
      assert.ok(Math.abs(gradient! / norm - 1) < 1e-3, `${layer}: ${gradient}, expected ${norm}`);
    }
  });

  it('show latents of the released size all alike after the first attention, wide ones apart', async () => {
    const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    const cosineOf = async (std: number) => {
      const { layers } = await examineActivations({ ...setUp({ ...aca, latentInit: { std } }), engine });
      return layers.find(({ layer }) => layer === 'ACA_blocks.0.cross_attention.1')!.cosine!;
    };
    assert.ok((await cosineOf(0.02)) > 0.9);
    assert.ok((await cosineOf(2)) < 0.3);
  });
});
