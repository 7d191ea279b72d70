/** @file What a recipe takes: counted by hand, and from rates of trainings that were done. */
import { createModel, parseModelOptions } from '../../../src/models/registry.js';
import { cropSeconds } from '../../../src/recipe/planning/measured-rates.js';
import { realLibrary } from '../../../src/tasks/do-model-work.js';
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTrials } from '../../../src/corpus/trials/trials.js';
import { writeManifest, type Utterance } from '../../../src/corpus/manifest/manifest.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { describePlan } from '../../../src/recipe/planning/describe-plan.js';
import {
  hashOfModel,
  readAllRates,
  readRates,
  type MeasuredRate,
} from '../../../src/recipe/planning/measured-rates.js';
import { planWork, timeOf } from '../../../src/recipe/planning/work-plan.js';
import { speedRecord } from '../../../src/recipe/artifacts/embed.js';
import { doneRecord, provenance } from '../../../src/recipe/artifacts/control-files.js';
import { openMetricsLog } from '../../../src/training/metrics-log.js';

/** A network of a thousand multiply-accumulates a frame, and two thousand parameters. */
const library = {
  modelFigures: (_: unknown, seconds: number) =>
    Promise.resolve({ title: 'N', parameters: 2000, macs: 100_000 * seconds }),
};

