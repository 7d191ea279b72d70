/**
 * One training step against the published PyTorch code's own numbers (test/fixtures/README.md): loss, gradients,
 * Adam step, running statistics and the losses of the following steps, on every engine.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { CLASSIFIER } from '../../src/training/loss/cosine-classifier.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import {
  createTrainingStep,
  initialTrainingTensors,
  trainedNames,
  trainingLoss,
} from '../../src/training/training-step.js';
import { loadFixtureModel, maxAbsDifference, relativeDistance } from '../fixture-models.js';
import { aamLoss } from './loss-of-tests.js';
import { keyedRandom } from '../../src/random.js';
import {
  createTestedEngine,
  describeOnEngines,
  TENSORFLOW_MISSING,
  type TestedEngine,
  WEBGPU_MISSING,
} from '../engine/engines.js';
import { skip } from '../skip.js';

const show = (...parts: unknown[]) => {
  if (process.env.SHOW_DEVIATIONS) console.log(...parts);
};

function setUp(fixture: string) {
  const { config, weights, get, json, tensors } = loadFixtureModel(fixture);
  const positional = config.model === 'aca-net' ? { positional: 'reference' } : {};
  const model = createModel(
    modelOptionsFromConfig({ ...config, ...positional, ...(config.dropout ? { dropout: 0 } : {}) }, fixture),
  );
  const train = json.train!;
  const [batchSize, cropFrames] = get('train.x').shape;
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: 2e-6 }));
  const speakers = get('train.classifier_weight').shape[0];
  const options = { model, optimizer, loss: aamLoss(model, speakers, train.scale), batchSize, cropFrames };
  const start: HostTensors = { ...initialTensors(model, 1), ...weights, [CLASSIFIER]: get('train.classifier_weight') };
  const batch = {
    features: get('train.x').data as Float32Array<ArrayBuffer>,
    targets: Int32Array.from(get('train.targets').data),
  };
  return { options, start, batch, train, get, tensors, model, optimizer };
}

/** Every `stride`-th element, as the fixtures of large models keep them. */
const sampled = (data: ArrayLike<number>, count: number, stride: number) =>
  Float32Array.from({ length: count }, (_, i) => data[i * stride]);

const fixtures = ['aca_small', 'aca_small_1dL', 'aca_small_fc', 'ecapa_small', 'ecapa_small_noglobal', 'aca_full'];

