/**
 * One training step of WeSpeaker's networks against their PyTorch code's own numbers (test/fixtures/README.md), on
 * every engine. Compiling takes longer than the step, so one compilation serves for all: the gradient is read from
 * Adam's first moment.
 */
import assert from 'node:assert/strict';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine } from '../../src/engine/program/program.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { createModel } from '../../src/models/registry.js';
import { CLASSIFIER } from '../../src/training/loss/cosine-classifier.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import { createTrainingStep, trainedNames } from '../../src/training/training-step.js';
import { createTestedEngine, describeOnEngines, type TestedEngine } from '../engine/engines.js';
import { BESIDE_MISSING, loadFixtureModel, relativeDistance } from '../fixture-models.js';
import { skip } from '../skip.js';
import { aamLoss } from './loss-of-tests.js';

/** A recorded step, and how near float32 comes to it (README of the fixtures). */
interface Recorded {
  readonly fixture: string;
  /** Default project. */
  readonly place?: 'beside';
  /** `train` has an Adam step and running statistics too. */
  readonly part: 'train' | 'train_long';
  /** Of the loss. */
  readonly loss: number;
  /** Of each gradient, relative to its Euclidean norm: single elements jump where a ReLU's input changes its sign. */
  readonly gradient: number;
  /** Below this share of a tensor's largest gradient, Adam's first step may have any sign. */
  readonly noise: number;
  /** Steps whose losses are recorded and do not drift apart. Default 1. */
  readonly losses?: number;
  /** Compiling or computing takes others long. */
  readonly engines: readonly TestedEngine[];
}

const compiled = ['onnx', 'tensorflow'] as const;
const every = ['reference', ...compiled] as const;
const sharp = { loss: 1e-5, gradient: 2e-4, noise: 1e-3 };
/** Batch normalisation of a few rows amplifies rounding: Adam's first step may have any sign. */
const blurred = { loss: 2e-5, noise: 1 };

const recorded: readonly Recorded[] = [
  { fixture: 'resnet34', part: 'train', ...sharp, engines: compiled },
  { fixture: 'resnet34', place: 'beside', part: 'train_long', ...sharp, gradient: 5e-2, engines: compiled },
  { fixture: 'resnet34_small', place: 'beside', part: 'train', ...sharp, losses: 2, engines: every },
  { fixture: 'campplus', part: 'train', ...blurred, gradient: 1e-1, engines: compiled },
  { fixture: 'campplus_small', place: 'beside', part: 'train', ...blurred, gradient: 3e-3, engines: ['reference'] },
  { fixture: 'campplus_small', place: 'beside', part: 'train_long', ...blurred, gradient: 5e-2, engines: compiled },
  // ONNX Runtime's order of sums gives one input of a ReLU in layer4 the other sign; TensorFlow.js is within 1e-5.
  { fixture: 'ecapa_wespeaker', part: 'train', ...sharp, gradient: 5e-2, engines: compiled },
  {
    fixture: 'ecapa_wespeaker_small',
    place: 'beside',
    part: 'train',
    ...sharp,
    gradient: 5e-4,
    losses: 2,
    engines: every,
  },
];

const [RATE, WEIGHT_DECAY] = [1e-3, 2e-6];

function setUp({ fixture, place, part }: Recorded) {
  const { config, weights, get, json, tensors } = loadFixtureModel(fixture, place);
  const model = createModel(modelOptionsFromConfig(config, fixture));
  const recorded = json[part]!;
  const [batchSize, cropFrames] = get(`${part}.x`).shape;
  const classifier = get(`${part}.classifier_weight`);
  const loss = aamLoss(model, classifier.shape[0], recorded.scale);
  const start: HostTensors = { ...initialTensors(model, 1), ...weights, [CLASSIFIER]: classifier };
  const batch = {
    features: get(`${part}.x`).data as Float32Array<ArrayBuffer>,
    targets: Int32Array.from(get(`${part}.targets`).data),
  };
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: WEIGHT_DECAY }));
  const stored = (kind: string, name: string) =>
    (tensors[`${part}.${kind}/${name}`] ?? tensors[`${part}.${kind}_sample/${name}`])?.data;
  return { options: { model, optimizer, loss, batchSize, cropFrames }, start, batch, recorded, tensors, stored };
}

