/**
 * @file Phases of a training: what each is made of, that the first is the training that it would be alone, and that the
 * next begins with a new optimiser, wherever the training was interrupted.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { createEngine } from '../../src/engine/create-engine.js';
import { augmentationOptions } from '../../src/features/augmentation/options.js';
import { buildFeatureCache } from '../../src/features/cache/cache.js';
import { featureOptions } from '../../src/features/options.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { readSafetensors } from '../../src/storage/safetensors.js';
import { averageCheckpoints } from '../../src/training/average-checkpoints.js';
import { averageOptions } from '../../src/training/average-options.js';
import { checkpointName, loadCheckpoint } from '../../src/training/checkpoint.js';
import { readMetricsLog } from '../../src/training/metrics-log.js';
import { phasesOf, phasesProblem } from '../../src/training/phases.js';
import { trainingOptions } from '../../src/training/training-options.js';
import { trainModel } from '../../src/training/trainer.js';

const RATE = 8000;
const modelChoice = parseModelOptions({ type: 'x-vector', bins: 8, embedding: 6, channels: [8, 12], kernels: [3, 1], dilations: [1, 1] }, 'test'); // prettier-ignore
const model = createModel(modelChoice);
const common = {
  epochs: 2,
  batchSize: 3,
  cropFrames: 40,
  cropsPerUtterance: 2,
  loss: { type: 'aam-softmax', margin: { type: 'linear', final: 0.2, end: '50 %' } },
  optimizer: { type: 'adam' },
  schedule: { type: 'step', initial: 1e-2, factor: 0.5, every: '1 epochs' },
  logEvery: 1,
};
const phases = [
  { name: 'short' },
  { epochs: 1, batchSize: 4, cropFrames: 60, rateFactor: 0.1, freeze: ['blocks.0'] },
  { name: 'long', epochs: 2, cropFrames: 80, loss: { margin: { type: 'constant', margin: 0.5 } }, optimizer: { type: 'sgd' } }, // prettier-ignore
];
// 6 utterances: 2 epochs of 4 steps, 1 of 3 (batch 4), 2 of 4
const [FIRST_BORDER, SECOND_BORDER, STEPS] = [8, 11, 19];

describe('the phases of a training', () => {
  it('are what the training says, with what each says over it', () => {
    const augmentation = augmentationOptions.parse({ level: {} });
    const training = trainingOptions.parse({ ...common, phases: [...phases, { name: 'plain', augmentation: null }] });
    const all = phasesOf(training, augmentation);
    assert.deepEqual(
      all.map(({ name, training: { epochs, batchSize, cropFrames, optimizer }, ...phase }) => [
        ...[name, epochs, batchSize, cropFrames, optimizer.type, phase.rateFactor, phase.augmentation !== null],
      ]),
      [
        ['short', 2, 3, 40, 'adam', 1, true],
        ['phase 2', 1, 4, 60, 'adam', 0.1, true],
        ['long', 2, 3, 80, 'sgd', 1, true],
        ['plain', 2, 3, 40, 'adam', 1, false],
      ],
    );
    // The margin rises once, and then stays, until a phase says otherwise.
    const margins = all.map(({ training: { loss } }) => 'margin' in loss && loss.margin);
    assert.deepEqual(
      margins.slice(1),
      [0.2, 0.5, 0.5].map((margin) => ({ type: 'constant', margin })),
    );
    const [alone] = phasesOf(trainingOptions.parse(common), augmentation);
    assert.equal(alone.name, undefined);
  });

  it('lose the penalty of hard speakers where a phase takes it out', () => {
    const loss = { type: 'aam-softmax', interTopK: {} };
    const given = [{}, { loss: { interTopK: null } }, {}, { loss: { interTopK: { count: 2 } } }];
    const all = phasesOf(trainingOptions.parse({ ...common, loss, phases: given }), null);
    const counts = all.map(({ training }) => training.loss.type === 'aam-softmax' && training.loss.interTopK?.count);
    assert.deepEqual(counts, [5, undefined, 5, 2]);
  });

  for (const [what, changes, message, path] of [
    [
      'two of one name',
      { phases: [{ name: 'a' }, { name: 'a' }] },
      /two phases are called "a"/,
      ['phases', '1', 'name'],
    ],
    ['a margin without one', { loss: { type: 'softmax' }, phases: [{ loss: { margin: { type: 'constant', margin: 0.5 } } }] }, /the loss softmax has no margin/, ['phases', '0', 'loss', 'margin']], // prettier-ignore
    ['copies', { phases: [{}, { augmentation: { when: 'copies', level: {} } }] }, /draws its augmentation on line/, ['phases', '1', 'augmentation', 'when']], // prettier-ignore
    ['unknown layers', { phases: [{ freeze: ['nothing'] }] }, /no tensor of x-vector .* is called "nothing"/, ['phases', '0', 'freeze']], // prettier-ignore
    ['a batch of one', { phases: [{ batchSize: 1 }] }, /expected at least 2 .*, got 1/, ['phases', '0', 'batchSize']],
  ] as const) {
    it(`are refused where they have ${what}`, () => {
      const problem = phasesProblem(trainingOptions.parse({ ...common, ...changes }), model)!;
      assert.match(problem.message, message);
      assert.deepEqual(problem.path, path);
    });
  }

  it('know their names, and no options but their own', () => {
    assert.throws(() => trainingOptions.parse({ ...common, phases: [{ crops: 60 }] }), /Unrecognized key/);
    assert.throws(() => trainingOptions.parse({ ...common, phases: [] }));
  });
});

describe('a training of several phases', () => {
  let dir: string;
  let utterances: Utterance[];
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-phases-'));
    utterances = Array.from({ length: 6 }, (_, i): Utterance => {
      const random = keyedRandom(i, 'phases');
      const path = join(dir, `u${i}.wav`);
      writeWav(
        path,
        Float32Array.from({ length: RATE }, () => 0.1 * random.normal()),
        RATE,
      );
      return { id: `u${i}`, speaker: `s${i % 3}`, path, duration: 1, sampleRate: RATE, channels: 1, corpus: 'noise', split: 'train' }; // prettier-ignore
    });
    const options = featureOptions.parse({ type: 'kaldi', sampleRate: RATE, bins: 8 });
    await buildFeatureCache({ utterances, options, dir: join(dir, 'cache'), workers: 1 });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** @param options.abortAt interrupts when so many steps are done; all of it, where it is absent */
  async function train(
    name: string,
    changes: object,
    { abortAt, score = () => 0.25 }: { abortAt?: number; score?: () => number } = {},
  ) {
    const lines: string[] = [];
    const abort = new AbortController();
    const training = trainModel({
      model,
      engine: await createEngine({ name: 'onnx', device: 'cpu', threads: 1 }),
      training: trainingOptions.parse({ ...common, checkpoint: { keepLast: 20 }, ...changes }),
      seed: 1,
      cacheDir: join(dir, 'cache'),
      utterances,
      augmentation: null,
      development: { ids: utterances.map(({ id }) => id), score },
      dir: join(dir, name),
      configHash: 'of the test',
      log: (line) => lines.push(line),
      progress: (_, done) => {
        if (done === abortAt) abort.abort(new Error('interrupted'));
      },
      signal: abort.signal,
    });
    if (abortAt === undefined) await training;
    else await assert.rejects(training, /interrupted/);
    return lines;
  }
  const files = (name: string) =>
    Object.fromEntries(
      readdirSync(join(dir, name), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(safetensors|json)$/.test(file))
        .map((file) => [file, readFileSync(join(dir, name, file), 'base64')]),
    );
  const rows = (name: string) =>
    readMetricsLog(join(dir, name, 'metrics.jsonl')).map(({ utterancesPerSecond: _, dataWait: __, ...row }) => row);

  /** The model that the training's checkpoints become. */
  async function average(name: string, trained: object, average: object) {
    const { training, augmentation } = phasesOf(trainingOptions.parse({ ...common, ...trained }), null).at(-1)!;
    return averageCheckpoints({
      ...{ model: modelChoice, training, augmentation, utterances, average: averageOptions.parse(average) },
      engine: await createEngine({ name: 'onnx', device: 'cpu', threads: 1 }),
      seed: 1,
      trainDir: join(dir, name),
      cacheDir: join(dir, 'cache'),
      dir: join(dir, `${name}-average`),
      progress: () => undefined,
    });
  }

  it('leaves its last phase alone to the average, however good those before were', async () => {
    const two = { phases: [{ name: 'main' }, { name: 'margin', loss: { margin: { type: 'constant', margin: 0.5 } } }] };
    const eers = [0.1, 0.11, 0.3, 0.2];
    await train('best', { ...two, checkpoint: { keepLast: 1, keepBest: 2 } }, { score: () => eers.shift()! });
    assert.deepEqual(await average('best', two, { best: 2, last: null }), { steps: [12, 16] });
  });

  it('gives frozen layers the statistics that they were trained with, also where the others get new ones', async () => {
    const frozen = { freeze: ['blocks.2'] };
    await train('frozen', frozen);
    await average('frozen', frozen, { last: 2, batchNorm: 'recompute' });
    const trained = loadCheckpoint(join(dir, 'frozen', checkpointName(FIRST_BORDER))).model;
    const averaged = readSafetensors(join(dir, 'frozen-average', 'model.safetensors'));
    const statistics = Object.keys(averaged).filter((tensor) => /running_mean|running_var|num_batches/.test(tensor));
    assert.ok(statistics.some((tensor) => tensor.startsWith('blocks.2')));
    for (const tensor of statistics) {
      if (tensor.startsWith('blocks.2')) assert.deepEqual(averaged[tensor], trained[tensor], tensor);
      else assert.notDeepEqual(averaged[tensor], trained[tensor], tensor);
    }
  });

  it('says in its log which phase it is in, at which rate and margin', async () => {
    const lines = await train('whole', { phases });
    assert.match(lines[0], /^training x-vector .*: 3 speakers, 5 epochs and 19 steps in 3 phases$/);
    assert.deepEqual(
      lines.filter((line) => /^phase .*: \d+ utterances/.test(line)),
      [
        'phase short: 6 utterances, 2 epochs of 4 steps, batch 3 × 40 frames',
        'phase 2: 6 utterances, 1 epochs of 3 steps, batch 4 × 60 frames',
        'phase long: 6 utterances, 2 epochs of 4 steps, batch 3 × 80 frames',
      ],
    );
    assert.ok(lines.some((line) => /^frozen: 2 of \d+ parameter tensors/.test(line)));
    assert.ok(lines.some((line) => /^long {2}epoch 4\/5 {2}step 12\/19 {2}loss/.test(line)));
    const steps = rows('whole').filter(({ loss }) => loss !== undefined);
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
    const at = (step: number) => {
      const { phase, epoch, lr, margin } = steps[step - 1];
      return [phase, epoch, Number((lr as number).toPrecision(6)), Number((margin as number).toPrecision(6))];
    };
    assert.deepEqual(at(1), ['short', 1, 1e-2, 0]);
    assert.deepEqual(at(4), ['short', 1, 1e-2, 0.15]);
    assert.deepEqual(at(8), ['short', 2, 5e-3, 0.2]);
    assert.deepEqual(at(9), ['phase 2', 3, 1e-3, 0.2]);
    assert.deepEqual(at(12), ['long', 4, 1e-2, 0.5]);
    assert.deepEqual(at(19), ['long', 5, 5e-3, 0.5]);
    const ends = rows('whole').filter(({ devEer }) => devEer !== undefined);
    assert.deepEqual(
      ends.map(({ step, epoch, phase }) => [step, epoch, phase]),
      [
        [4, 1, 'short'],
        [8, 2, 'short'],
        [11, 3, 'phase 2'],
        [15, 4, 'long'],
        [19, 5, 'long'],
      ],
    );
  });

  it('does in its first phase what a training of that phase alone does, and keeps its frozen layers', async () => {
    await train('alone', {});
    const border = checkpointName(FIRST_BORDER);
    for (const file of ['model.safetensors', 'optimizer.safetensors']) {
      const read = (name: string) => readFileSync(join(dir, name, border, file));
      assert.ok(read('whole').equals(read('alone')), file);
    }
    const [before, after] = [FIRST_BORDER, SECOND_BORDER].map((step) => loadCheckpoint(join(dir, 'whole', checkpointName(step)))); // prettier-ignore
    const same = (name: string) => Buffer.from(before.model[name].data.buffer).equals(Buffer.from(after.model[name].data.buffer)); // prettier-ignore
    assert.ok(same('blocks.0.conv.weight') && !same('blocks.2.norm.running_mean'));
  });

  for (const at of [FIRST_BORDER - 1, FIRST_BORDER, FIRST_BORDER + 1, SECOND_BORDER, SECOND_BORDER + 1]) {
    it(`ends in the same bytes and the same log when it was interrupted after step ${at}`, async () => {
      await train(`at ${at}`, { phases }, { abortAt: at });
      const lines = await train(`at ${at}`, { phases });
      assert.match(lines[0], new RegExp(`^resuming at step ${at} of x-vector`));
      assert.deepEqual(files(`at ${at}`), files('whole'));
      assert.deepEqual(rows(`at ${at}`), rows('whole'));
    });
  }

  it('begins a phase with a new optimiser: Adam’s first step is as long as the rate', async () => {
    const twice = [{ name: 'a' }, { name: 'b', schedule: { type: 'constant', lr: 1e-3 } }];
    await train('adam', { phases: twice }, { abortAt: FIRST_BORDER + 1 });
    const [before, after] = [FIRST_BORDER, FIRST_BORDER + 1].map((step) => loadCheckpoint(join(dir, 'adam', checkpointName(step)))); // prettier-ignore
    const moved = Object.keys(before.optimizer)
      .filter((slot) => slot.startsWith('m/'))
      .flatMap((slot) => {
        const [from, to] = [before, after].map(({ model: tensors }) => tensors[slot.slice(2)].data);
        return Array.from(to, (value, i) => Math.abs(value - from[i]));
      });
    // |m̂ / (√v̂ + ε)| is 1 at the first update, less where a gradient is near ε; parameters have 7 digits.
    assert.ok(Math.max(...moved) < 1e-3 * (1 + 1e-3), `${Math.max(...moved)}`);
    const atRate = moved.filter((distance) => Math.abs(distance / 1e-3 - 1) < 1e-3).length;
    assert.ok(atRate > 0.8 * moved.length, `${atRate} of ${moved.length}`);
  });
});