describeOnEngines('a training step', (name) => {
  let engine: Engine;
  before(async () => {
    engine = await createTestedEngine(name, 2);
  });

  for (const fixture of fixtures) {
    if (name === 'reference' && fixture === 'aca_full') continue; // minutes on tfjs's JavaScript backend
    it(`has PyTorch's loss and gradients for ${fixture}`, async () => {
      const { options, start, batch, train, get, tensors, model } = setUp(fixture);
      const trained = trainedNames(model, options.loss);
      const step = await engine.compileStep({
        program: ({ features, targets, margin, ...state }) => {
          const { value, grads } = tf.engine().gradients(
            () => trainingLoss(state, { features, targets, margin }, options).loss,
            trained.map((key) => state[key]),
          );
          return { loss: value, ...Object.fromEntries(trained.map((key, i) => [`grad/${key}`, grads[i]])), ...state };
        },
        inputs: {
          features: { shape: get('train.x').shape },
          targets: { shape: [batch.targets.length], dtype: 'int32' },
          margin: { shape: [1] },
        },
        state: start,
      });
      const outputs = await step.run({ ...batch, margin: Float32Array.of(train.margin) });
      const lossError = Math.abs(outputs.loss.data[0] / train.loss_f64 - 1);
      assert.ok(lossError <= 1e-5, `loss ${outputs.loss.data[0]}, expected ${train.loss_f64}`);
      let worst = 0;
      for (const key of trained) {
        const recorded = train.grads[key];
        const ours = outputs[`grad/${key}`].data;
        if (recorded.structurally_zero) continue;
        const full = tensors[`train.grad/${key}`];
        const sample = tensors[`train.grad_sample/${key}`];
        const expected = (full ?? sample).data;
        const compared = full ? ours : sampled(ours, expected.length, recorded.sample_stride!);
        const difference = maxAbsDifference(compared, expected);
        worst = Math.max(worst, difference / recorded.absmax);
        assert.ok(difference <= 1e-4 * recorded.absmax + 1e-7, `${key}: ${difference} of ${recorded.absmax}`);
      }
      show(fixture, { lossError, worstGradient: worst });
      await step.dispose();
    });

    it(`moves parameters and running statistics of ${fixture} as PyTorch does`, async () => {
      const { options, start, batch, train, tensors, model, optimizer } = setUp(fixture);
      const slots = optimizer.slots(
        Object.fromEntries(trainedNames(model, options.loss).map((key) => [key, start[key]])),
      );
      const step = await createTrainingStep(engine, options, { model: start, optimizer: slots });
      const scalars = { seed: 1, learningRate: 1e-3, margin: train.margin };
      const losses: number[] = [];
      let after: HostTensors = {};
      for (let index = 0; index < 3; index++) {
        losses.push((await step.run(batch, { ...scalars, step: index })).loss);
        if (index === 0) after = (await step.readState()).model;
      }
      let worstParameter = 0;
      for (const key of trainedNames(model, options.loss)) {
        const full = tensors[`train.adam/${key}`];
        const stride = full ? 1 : train.grads[key].sample_stride!;
        const expected = (full ?? tensors[`train.adam_sample/${key}`]).data;
        const gradient = (tensors[`train.grad/${key}`] ?? tensors[`train.grad_sample/${key}`]).data;
        for (let i = 0; i < expected.length; i++) {
          const difference = Math.abs(after[key].data[i * stride] - expected[i]);
          // Where the gradient is rounding noise, Adam's first step is the learning rate with a random sign.
          const isNoise = train.grads[key].structurally_zero || Math.abs(gradient[i]) <= 1e-4 * train.grads[key].absmax;
          assert.ok(difference <= (isNoise ? 2.1e-3 : 2e-6), `${key}[${i}]: ${difference}`);
          if (!isNoise) worstParameter = Math.max(worstParameter, difference);
        }
      }
      let worstStatistic = 0;
      for (const [key, { data }] of Object.entries(tensors).filter(([k]) => k.startsWith('train.bn_after/'))) {
        const ours = after[key.replace('train.bn_after/', '')].data;
        const difference = maxAbsDifference(ours, data);
        worstStatistic = Math.max(worstStatistic, difference);
        assert.ok(difference <= 2e-6, `${key}: ${difference}`);
      }
      train.loss_trajectory_same_batch_f64!.slice(0, 3).forEach((expected, i) => {
        // Adam's first step moves a parameter by ± the learning rate even where its gradient is rounding noise
        // (one element of aca_small_fc changes the next loss by 1e-4).
        const tolerance = i === 0 ? 1e-5 : 1e-3;
        assert.ok(
          Math.abs(losses[i] / expected - 1) <= tolerance,
          `step ${i}: loss ${losses[i]}, expected ${expected}`,
        );
      });
      show(fixture, { worstParameter, worstStatistic, losses });
      await step.dispose();
    });
  }
});

/** The models of the recipe `demo`. */
const demoModels = {
  'ACA-Net': {
    type: 'aca-net',
    latents: 64,
    embed: 128,
    blocks: 1,
    layers: 2,
    heads: 4,
    attentionMlp: 128,
    transformerMlp: 128,
    dropout: 0.1,
    positional: 'none',
    centred: true,
    latentInit: { distribution: 'normal', std: 2 },
  },
  'ECAPA-TDNN': {
    type: 'ecapa-tdnn',
    channels: [128, 128, 128, 128, 384],
    embedding: 96,
    attentionChannels: 64,
    seChannels: 64,
  },
};

