/** @file Models that are not trained here, an ONNX file and a model folder, through the chain to a comparison. */
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFeatureCache } from '../../../src/features/cache/cache.js';
import { UserError } from '../../../src/errors.js';
import { checkOnnx, createOnnxEmbedder } from '../../../src/models/onnx-model.js';
import { readModelFolder } from '../../../src/models/model-folder.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { writtenRecipe } from '../../../src/recipe/definition/written-recipe.js';
import { stringify } from 'yaml';
import { trainingRuns } from '../../../src/recipe/definition/training-runs.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { readEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import type { Comparison } from '../../../src/report/comparison/comparison.js';
import { maxAbsDifference } from '../../fixture-models.js';
import { TINY_RECIPE } from '../../cli/tiny-recipe.js';

const fixtures = new URL('../../../../test/fixtures/onnx/', import.meta.url).pathname;

describe('systems that are not trained here', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-take-'));
    for (const name of ['wespeaker.onnx', 'audio.onnx', 'half.onnx'])
      copyFileSync(join(fixtures, name), join(dir, name));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const quiet = { log: () => undefined, progress: () => undefined };
  const at = (path: string) => join(dir, 'exp', 'mixed', path);
  const onnx = (file: string, rest = 'features: { type: kaldi, bins: 80, normalize: mean }') =>
    `{ type: onnx, file: ${join(dir, file)}, ${rest} }`;

  function open(systems: Record<string, string>, { sets = [] as string[], baseline = 'theirs', rest = '' } = {}) {
    const lines = Object.entries(systems).map(([name, model]) => `  ${name}: { model: ${model} }\n`);
    const recipe = join(dir, 'mixed.yaml');
    const text = TINY_RECIPE.replace(/ {2}other:.*\n/, lines.join('')).replace(
      'baseline: other',
      `baseline: ${baseline}`,
    );
    writeFileSync(recipe, text + rest);
    return openExperiment({ work: join(dir, 'exp'), recipe, sets, fresh: true });
  }
  const run = async (experiment: ReturnType<typeof open>, targets?: string[]) => {
    const plans = await runRecipe({ ...quiet, experiment, targets });
    return plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
  };
  const comparison = () => JSON.parse(readFileSync(at('compare/compare.json'), 'utf8')) as Comparison;

  it('stand beside ours in compare, with a verdict, intervals and costs', async function () {
    const done = await run(
      open({ theirs: onnx('wespeaker.onnx'), heard: onnx('audio.onnx', 'features: { type: audio }') }),
    );
    assert.ok(!done.some((stage) => /^(train|model)\/(theirs|heard)/.test(stage)), done.join());
    const { systems } = comparison();
    const [small, theirs, heard] = systems;
    assert.deepEqual([small.name, theirs.name, heard.name], ['small', 'theirs', 'heard']);
    const { parameters } = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
      parameters: Record<string, number>;
    };
    assert.equal(theirs.parameters, parameters.wespeaker);
    assert.equal(heard.parameters, parameters.audio);
    // 300 frames of 3 s, of which Kaldi's snipped edges leave 298, are rounded to 100 a second, as for our own models
    assert.equal(theirs.macs, 300 * (16 * 80 * 5 + 16 * 8 * 3) + 32 * 12);
    assert.equal(heard.macs, (Math.floor((48_000 - 400) / 160) + 1) * 8 * 400 + 16 * 12);
    for (const { extraction, eerInterval } of [theirs, heard]) {
      assert.ok(extraction!.lengths[0].realTimeFactor > 0);
      assert.ok(eerInterval![0] < eerInterval![1]);
    }
    const text = readFileSync(at('compare/compare.md'), 'utf8');
    assert.match(text, /(small is (better|worse) than theirs here|Cannot tell whether small differs from theirs): EER/);
    assert.match(text, /Not trained here, but taken as they are: theirs, heard\./);
  });

  it('are said in the resolved recipe so that it loads again', () => {
    const { recipe } = open({ theirs: onnx('wespeaker.onnx') });
    const path = join(dir, 'resolved.yaml');
    writeFileSync(path, stringify(writtenRecipe(recipe)));
    assert.deepEqual(loadRecipe(path).recipe, recipe);
  });

  it('have a cohort of the training speakers that are asked for now', async () => {
    const sets = ['scoring={normalize: s-norm}'];
    const embedded = (speakers: number) =>
      run(open({ theirs: onnx('wespeaker.onnx') }, { sets: [...sets, `training.speakers=${speakers}`] }), [
        'embed-train/theirs',
      ]);
    await embedded(2);
    const few = readEmbeddings(at('embed-train/theirs/embeddings.ark')).size;
    assert.deepEqual(await embedded(3), ['embed-train/theirs']);
    assert.equal(readEmbeddings(at('embed-train/theirs/embeddings.ark')).size / few, 3 / 2);
  });

  it('are embedded as the file alone embeds the same features', async () => {
    const embeddings = readEmbeddings(at('embed/theirs/embeddings.ark'));
    const cache = openFeatureCache(at('features'));
    const file = { type: 'onnx' as const, file: join(dir, 'wespeaker.onnx') };
    const embedder = await createOnnxEmbedder(checkOnnx(file, { bins: 80 }), {
      name: 'onnx',
      device: 'cpu',
      threads: 1,
    });
    assert.equal(embeddings.size, 15);
    for (const [id, embedding] of embeddings) {
      assert.ok(maxAbsDifference(embedding, await embedder.embed(cache.read(id))) <= 1e-5, id);
    }
    await embedder.close();
  });

  it('are known by their content: a file that has moved changes nothing, another one is taken anew', async function () {
    const heard = onnx('audio.onnx', 'features: { type: audio }');
    copyFileSync(join(dir, 'wespeaker.onnx'), join(dir, 'moved.onnx'));
    assert.deepEqual(await run(open({ theirs: onnx('moved.onnx'), heard }), ['compare']), []);
    copyFileSync(join(fixtures, 'recurrent.onnx'), join(dir, 'moved.onnx'));
    const done = await run(open({ theirs: onnx('moved.onnx'), heard }), ['score/theirs']);
    assert.deepEqual(done, ['average/theirs', 'embed/theirs', 'score/theirs']);
  });

  it('may be a model folder, of which the features are checked', async function () {
    cpSync(at('average/small'), join(dir, 'folder'), { recursive: true });
    rmSync(join(dir, 'folder', '.done.json'));
    const systems = { theirs: `{ type: folder, dir: ${join(dir, 'folder')} }` };
    await run(open(systems), ['score/theirs', 'score/small']);
    assert.deepEqual(readModelFolder(at('average/theirs')).tensors, readModelFolder(at('average/small')).tensors);
    assert.equal(
      readFileSync(at('score/theirs/scores.txt'), 'utf8'),
      readFileSync(at('score/small/scores.txt'), 'utf8'),
    );
    await refuses(open(systems, { sets: ['features.normalize=meanvar', 'features.bins=64', 'systems.small.model.bins=64'] }), ['score/theirs'], /trained on other features than the system has: bins: expected 80, got 64; normalize: expected "mean", got "meanvar"/); // prettier-ignore
  });

  async function refuses(experiment: ReturnType<typeof open>, targets: string[], ...says: RegExp[]) {
    await assert.rejects(runRecipe({ ...quiet, experiment, targets }), (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      for (const text of says) assert.match(error.message, text);
      return true;
    });
  }

  it('are checked before anything runs', async () => {
    rmSync(join(dir, 'exp'), { recursive: true });
    await refuses(open({ theirs: onnx('half.onnx') }), ['compare'], /expected float32 weights, got float16/);
    await refuses(
      open({ theirs: onnx('absent.onnx') }),
      ['compare'],
      /absent\.onnx: cannot read the model: there is no/,
    );
    await refuses(open({ theirs: onnx('wespeaker.onnx', 'features: { bins: 40 }') }), ['compare'], /expected 40 values a frame, as the features have, got 80/); // prettier-ignore
    assert.ok(!existsSync(at('prep')));
  });

  it('have no training to do, and no model to pack', async () => {
    const experiment = open({ theirs: onnx('wespeaker.onnx') });
    for (const stage of ['train/theirs', 'model/theirs'])
      await refuses(experiment, [stage], /theirs of recipe mixed is a model of type onnx: it is not trained here/);
  });

  for (const [name, model, options, says] of [
    [
      'a training of its own',
      '{ type: onnx, file: x.onnx }, training: { epochs: 3 }',
      {},
      /a model of type onnx is not trained, so it has no training → at systems\.theirs\.training\n.*mixed\.yaml:8/,
    ],
    ['seeds of its own', '{ type: folder, dir: x }, seeds: 3', {}, /it has no seeds/],
    [
      'features given twice',
      '{ type: onnx, file: x.onnx, features: { bins: 80 } }, features: { bins: 80 }',
      {},
      /the features are given twice/,
    ],
    [
      'another engine',
      '{ type: onnx, file: x.onnx }',
      { sets: ['engine.name=reference'] },
      /system theirs is an ONNX model, which runs on the engine onnx, not on reference/,
    ],
    [
      'the mean of a training set',
      '{ type: onnx, file: x.onnx, features: { normalize: global } }',
      {},
      /no mean of its training set/,
    ],
    [
      'an unknown key',
      '{ type: onnx, file: x.onnx, inputs: a }',
      {},
      /unknown key "inputs" → at systems\.theirs\.model \(did you mean "input"\?\)/,
    ],
    ['no file', '{ type: onnx }', {}, /missing key "file"/],
    [
      'an unknown type',
      '{ type: onx, file: x.onnx }',
      {},
      /expected .*"onnx" or "folder", got "onx" \(did you mean "onnx"\?\)/,
    ],
  ] as [string, string, { sets?: string[] }, RegExp][]) {
    it(`are refused with ${name}`, () => assert.throws(() => open({ theirs: model }, options), says));
  }

  it('are one run each, whatever the number of seeds', () => {
    const { recipe } = open({ theirs: onnx('wespeaker.onnx') }, { sets: ['seeds=3'] });
    assert.deepEqual(
      ['small', 'theirs'].map((system) => trainingRuns(recipe, system).map(({ name }) => name)),
      [['small', 'small@2', 'small@3'], ['theirs']],
    );
  });
});