describe('the plan of a recipe', () => {
  let work: string;
  let folder: string;
  const { recipe } = loadRecipe('demo', { sets: ['seeds=3', 'engine.threads=2', 'training.epochs=5', 'systems.aca-net.training.epochs=5'] }); // prettier-ignore
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-plan-'));
    folder = join(work, 'demo');
    mkdirSync(join(folder, 'prep'), { recursive: true });
    // 100 training utterances, one of which counts twice; 10 test utterances; 3.6 s each.
    const utterance = (i: number, split: Utterance['split']): Utterance => ({
      ...{ id: `${split}${i}`, speaker: `s${i % 7}`, path: 'a.wav', offset: 0, duration: 3.6, sampleRate: 16000 },
      ...{ channels: 1, corpus: 'test', split, ...(split === 'train' && i === 0 && { repeats: 2 }) },
    });
    writeManifest(join(folder, 'prep/manifest.jsonl'), [
      ...Array.from({ length: 100 }, (_, i) => utterance(i, 'train')),
      ...Array.from({ length: 10 }, (_, i) => utterance(i, 'test')),
      ...Array.from({ length: 4 }, (_, i) => utterance(i, 'dev')),
    ]);
    const trial = (enroll: string, test: string, target: boolean) => ({ enroll, test, target });
    // Two of the test utterances are in no trial.
    writeTrials(
      join(folder, 'prep/trials.txt'),
      Array.from({ length: 7 }, (_, i) => trial('test0', `test${i + 1}`, i === 0)),
    );
    writeTrials(join(folder, 'prep/dev-trials.txt'), [trial('dev0', 'dev1', true), trial('dev2', 'dev3', false)]);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const due = ['features', ...['aca-net', 'aca-net@2', 'ecapa-tdnn', 'ecapa-tdnn@2'].map((run) => `train/${run}`)];
  const plans = ['train/aca-net@3', 'train/ecapa-tdnn@3', ...due].map((stage) => {
    return { stage, action: due.includes(stage) ? ('run' as const) : ('skip' as const), reasons: [] };
  });
  const asked = { recipe, executor: {}, plans, library };
  const plan = (trainings: MeasuredRate[]) =>
    planWork({ ...asked, workFolder: folder, rates: { trainings, embeddings: [] } });
  const rate = (rest: Partial<MeasuredRate>): MeasuredRate => ({
    ...{ model: 'another', rate: 1e6, device: 'cpu', threads: 2, machine: 'm', finished: '2026-01-01', from: 'exp/x' },
    ...rest,
  });

  it('counts what is due alone, steps and crops as the sampler does, and hours of all threads', async () => {
    const { systems, deviceHours, utterances, audioHours, disk, spread } = await plan([rate({})]);
    // 384 s. 101 crops in batches of 32: 4 steps an epoch, 5 epochs; 3 passes of 200 frames of 1000 operations a crop.
    const hours = (3 * 20 * 32 * 200 * 1000) / 1e6 / 3600;
    assert.deepEqual(
      systems.map(({ system, trainings, steps, crops }) => ({ system, trainings, steps, crops })),
      ['aca-net', 'ecapa-tdnn'].map((system) => ({ system, trainings: 2, steps: 20, crops: 640 })),
    );
    for (const system of systems) assert.ok(Math.abs(system.hours - hours) < 1e-12);
    assert.ok(Math.abs(deviceHours - 4 * 2 * hours) < 1e-12);
    assert.equal(utterances, 114);
    assert.ok(Math.abs(audioHours - 0.114) < 1e-9);
    // Weights and two moments in float32, three of the newest and three of the best, of four trainings.
    assert.equal(disk.checkpoints, 4 * 2000 * 4 * 3 * 6);
    // 114 utterances of 361 frames of 80 values in two bytes, and a little for each.
    assert.ok(disk.features > 114 * 361 * 160 && disk.features < 1.03 * 114 * 361 * 160);
    assert.deepEqual(spread.map(({ nodes, hours: all }) => [nodes, Math.round(all / hours)]), [[1, 4], [2, 2], [4, 1]]); // prettier-ignore
  });

  it('counts each phase of a training by its own epochs, batches and crops', async () => {
    const sets = ['training.phases=[{epochs: 2}, {epochs: 3, batchSize: 8, cropFrames: 600}]', 'engine.threads=2'];
    const phased = { ...asked, recipe: loadRecipe('demo', { sets }).recipe, workFolder: folder };
    const rates = { trainings: [rate({})], embeddings: [] };
    const [{ steps, crops, hours }] = (await planWork({ ...phased, rates })).systems;
    // 4 steps of 32 crops of 200 frames an epoch, then 13 of 8 of 600.
    assert.deepEqual([steps, crops], [2 * 4 + 3 * 13, 2 * 4 * 32 + 3 * 13 * 8]);
    const expected = (3 * 1000 * (2 * 4 * 32 * 200 + 3 * 13 * 8 * 600)) / 1e6 / 3600;
    assert.ok(Math.abs(hours - expected) < 1e-12);
  });

  it('goes by the newest training of the same network, then of any, of the same device and threads', async () => {
    const own = hashOfModel(recipe.systems['aca-net'].model);
    const basis = async (...rates: MeasuredRate[]) => (await plan(rates)).systems.map((system) => system.basis);
    assert.deepEqual(await basis(rate({ from: 'exp/newer' }), rate({ model: own, from: 'exp/own' })), [
      'measured: exp/own',
      'by operations, from exp/newer',
    ]);
    for (const other of [rate({ device: 'cuda' }), rate({ threads: 8 })]) {
      assert.deepEqual([...new Set(await basis(other))], ['by operations, threads of an EPYC assumed']);
    }
  });

  it('takes rates from finished trainings that ran alone', async () => {
    const model = recipe.systems['aca-net'].model;
    const input = { settings: { model, training: { batchSize: 32, cropFrames: 200 } }, needs: {}, version: 1 };
    const record = { stage: 'train/x', inputHash: 'i', outputHash: 'o', outputs: [], finished: '2026-01-02', input };
    provenance.write(folder, { engine: { name: 'onnx', device: 'cpu', threads: 2 } });
    const phased = { ...input, settings: { model, training: { batchSize: 32, cropFrames: 200, phases: [{}, {}] } } };
    for (const [name, seconds, rest] of [
      ['phased', 1, { input: phased }],
      ['alone', 10, {}],
      ['beside', 1, { beside: 2 }],
      ['resumed', 1, { resumed: true }],
    ] as const) {
      const run = join(folder, 'train', name);
      openMetricsLog(join(run, 'metrics.jsonl')).append({ step: 50 });
      doneRecord.write(run, { ...record, seconds, ...rest, machine: 'EPYC' });
    }
    const [found, ...others] = await readRates(work, library);
    assert.deepEqual(others, []);
    const fold = join(work, 'of-folds', 'a-to-b');
    provenance.write(fold, { engine: { name: 'onnx', device: 'cpu', threads: 2 } });
    cpSync(join(folder, 'train/alone'), join(fold, 'train/alone'), { recursive: true });
    const [, ofFold] = (await readRates(work, library)).map(({ from }) => from).sort();
    assert.equal(ofFold, join(fold, 'train/alone'));
    rmSync(join(work, 'of-folds'), { recursive: true });
    assert.deepEqual(found, {
      ...{ model: hashOfModel(model), device: 'cpu', threads: 2, machine: 'EPYC', finished: '2026-01-02' },
      ...{ rate: (3 * 200_000 * 32 * 50) / 10, from: join(folder, 'train/alone') },
    });
  });

  it('counts what is done beside trainings, and spreads it as jobs do', async () => {
    const sets = ['engine.threads=2', 'inspect=50', 'scoring={normalize: as-norm, utterances: 20}'];
    const { recipe: whole } = loadRecipe('demo', {
      sets: [...sets, 'robustness={durations: [1.8, 9], snr: [10], noise: white, sides: test}'],
    });
    const stages = ['prep', 'features', ...['embed', 'embed-train', 'score', 'score-dev', 'robustness'].map((stage) => `${stage}/aca-net`)]; // prettier-ignore
    const due = stages.map((stage) => ({ stage, action: 'run' as const, reasons: [] }));
    const audio = (perSecond: number) => ({ perSecond, finished: '', from: 'exp/audio' });
    const rates = {
      ...{ trainings: [], embeddings: [rate({ rate: 2e5 })] },
      ...{ listening: audio(2), features: audio(3) },
    };
    const { others, spread, systems } = await planWork({
      ...{ recipe: whole, workFolder: folder, plans: due, rates, library },
      executor: { parts: 4, stages: { prep: { parts: 2 } } },
    });
    assert.deepEqual(systems, []);
    const hours = Object.fromEntries(others.map(({ stage, cpu }) => [stage, cpu * 3600]));
    const near = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-6 * expected, `${got}`);
    near(hours.listening, 50 * 3.6 * 2);
    near(hours.features, 114 * 3.6 * 3);
    // 8 of the test, 4 of the development, 20 of the training: 360 frames of 1000 operations, on two threads.
    near(hours.embeddings, ((8 + 4 + 20) * 360_000 * 2) / 2e5);
    near(hours.scores, (7 + 2) * 8e-6 + (8 + 4) * 20 * 15e-9);
    // 7 test sides: 1.8 s, and twice whole; each heard whole before.
    const embedded = (7 * (180_000 + 2 * 360_000) * 2) / 2e5;
    near(hours.robustness, embedded + 3 * (7 * 3.6 * 0.5e-3 + 7 * 8e-6));
    const chain = (hours.embeddings + hours.scores + hours.robustness) / 2;
    spread.forEach(({ nodes, hours: all }) => {
      const [parts, shares] = [Math.min(2, nodes), Math.min(4, nodes)];
      near(all * 3600, hours.listening / 2 / parts + hours.features / 2 / shares + chain);
    });
    assert.deepEqual(spread.map(({ nodes }) => nodes), [1, 2, 4]); // prettier-ignore
  });

  it('takes rates of audio and embeddings from stages that were done', async () => {
    const model = recipe.systems['aca-net'].model;
    const record = { inputHash: 'i', outputHash: 'o', outputs: [], finished: '2026-01-02', seconds: 9 };
    const input = { settings: { model, training: { batchSize: 32, cropFrames: 200 } }, needs: {}, version: 1 };
    const other = join(work, 'other');
    provenance.write(other, { engine: { name: 'onnx', device: 'cpu', threads: 2 } });
    const audioWork = { audioSeconds: 100, seconds: 2, threads: 4 };
    doneRecord.write(join(other, 'features'), { ...record, stage: 'features', input, audioWork });
    doneRecord.write(join(other, 'train/x'), { ...record, stage: 'train/x', input });
    doneRecord.write(join(other, 'embed/x'), { ...record, stage: 'embed/x', input });
    speedRecord.write(join(other, 'embed/x'), { utterances: 10, frames: 3600, seconds: 4 });
    const { listening, features, embeddings } = await readAllRates(work, library);
    assert.equal(listening, undefined);
    assert.deepEqual(features, { perSecond: 0.08, finished: '2026-01-02', from: join(other, 'features') });
    assert.equal(embeddings[0].rate, (10 * 360_000) / 4);
    assert.equal(embeddings[0].model, hashOfModel(model));
  });

  it('cannot be made before the corpus is read, and says how', async () => {
    const options = { ...asked, workFolder: join(work, 'none'), rates: { trainings: [], embeddings: [] } };
    await assert.rejects(
      planWork(options),
      /the corpus has not been read.*\n {2}read it first: acanet prep --recipe demo/,
    );
  });

  it('spreads trainings so that none waits where a node is free, the longest first', () => {
    assert.equal(timeOf([1, 1, 1], 1), 3);
    assert.equal(timeOf([5, 1, 1, 1, 1, 1], 2), 5);
    assert.equal(timeOf([2, 2, 3], 2), 4);
    assert.equal(timeOf([2], 8), 2);
  });

  it('is told in a few lines', async () => {
    const text = describePlan(await plan([rate({})]));
    assert.match(text, /^114 utterances, 0\.11 hours of audio$/m);
    assert.match(text, /^aca-net +2 +20 +640 +6\.4 min +by operations, from exp\/x$/m);
    assert.match(text, /^4 trainings, 2 threads each$/m);
    assert.match(text, /^features +114 utterances, 0\.11 h +0 s +WAV assumed$/m);
    assert.match(text, /^trainings +4 +51\.2 min +above$/m);
    assert.match(text, /^ +2 +12\.8 min$/m);
  });

  it('counts the operations of a crop as the network itself does', async () => {
    const options = parseModelOptions({ type: 'ecapa-tdnn', channels: [8, 8, 8, 8, 24] }, 'test');
    const { macs } = await realLibrary.modelFigures(options, cropSeconds(137));
    assert.equal(macs, createModel(options).macs(137));
  });
});