describe('the first training steps of two engines', () => {
  const [speakers, bins] = [100, 80];
  const onTensorflow = { batchSize: 16, cropFrames: 100, steps: 5, firstLoss: 5e-6 }; // a forward pass in float32
  // Its cosine of the margin is right to 5e-4, and a GPU in software builds shaders slowly: one network, of all kinds of layers.
  const onWebgpu = { batchSize: 4, cropFrames: 20, steps: 3, firstLoss: 1e-3 };
  const small = { type: 'aca-net-plus', channels: 64, frame: 96, embed: 32, embedding: 32 };
  const cases = [
    ...Object.entries(demoModels).map(
      ([title, options]) =>
        ({ title, options, other: 'tensorflow', missing: TENSORFLOW_MISSING, ...onTensorflow }) as const,
    ),
    { title: 'ACA-Net plus', options: small, other: 'webgpu', missing: WEBGPU_MISSING, ...onWebgpu },
  ] as const;
  for (const { title, options, other, missing, batchSize, cropFrames, steps, firstLoss } of cases) {
    it(`agree on the onnx and the ${other} engine: ${title}`, async function () {
      if (missing) skip(this, missing);
      const network = createModel(parseModelOptions(options, 'test'));
      const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam' }));
      const loss = aamLoss(network, speakers, 30);
      const tensors = initialTrainingTensors(network, loss, 1);
      const slots = optimizer.slots(Object.fromEntries(trainedNames(network, loss).map((key) => [key, tensors[key]])));
      const train = async (name: TestedEngine) => {
        const engine = await createTestedEngine(name, 2);
        const common = { model: network, optimizer, loss, batchSize, cropFrames };
        const step = await createTrainingStep(engine, common, { model: tensors, optimizer: slots });
        const losses: number[] = [];
        for (let index = 0; index < steps; index++) {
          const random = keyedRandom('test', 'agreement', index);
          const targets = Int32Array.from({ length: batchSize }, () => random.below(speakers));
          const features = Float32Array.from({ length: batchSize * cropFrames * bins }, () => random.normal());
          const scalars = { seed: 1, step: index, learningRate: 1e-3, margin: 0.2 };
          losses.push((await step.run({ features, targets }, scalars)).loss);
        }
        const state = (await step.readState()).model;
        await step.dispose();
        return { losses, state };
      };
      const [ours, theirs] = [await train('onnx'), await train(other)];
      const apart = ours.losses.map((value, i) => Math.abs(value / theirs.losses[i] - 1));
      let [differences, squares] = [0, 0];
      for (const [key, { data }] of Object.entries(ours.state)) {
        for (const [i, x] of data.entries()) {
          differences += (x - theirs.state[key].data[i]) ** 2;
          squares += x * x;
        }
      }
      show(title, { apart, state: Math.sqrt(differences / squares) });
      assert.ok(apart[0] <= firstLoss, `losses of the first step: ${apart[0]}`);
      // Adam makes a step of full size, with either sign, out of a gradient that is rounding noise; so engines drift
      // apart, as TensorFlow does from itself with another library for its products (docs/engine.md).
      for (const [i, difference] of apart.entries())
        assert.ok(difference <= 1e-2, `losses of step ${i + 1}: ${difference}`);
      assert.ok(Math.sqrt(differences / squares) <= 1e-2, `states: ${Math.sqrt(differences / squares)}`);
    });
  }
});

describe('several training steps in one call', () => {
  const [speakers, batchSize, cropFrames, bins, steps] = [20, 8, 60, 80, 8];
  const runs = Array.from({ length: steps }, (_, index) => {
    const random = keyedRandom('test', 'several steps', index);
    const targets = Int32Array.from({ length: batchSize }, () => random.below(speakers));
    const features = Float32Array.from({ length: batchSize * cropFrames * bins }, () => random.normal());
    return { batch: { features, targets }, scalars: { seed: 1, step: index, learningRate: 1e-4, margin: 0.2 } };
  });

  for (const [title, options] of Object.entries(demoModels)) {
    it(`agree with single steps: ${title}`, async () => {
      const model = createModel(parseModelOptions(options, 'test'));
      const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: 2e-6 }));
      const loss = aamLoss(model, speakers, 30);
      const tensors = initialTrainingTensors(model, loss, 1);
      const slots = optimizer.slots(Object.fromEntries(trainedNames(model, loss).map((key) => [key, tensors[key]])));
      const train = async (threads: number, stepsPerCall?: number) => {
        const engine = await createEngine({ name: 'onnx', device: 'cpu', threads });
        const common = { model, optimizer, loss, batchSize, cropFrames, stepsPerCall };
        const step = await createTrainingStep(engine, common, { model: tensors, optimizer: slots });
        const reports = (await step.runAll(runs)).map((report) => structuredClone(report));
        const state = await step.readState();
        await step.dispose();
        return { reports, state: Object.values(state.model).flatMap(({ data }) => [...data]), counts: state.model };
      };
      const [single, twoThreads, together] = [await train(1), await train(2), await train(1, 8)];
      // The first step begins at the same state: only roundings within it differ. From then on they grow, as those of
      // another number of threads do; where ACA-Net's threads change nothing, float32's rounding is left.
      const [one, all] = [single.reports, together.reports];
      assert.ok(Math.abs(all[0].loss / one[0].loss - 1) < 1e-6, `${all[0].loss}, ${one[0].loss}`);
      assert.ok(relativeDistance(all[0].gradSquares!, one[0].gradSquares!) < 1e-4);
      const [apart, ofThreads] = [together, twoThreads].map((other) => relativeDistance(other.state, single.state));
      assert.ok(apart <= 4 * ofThreads + 1e-5, `${apart}, threads ${ofThreads}`);
      for (const [i, { correct }] of all.entries()) assert.equal(correct, one[i].correct);
      assert.deepEqual(
        Object.entries(together.counts).filter(([key]) => key.endsWith('num_batches_tracked')),
        Object.entries(single.counts).filter(([key]) => key.endsWith('num_batches_tracked')),
      );
      show('onnx', `${title}, 8 steps in a call`, { apart, ofThreads });
      assert.deepEqual((await train(1, 3)).state, together.state); // a resumed training cuts the steps otherwise
    });
  }
});
