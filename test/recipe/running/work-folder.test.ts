/** @file What an experiment remembers of where its corpus lies. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { enterWorkFolder, openExperiment, optionsOf } from '../../../src/recipe/running/work-folder.js';

/** What an augmentation needs beside the place of its noise. */
const AUGMENTED = ['augmentation={when: online, noise: {source: other, probability: 0.5, snr: [0, 15]}}'];

describe('the places of a pool', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-work-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('are kept as absolute paths for later commands and runs, other settings of its parts are not', async () => {
    const recipe = join(work, 'mine.yaml');
    writeFileSync(recipe, 'extends: demo\ncorpus: { type: pool, of: { a: { type: folder }, b: { type: wsj0 } } }\n');
    const open = (sets: string[]) => openExperiment({ work, recipe, sets, fresh: true });
    const places = ['corpus.of.a.source=here', 'corpus.of.b.lists=lists', 'corpus.of.b.allowMissing=true'];
    const first = open([...places, 'corpus.of.a.testShare=0.5']);
    (await enterWorkFolder(first)).leave();
    assert.deepEqual(open([]).remembered, [
      `corpus.of.a.source=${JSON.stringify(resolve('here'))}`,
      `corpus.of.b.lists=${JSON.stringify(resolve('lists'))}`,
      'corpus.of.b.allowMissing=true',
    ]);
  });

  it('as those of noise, of ready models and of mappings', () => {
    const here = (path: string) => JSON.stringify(resolve(path));
    for (const [typed, kept] of [
      ['augmentation.noise.source=noise', `augmentation.noise.source=${here('noise')}`],
      ['augmentation.noise.source="noise"', `augmentation.noise.source=${here('noise')}`],
      ['robustness={noise: {source: n}, snr: [5]}', `robustness={"noise":{"source":${here('n')}},"snr":[5]}`],
      ['training.epochs=5', 'training.epochs=5'],
      ['training.init=./src', `training.init=${here('src')}`],
    ]) {
      const { sets } = openExperiment({ work, recipe: 'demo', sets: [...AUGMENTED, typed] });
      assert.equal(sets.at(-1), kept);
    }
    const recipe = join(work, 'ready.yaml');
    writeFileSync(recipe, 'extends: demo\nsystems: { their.model: { model: { type: folder, dir: x } } }\n');
    const { sets, recipe: opened } = openExperiment({ work, recipe, sets: ['systems.their.model.model.dir=models/y'] });
    assert.deepEqual(sets, [`systems.their.model.model.dir=${here('models/y')}`]);
    assert.deepEqual(opened.systems['their.model'].model, { type: 'folder', dir: resolve('models/y') });
  });
});

describe('what a work folder remembers', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-work-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('goes back to what it was where a command fails, but for the recipe that another has meant meanwhile', async () => {
    const current = () => readFileSync(join(work, '.current'), 'utf8');
    const enter = (recipe: string) => enterWorkFolder(openExperiment({ work, recipe }));
    (await enter('demo')).leave();
    const failing = await enter('librispeech-mini');
    failing.forget({ record: true });
    failing.leave();
    assert.equal(current(), 'demo\n');
    const slow = await enter('librispeech-mini');
    (await enter('wsj0')).leave();
    slow.forget({ record: true });
    slow.leave();
    assert.equal(current(), 'wsj0\n');
    rmSync(work, { recursive: true });
    mkdirSync(work);
  });

  it('is not guessed where it is damaged: the file is named, and what to do', () => {
    const open = () => openExperiment({ work });
    writeFileSync(join(work, '.current'), '\n');
    assert.throws(open, /\.current: damaged, it is empty\n {2}name a recipe with --recipe$/);
    writeFileSync(join(work, '.current'), 'demo\n');
    mkdirSync(join(work, 'demo'));
    writeFileSync(join(work, 'demo', '.overrides.json'), '["seeds=2"');
    assert.throws(open, /demo\/\.overrides\.json: damaged, .*\n {2}remove the file, and give the --set options/);
  });

  it('is the name too, where one was set', async () => {
    (await enterWorkFolder(openExperiment({ work, recipe: 'demo', sets: ['name=other'] }))).leave();
    const meant = openExperiment({ work });
    assert.deepEqual([meant.folder, meant.chosen, meant.recipe.name], [join(work, 'other'), 'last used', 'other']);
    assert.deepEqual(optionsOf(meant), ['--recipe', 'demo', '--set', 'name=other', '--work', work]);
    (await enterWorkFolder(openExperiment({ work, recipe: 'wsj0' }))).leave();
    assert.equal(openExperiment({ work }).folder, join(work, 'wsj0'));
  });
});