describeOnEngines('a recorded step', (name) => {
  let engine: Engine;
  before(async () => {
    engine = await createTestedEngine(name, 2);
  });

  for (const row of recorded.filter(({ engines }) => engines.includes(name))) {
    const { fixture, place, part, losses = 1 } = row;
    it(`of ${fixture}${part === 'train_long' ? ' with long crops' : ''} is PyTorch's`, async function () {
      if (place === 'beside' && BESIDE_MISSING) skip(this, BESIDE_MISSING);
      const { options, start, batch, recorded, tensors, stored } = setUp(row);
      const trained = trainedNames(options.model, options.loss);
      const slots = options.optimizer.slots(Object.fromEntries(trained.map((key) => [key, start[key]])));
      const step = await createTrainingStep(engine, options, { model: start, optimizer: slots });
      const scalars = { seed: 1, learningRate: RATE, margin: recorded.margin };
      const expected = recorded.loss_trajectory_same_batch_f64 ?? [recorded.loss_f64];
      const after: Awaited<ReturnType<typeof step.readState>>[] = [];
      for (let index = 0; index < losses; index++) {
        const { loss } = await step.run(batch, { ...scalars, step: index });
        after.push(await step.readState());
        // Even where a gradient is rounding noise, Adam's first step moves the parameter.
        const tolerance = index === 0 ? row.loss : 1e-3;
        assert.ok(Math.abs(loss / expected[index] - 1) <= tolerance, `step ${index}: ${loss}, not ${expected[index]}`);
      }
      await step.dispose();

      const [{ model, optimizer }] = after;
      const worst = { gradient: 0, parameter: 0, statistic: 0 };
      let gradients = 0;
      for (const key of trained) {
        const gradient = stored('grad', key);
        if (!gradient || recorded.grads[key].structurally_zero) continue; // some of train_long are not stored
        const { sample_stride: stride = 1, absmax } = recorded.grads[key];
        const ours = Float32Array.from(gradient, (_, i) => {
          const decayed = Math.fround(optimizer[`m/${key}`].data[i * stride] / 0.1);
          return decayed - WEIGHT_DECAY * start[key].data[i * stride];
        });
        const distance = relativeDistance(ours, gradient);
        worst.gradient = Math.max(worst.gradient, distance);
        assert.ok(distance <= row.gradient, `gradient of ${key}: ${distance}`);
        gradients++;
        stored('adam', key)?.forEach((value: number, i: number) => {
          const difference = Math.abs(model[key].data[i * stride] - value);
          const isNoise = Math.abs(gradient[i]) <= row.noise * absmax;
          assert.ok(difference <= (isNoise ? 2.1 * RATE : 2e-6), `${key}[${i}]: ${difference}`);
          if (!isNoise) worst.parameter = Math.max(worst.parameter, difference);
        });
      }
      assert.ok(gradients > 0, 'no gradient was compared');
      const prefix = `${part}.bn_after/`;
      for (const [key, { data }] of Object.entries(tensors).filter(([key]) => key.startsWith(prefix))) {
        const ours = model[key.slice(prefix.length)].data;
        data.forEach((value: number, i: number) => {
          const difference = Math.abs(ours[i] - value) / (1 + Math.abs(value));
          worst.statistic = Math.max(worst.statistic, difference);
          assert.ok(difference <= 1e-6, `${key}[${i}]: ${ours[i]}, not ${value}`);
        });
      }
      if (process.env.SHOW_DEVIATIONS) console.log(name, fixture, part, { ...worst, gradients });
    });
  }
});
