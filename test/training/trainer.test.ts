/**
 * @file The training loop with and without instruments: the same checkpoints, and a log that says what was measured.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { createEngine } from '../../src/engine/create-engine.js';
import { buildFeatureCache } from '../../src/features/cache/cache.js';
import { featureOptions } from '../../src/features/options.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { trainingOptions } from '../../src/training/training-options.js';
import { readMetricsLog } from '../../src/training/metrics-log.js';
import { trainModel } from '../../src/training/trainer.js';
import { UserError } from '../../src/errors.js';

const RATE = 8000;
const [EPOCHS, STEPS_PER_EPOCH] = [2, 12];

describe('training', () => {
  let dir: string;
  let utterances: Utterance[];
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-trainer-'));
    utterances = Array.from({ length: 6 }, (_, i): Utterance => {
      const random = keyedRandom(i, 'trainer');
      const samples = Float32Array.from({ length: RATE }, () => 0.1 * random.normal());
      const path = join(dir, `u${i}.wav`);
      writeWav(path, samples, RATE);
      const speaker = `s${i % 3}`;
      return {
        id: `u${i}`,
        speaker,
        path,
        duration: 1,
        sampleRate: RATE,
        channels: 1,
        corpus: 'noise',
        split: 'train',
      };
    });
    const options = featureOptions.parse({ type: 'kaldi', sampleRate: RATE, bins: 8 });
    await buildFeatureCache({ utterances, options, dir: join(dir, 'cache'), workers: 1 });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  async function train(name: string, instruments: boolean, abortAt?: number, batchSize = 3, stepsPerCall?: number) {
    const lines: string[] = [];
    const abort = new AbortController();
    const modelOptions = parseModelOptions(
      { type: 'aca-net', bins: 8, latents: 4, embed: 8, blocks: 1, layers: 1, heads: 2, dropout: 0.1 },
      'test',
    );
    const training = trainModel({
      model: createModel(modelOptions),
      modelOptions,
      name: 'tiny',
      engine: await createEngine({ name: 'onnx', device: 'cpu', threads: 1 }),
      training: trainingOptions.parse({
        epochs: EPOCHS,
        batchSize,
        cropFrames: 40,
        cropsPerUtterance: 6,
        loss: { type: 'aam-softmax' },
        optimizer: { type: 'adam', gradientClip: 5 },
        schedule: { type: 'constant', lr: 1e-3 },
        logEvery: 1,
        stepsPerCall,
      }),
      seed: 1,
      cacheDir: join(dir, 'cache'),
      utterances,
      augmentation: null,
      development: { ids: utterances.map(({ id }) => id), score: () => 0.25 },
      dir: join(dir, name),
      configHash: 'of the test',
      instruments,
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
  /** Without what the clock says. */
  const rows = (name: string) =>
    readMetricsLog(join(dir, name, 'metrics.jsonl')).map(({ utterancesPerSecond: _, dataWait: __, ...row }) => row);

  it('refuses batches beyond the memory of the machine before it takes any', async () => {
    await assert.rejects(train('huge', false, undefined, 1e12), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^training\.batchSize 1000000000000 × training\.cropFrames 40: 6 batches of 8 .* GiB/,
      );
      assert.match(error.message, /lower training\.batchSize or training\.cropFrames$/);
      return true;
    });
  });

  it('ends in the same bytes whether it is measured or not, and in the same log when it was interrupted', async () => {
    const lines = await train('measured', true);
    await train('unmeasured', false);
    assert.deepEqual(files('measured'), files('unmeasured'));
    assert.equal(Object.keys(files('measured')).length, EPOCHS * 3);

    const all = rows('measured');
    const measured = all.filter(({ instruments }) => instruments);
    const [epoch, steps] = [STEPS_PER_EPOCH, EPOCHS * STEPS_PER_EPOCH];
    assert.deepEqual(
      measured.map(({ step, devEer }) => [step, devEer]),
      [
        [0, undefined],
        [10, undefined],
        [epoch, 0.25],
        [steps, 0.25],
      ],
    );
    const norms = all.find(({ step, loss }) => step === 1 && loss)!.gradNorms as Record<string, number>;
    assert.deepEqual(Object.keys(norms), [
      'latent',
      'ch_expansion',
      'ACA_blocks.0.cross_attention.0',
      'ACA_blocks.0.cross_attention.1',
      'ACA_blocks.0.latent_transformer.transformer.0',
      'ACA_blocks.0.latent_transformer.ch_reduction',
      'ch_compression',
      'final_norm',
      'classifier',
    ]);
    const { gradNorm } = all.find(({ step, loss }) => step === 1 && loss)!;
    // Five digits a layer are kept.
    assert.ok(Math.abs(Math.hypot(...Object.values(norms)) / (gradNorm as number) - 1) < 1e-4);
    const warnings = lines.filter((line) => line.startsWith('warning'));
    assert.match(warnings[0], /before the first step .*\n.*std 0\.02.*\n.*--set systems.tiny.model.latentInit.std=2/);

    await train('interrupted', true, 10);
    const resumed = await train('interrupted', true);
    assert.deepEqual(
      files('interrupted')[`step-000000${steps}/model.safetensors`],
      files('measured')[`step-000000${steps}/model.safetensors`],
    );
    assert.deepEqual(rows('interrupted'), all);
    assert.ok(!resumed.some((line) => line.startsWith('warning')), 'what was warned of before is not repeated');
  });

  it('takes several steps in a call between the points at which its state is wanted', async () => {
    await train('single', true);
    await train('together', true, undefined, 3, 5);
    assert.deepEqual(
      rows('together').map(({ step, epoch }) => [step, epoch]),
      rows('single').map(({ step, epoch }) => [step, epoch]),
    );
    for (const [i, { loss, instruments }] of rows('together').entries()) {
      const expected = rows('single')[i];
      assert.equal(Boolean(instruments), Boolean(expected.instruments));
      // Roundings differ; 24 steps make 1e-7 of them grow.
      if (loss) assert.ok(Math.abs((loss as number) - (expected.loss as number)) < 1e-3, `${loss} ${expected.loss}`);
    }

    await train('stopped', true, 7, 3, 5); // ends the call that it is in
    const stopped = readdirSync(join(dir, 'stopped')).filter((file) => file.startsWith('step-'));
    assert.deepEqual(stopped, ['step-00000010']);
    await train('stopped', true, undefined, 3, 5);
    assert.deepEqual(files('stopped'), files('together'));
    assert.deepEqual(rows('stopped'), rows('together'));
  });
});
