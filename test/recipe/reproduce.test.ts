/** @file An experiment reproduced with stand-ins for training and network: the same, and where something is not. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reproduce } from '../../src/recipe/reproduce.js';
import { runRecipe } from '../../src/recipe/run-recipe.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { recordAgain } from './record-again.js';
import { standInLibrary } from './stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 4, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 2, duration: [1, 1.2]}',
  'development.speakers=3',
];

describe('reproducing an experiment', () => {
  let work: string;
  const quiet = { log: () => undefined, progress: () => undefined, library: standInLibrary() };
  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'acanet-reproduce-'));
    const experiment = openExperiment({ work, recipe: 'demo', sets: SMALL });
    await runRecipe({ ...quiet, experiment, targets: ['compare'] });
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  const differing = async () => {
    const { stages } = await reproduce({ ...quiet, folder: join(work, 'demo') });
    return stages.flatMap(({ stage, files }) =>
      files.filter(({ verdict }) => /differs|missing/.test(verdict)).map(({ file }) => `${stage}/${file}`),
    );
  };

  it('gives the same results in a folder of its own, and leaves what is current', async () => {
    const current = readFileSync(join(work, '.current'), 'utf8');
    assert.deepEqual(await differing(), []);
    assert.ok(existsSync(join(work, 'demo.reproduced', 'demo', 'compare', 'compare.json')));
    assert.equal(readFileSync(join(work, '.current'), 'utf8'), current);
  });

  it('gives the comparison with another baseline again, and says which list is another one now', async () => {
    const named = join(work, 'other-baseline');
    const experiment = openExperiment({ work: named, recipe: 'demo', sets: SMALL });
    const compared = { names: ['ecapa-tdnn', 'aca-net'], baseline: 'aca-net' };
    await runRecipe({ ...quiet, experiment, targets: ['compare'], compared });
    const { stages, conditions } = await reproduce({ ...quiet, folder: join(named, 'demo') });
    assert.ok(stages.every(({ files }) => files.every(({ verdict }) => !/differs|missing/.test(verdict))));
    assert.deepEqual(conditions, []);
  });

  it('names what is not the same', async () => {
    const folder = join(work, 'demo', 'score', 'aca-net');
    const scores = readFileSync(join(folder, 'scores.txt'), 'utf8');
    writeFileSync(
      join(folder, 'scores.txt'),
      scores.replace(/\d$/m, (digit) => `${(Number(digit) + 1) % 10}`),
    );
    recordAgain(folder);
    assert.deepEqual(await differing(), ['score/aca-net/scores.txt']);
  });

  it('refuses to compare an experiment with itself, or to lie in it', async () => {
    for (const out of [work, join(work, 'demo')])
      await assert.rejects(
        reproduce({ ...quiet, folder: join(work, 'demo'), out }),
        /would be the experiment itself, or lie in it/,
      );
    assert.ok(!existsSync(join(work, 'demo', 'demo')));
  });

  it('puts a fold into a folder of its own', async () => {
    const recipe = join(work, 'folds.yaml');
    writeFileSync(
      recipe,
      'extends: demo\nname: folded\nfolds: { a: { corpus: { seed: 1 } }, b: { corpus: { seed: 2 } } }\n',
    );
    for (const fold of ['a', 'b']) {
      const experiment = openExperiment({ work, recipe, sets: SMALL, fold });
      await runRecipe({ ...quiet, experiment, targets: ['prep'] });
    }
    const out = join(work, 'again');
    for (const fold of ['a', 'b']) {
      const { folder, stages } = await reproduce({ ...quiet, folder: join(work, 'folded', fold), out });
      assert.equal(folder, join(out, fold, 'folded'));
      assert.ok(stages.every(({ files }) => files.every(({ verdict }) => !/differs|missing/.test(verdict))));
    }
  });

  it('refuses results that were made with other settings than the last command had', async () => {
    const other = join(work, 'other');
    for (const [sets, targets] of [
      [SMALL, ['average/aca-net']],
      [[...SMALL, 'training.epochs=5'], ['prep']],
    ] as const) {
      const experiment = openExperiment({ work: other, recipe: 'demo', sets });
      await runRecipe({ ...quiet, experiment, targets: [...targets] });
    }
    await assert.rejects(
      reproduce({ ...quiet, folder: join(other, 'demo') }),
      /train\/aca-net: was made with other settings than those of the last command, .*: training\.epochs: \d+ → 5\n/,
    );
  });

  it('refuses a folder without a record, and a recipe that was changed since', async () => {
    await assert.rejects(reproduce({ ...quiet, folder: work }), /expected an experiment with recipe\.resolved\.yaml/);
    const resolved = join(work, 'demo', 'recipe.resolved.yaml');
    writeFileSync(resolved, readFileSync(resolved, 'utf8').replace('seed: 1', 'seed: 2'));
    await assert.rejects(
      reproduce({ ...quiet, folder: join(work, 'demo') }),
      /resolved\.yaml: is not as it was written/,
    );
  });
});
