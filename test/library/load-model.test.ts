/** @file Models and comparisons as programs use them: samples or files, and errors in words. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cllr,
  compareSystems,
  eer,
  loadModel,
  minDcf,
  type Model,
  readAudio,
  verify,
} from '../../src/library/index.js';
import { wavPath } from '../features/fixtures.js';
import { CALIBRATION, writeModelOfTests } from '../tasks/page/model-of-tests.js';

describe('the library', () => {
  let folder: string;
  let model: Model;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-library-'));
    await writeModelOfTests(folder);
    model = await loadModel(folder, { threads: 1 });
  });
  after(async () => {
    await model.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('embeds samples as it embeds their file', async () => {
    const file = wavPath('speech_16k.wav');
    assert.deepEqual(await model.embed(await readAudio(file)), await model.embed(file));
    assert.equal(model.sampleRate, 16000);
    assert.equal((await model.embed(file)).length, model.embeddingSize);
    assert.equal(model.trained?.speakers, 250);
  });

  it('gives score, ratio and decision', async () => {
    const [a, b] = [
      await readAudio(wavPath('speech_16k.wav')),
      await readAudio(wavPath('speech_16k.wav'), { offset: 0.5 }),
    ];
    const [x, y] = [await model.embed(a), await model.embed(b)];
    const dot = (p: Float32Array, q: Float32Array) => p.reduce((sum, value, i) => sum + value * q[i], 0);
    const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    for (const prior of [0.5, 0.001]) {
      const { score, llr, same, threshold } = await verify(model, a, b, { prior });
      assert.ok(Math.abs(score - cosine) < 1e-6); // float32 unit vectors
      assert.ok(Math.abs(llr! - (CALIBRATION.offset + CALIBRATION.weight * score)) < 1e-9);
      const needed = (Math.log((1 - prior) / prior) - CALIBRATION.offset) / CALIBRATION.weight;
      assert.ok(Math.abs(threshold! - needed) < 1e-9);
      assert.equal(same, score >= needed);
    }
  });

  it('says what is wrong in words, as a UserError', async () => {
    const refuses = (action: Promise<unknown>, message: RegExp) =>
      assert.rejects(action, { name: 'UserError', message });
    await refuses(loadModel(join(folder, 'none')), /not a model folder|no such file/);
    await refuses(model.embed({ samples: new Float32Array(32000), sampleRate: 16000 }), /the samples: is silent/);
    await refuses(model.embed(await readAudio(wavPath('speech_8k.wav'))), /the samples: expected 16000 Hz, got 8000 Hz; give loadModel the option otherRates: 'resample'/); // prettier-ignore
    await refuses(verify({ ...model }, 'a', 'b'), /expected a model as loadModel gives it/);
    const file = wavPath('speech_16k.wav');
    await refuses(verify(model, file, file, { prior: 2 }), /^prior: expected a number between 0 and 1, got 2$/);
    await refuses(verify(model, file, file, { missCost: Infinity }), /^missCost: expected a number above 0/);
    await refuses(
      model.embed({ samples: [0, 1] as never, sampleRate: 16000 }),
      /^embed: expected the path of a file, or/,
    );
    await refuses(loadModel(undefined as never), /^loadModel: expected the path of a model folder/);
    await refuses(loadModel(folder, { threads: 1.5 }), /^loadModel: threads: /);
    await refuses(loadModel(folder, { otherRates: 'foo' as never }), /^loadModel: otherRates: /);
  });

  it('ends what has begun when it is closed, and says later that it is', async () => {
    const own = await loadModel(folder, { threads: 1 });
    const file = wavPath('speech_16k.wav');
    const begun = own.embed(file);
    await Promise.all([own.close(), own.close()]);
    assert.deepEqual(await begun, await model.embed(file));
    await assert.rejects(own.embed(file), { name: 'UserError', message: `${folder}: the model is closed` });
  });

  it('measures as the definitions say', () => {
    const scores = [3, 2, -1, 1, -2, -3];
    const labels = [1, 1, 1, 0, 0, 0];
    // One of three targets lies below one of three nontargets.
    assert.ok(Math.abs(eer(scores, labels).value - 1 / 3) < 1e-12);
    assert.ok(Math.abs(minDcf(scores, labels, { pTarget: 0.5 }).value - 1 / 3) < 1e-12);
    const softplus = (x: number) => Math.log2(1 + Math.exp(x));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected = (mean([3, 2, -1].map((x) => softplus(-x))) + mean([1, -2, -3].map(softplus))) / 2;
    assert.ok(Math.abs(cllr(scores, labels) - expected) < 1e-12);
  });

  it('refuses what is no score, no cost and no number of resamples, as a UserError', () => {
    const wrong = (action: () => unknown, message: RegExp) =>
      assert.throws(action, (error: Error) => error.name === 'UserError' && message.test(error.message));
    const scores = [1, undefined, 3] as number[];
    wrong(() => eer(scores, [1, 0, 1]), /scores: expected a number in trial 2 of 3, got undefined/);
    wrong(() => cllr(['n/a', 1] as never, [1, 0]), /trial 1 of 2, got n\/a/);
    wrong(() => eer([1, 2, 3], [1, 0]), /expected 2 scores, one for each trial, got 3/);
    wrong(() => eer([1, 2], [NaN, 1]), /expected true, false, 1 or 0 as the label of trial 1 of 2, got NaN/);
    wrong(() => eer([1, 2], [1, -1]), /label of trial 2 of 2, got -1/);
    wrong(() => minDcf([1, 0], [1, 0], { pTarget: 0 }), /pTarget: expected a number between 0 and 1, got 0/);
    wrong(() => minDcf([1, 0], [1, 0], { cMiss: -1 }), /cMiss: expected a number above 0, got -1/);
    const trials = [{ enroll: 'a', test: 'b', target: true }, { enroll: 'a', test: 'c', target: false }]; // prettier-ignore
    const systems = [{ name: 's', scores: [1, 0] }];
    const words = trials.map((trial) => ({ ...trial, target: 'target' as never }));
    wrong(
      () => compareSystems({ trials: words, systems, baseline: 's' }),
      /^trials: expected true or false as the target/,
    );
    wrong(
      () => compareSystems({ trials, systems, baseline: 's', resamples: -1 }),
      /resamples: expected a whole number/,
    );
    wrong(() => compareSystems({ trials, systems: [{ name: 's', scores: ['x', 0] as never }], baseline: 's' }), /^s: expected a number in trial 1/); // prettier-ignore
  });

  it('compares systems with intervals where speakers are given', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const ids = names.flatMap((name) => [`${name}1`, `${name}2`]);
    const trials = ids.flatMap((enroll, i) =>
      ids.slice(i + 1).map((test) => ({ enroll, test, target: enroll[0] === test[0] })),
    );
    const good = trials.map(({ target }, i) => (target ? 1 : 0) + 0.3 * Math.sin(7 * i));
    const poor = trials.map(({ target }, i) => (target ? 0.2 : 0) + Math.sin(5 * i));
    const systems = [
      { name: 'good', scores: good },
      { name: 'poor', scores: poor },
    ];
    const speakers = Object.fromEntries(ids.map((id) => [id, id[0]]));
    const { differences, systems: results } = compareSystems({
      trials,
      systems,
      baseline: 'poor',
      speakers,
      resamples: 200,
    });
    assert.equal(results[0].eer, eer(good, trials.map(({ target }) => target)).value); // prettier-ignore
    const [{ name, eerDifference, interval, outcome }] = differences;
    assert.equal(name, 'good');
    assert.ok(Math.abs(eerDifference! - (results[0].eer - results[1].eer)) < 1e-12);
    assert.ok(interval![0] <= eerDifference! && eerDifference! <= interval![1]);
    assert.equal(outcome, 'better');
    assert.equal(
      compareSystems({ trials, systems, baseline: 'poor' }).noIntervals,
      'which speaker said what was not given',
    );
    const short = [{ name: 'short', scores: [1] }];
    assert.throws(() => compareSystems({ trials, systems: short, baseline: 'short' }), /short: expected 120 scores, one for each trial, got 1/); // prettier-ignore
  });
});
