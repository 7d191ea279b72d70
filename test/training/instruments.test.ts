/**
 * @file Instruments on tiny networks: figures of attention made by hand, gradient norms against PyTorch's, and that
 * measuring changes nothing.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine } from '../../src/engine/program/program.js';
import type { AttentionMap } from '../../src/models/attention-maps.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { dropoutKeyCount, dropoutKeys } from '../../src/nn/dropout.js';
import { keyedRandom } from '../../src/random.js';
import {
  attentionFigures,
  isEarlyPoint,
  createInstruments,
  type AttentionFigures,
} from '../../src/training/instruments.js';
import { CLASSIFIER } from '../../src/training/loss/cosine-classifier.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import {
  createTrainingStep,
  initialTrainingTensors,
  trainedNames,
  trainingProgram,
} from '../../src/training/training-step.js';
import { loadFixtureModel } from '../fixture-models.js';
import { aamLoss } from './loss-of-tests.js';

const tiny = { type: 'aca-net', bins: 8, latents: 6, embed: 8, blocks: 1, layers: 1, reps: 2, heads: 2 };

function noise(seed: number, length: number): Float32Array<ArrayBuffer> {
  const random = keyedRandom(seed, 'instruments');
  return Float32Array.from({ length }, () => random.normal());
}

describe('instruments', () => {
  let engine: Engine;
  before(async () => {
    engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  });

  it('tell an even spread, locked rows and rows that look alike from each other', () => {
    const figures = (rows: number[][]) => {
      const weights = Float32Array.from(rows.flat());
      const map = { rows: rows.length, frames: rows[0].length, weights } as AttentionMap;
      return attentionFigures(map);
    };
    const near = (actual: AttentionFigures, entropy: number, diversity: number) => {
      // Weights are float32.
      assert.ok(Math.abs(actual.entropy - entropy) < 1e-6, `entropy ${actual.entropy}`);
      assert.ok(Math.abs(actual.diversity! - diversity) < 1e-6, `diversity ${actual.diversity}`);
    };
    const even = [0.25, 0.25, 0.25, 0.25];
    near(figures([even, even]), 1, 0);
    assert.deepEqual(figures([even]), { entropy: 1 }, 'one row differs from no other');
    near(figures([[1, 0, 0, 0], [1, 0, 0, 0]]), 0, 0); // prettier-ignore
    near(figures([[1, 0, 0, 0], [0, 1, 0, 0]]), 0, 1); // prettier-ignore
    near(figures([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]), 0.5, 1); // prettier-ignore
  });

  it('are read before the first step and ever more rarely in the first epoch', () => {
    const early = Array.from({ length: 1000 }, (_, step) => step).filter((step) => isEarlyPoint(step, 801));
    assert.deepEqual(early, [0, 10, 25, 50, 100, 200, 400, 800]);
    assert.ok(!isEarlyPoint(50, 50), 'the end of the epoch is measured anyway');
  });

  it('find latents of the released initialisation attending alike, and wide ones not', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `u${i}`);
    const read = (id: string) => ({ frames: 30, bins: 8, data: noise(Number(id.slice(1)), 240) });
    const readingsOf = async (std: number, embeddings?: Map<string, Float32Array>) => {
      const model = createModel(parseModelOptions({ ...tiny, positional: 'none', latentInit: { std } }, 'test'));
      const instruments = createInstruments({ engine, model, ids, read });
      const readings = await instruments.read(initialTensors(model, 1), embeddings);
      await instruments.close();
      return readings;
    };
    const [small, wide] = [await readingsOf(0.02), await readingsOf(2)];
    assert.equal(small.utterances, 48);
    assert.deepEqual(Object.keys(wide.attention), ['ACA_blocks.0.cross_attention.0', 'ACA_blocks.0.cross_attention.1']);
    for (const layer of Object.keys(wide.attention)) {
      assert.ok(small.attention[layer].diversity! < 0.01, layer);
      assert.ok(wide.attention[layer].diversity! > 0.01, layer);
    }
    assert.ok(small.spread < wide.spread);
    const shares = wide.spectrum.reduce((sum, share) => sum + share, 0);
    assert.ok(Math.abs(shares - 1) < 1e-4, 'six directions are all there are; five digits are kept');
    const latents = initialTensors(
      createModel(parseModelOptions({ ...tiny, latentInit: { std: 2 } }, 'test')),
      1,
    ).latent;
    const norm = Math.hypot(...latents.data);
    assert.ok(Math.abs(wide.weightNorms.latent / norm - 1) < 1e-4);

    const known = new Map(ids.map((id, i) => [id, Float32Array.of(i, i)]));
    assert.equal((await readingsOf(2, known)).spread, 1, 'embeddings that are known are not computed again');
  });

  it("report the norms of PyTorch's gradients", async () => {
    const fixture = 'aca_small';
    const { config, weights, get, json } = loadFixtureModel(fixture);
    const model = createModel(modelOptionsFromConfig({ ...config, positional: 'reference', dropout: 0 }, fixture));
    const { grads, margin, scale } = json.train!;
    const [batchSize, cropFrames] = get('train.x').shape;
    const optimizer = createOptimizer(optimizerOptions.parse({ type: 'sgd', gradientClip: 1 }));
    const speakers = get('train.classifier_weight').shape[0];
    const model0: HostTensors = {
      ...initialTensors(model, 1),
      ...weights,
      [CLASSIFIER]: get('train.classifier_weight'),
    };
    const loss = aamLoss(model, speakers, scale);
    const options = { model, optimizer, loss, batchSize, cropFrames };
    const slots = optimizer.slots(Object.fromEntries(trainedNames(model, loss).map((name) => [name, model0[name]])));
    const step = await createTrainingStep(engine, options, { model: model0, optimizer: slots });
    const features = get('train.x').data as Float32Array<ArrayBuffer>;
    const batch = { features, targets: Int32Array.from(get('train.targets').data) };
    const { gradSquares } = await step.run(batch, { step: 0, seed: 1, learningRate: 0, margin });
    const names = trainedNames(model, loss);
    assert.equal(gradSquares?.length, names.length);
    for (const [i, name] of names.entries()) {
      if (grads[name].structurally_zero) continue;
      const [norm, expected] = [Math.sqrt(gradSquares[i]), grads[name].l2];
      // As for the gradients themselves: float32 against float64 through the whole network.
      assert.ok(Math.abs(norm / expected - 1) < 1e-3, `${fixture} ${name}: ${norm}, expected ${expected}`);
    }
    await step.dispose();
  });

  for (const [title, chosen] of Object.entries({
    'adam, not clipped': { type: 'adam', weightDecay: 0.01 },
    'adamw, clipped': { type: 'adamw', gradientClip: 1 },
    'sgd, not clipped': { type: 'sgd', weightDecay: 0.01 },
    'sgd without Nesterov, not clipped': { type: 'sgd', nesterov: false, weightDecay: 0.01 },
  })) {
    it(`leave the bits of a step alone: ${title}`, async () => {
      const model = createModel(parseModelOptions({ ...tiny, dropout: 0.1, latentInit: { std: 2 } }, 'test'));
      const optimizer = createOptimizer(optimizerOptions.parse(chosen));
      const [speakers, batchSize, cropFrames] = [5, 4, 20];
      const loss = aamLoss(model, speakers, 30);
      const options = { model, optimizer, loss, batchSize, cropFrames };
      const tensors = initialTrainingTensors(model, loss, 1);
      const parameters = Object.fromEntries(trainedNames(model, loss).map((name) => [name, tensors[name]]));
      const all = Object.entries({ ...tensors, ...optimizer.slots(parameters) });
      const state = Object.fromEntries(all.filter(([name]) => !name.endsWith('.num_batches_tracked')));
      const sites = model.dropoutSites(batchSize);
      const run = async (observed: boolean) => {
        const step = await engine.compileStep({
          program: (inputs) => {
            const { gradSquares, ...outputs } = trainingProgram(options)(inputs);
            return observed && gradSquares ? { ...outputs, gradSquares } : outputs;
          },
          inputs: {
            features: { shape: [batchSize, cropFrames, model.bins] },
            targets: { shape: [batchSize], dtype: 'int32' },
            margin: { shape: [1] },
            scalars: { shape: [optimizer.scalarCount] },
            dropoutKeys: { shape: [dropoutKeyCount(sites)], dtype: 'int32' },
          },
          state,
        });
        for (let index = 0; index < 4; index++) {
          await step.run({
            features: noise(index, batchSize * cropFrames * model.bins),
            targets: Int32Array.from({ length: batchSize }, (_, i) => (i + index) % speakers),
            margin: Float32Array.of(0.2),
            scalars: optimizer.scalars(index, 1e-2),
            dropoutKeys: dropoutKeys(sites, 1, index),
          });
        }
        const after = await step.readState();
        await step.dispose();
        return after;
      };
      assert.deepEqual(await run(true), await run(false));
    });
  }
});
