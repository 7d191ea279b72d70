/** @file Lists that a corpus is read from: what becomes of results when they change, or are others where a command is given. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainRecipe, runRecipe } from '../../../src/recipe/run-recipe.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 4, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 2, duration: [1, 1.2]}',
  'development.speakers=3',
];

describe('the lists that a corpus is read from', () => {
  let folder: string;
  const home = process.cwd();
  const quiet = { log: () => undefined, progress: () => undefined, library: standInLibrary() };
  const open = () => openExperiment({ work: join(folder, 'exp'), recipe: join(folder, 'mine.yaml') });
  const planOfPrep = () => explainRecipe({ experiment: open(), targets: ['prep'] }).plans[0];
  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'acanet-sources-')));
    const demo = openExperiment({ work: join(folder, 'made'), recipe: 'demo', sets: SMALL });
    await runRecipe({ ...quiet, experiment: demo, targets: ['prep'] });
    for (const place of ['here', 'there']) {
      mkdirSync(join(folder, place));
      for (const file of ['manifest.jsonl', 'trials.txt'])
        cpSync(join(folder, 'made/demo/prep', file), join(folder, place, file));
    }
    writeFileSync(
      join(folder, 'mine.yaml'),
      'extends: demo\ncorpus: { type: manifest, source: manifest.jsonl, trials: trials.txt }\ndevelopment: { speakers: null }\n',
    );
    process.chdir(join(folder, 'here'));
    await runRecipe({ ...quiet, experiment: open(), targets: ['prep'] });
  });
  afterEach(() => process.chdir(join(folder, 'here')));
  after(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Does something while a file is another one. */
  function whileEdited(path: string, edit: (text: string) => string, look: () => void): void {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, edit(text));
    try {
      look();
    } finally {
      writeFileSync(path, text);
    }
  }

  it('are noticed where they have changed, by their content', () => {
    assert.equal(planOfPrep().action, 'skip');
    const trials = join(folder, 'here/trials.txt');
    whileEdited(trials, (text) => text.replace(/ nontarget$/m, ' target'), () => {
      const { action, reasons } = planOfPrep();
      assert.deepEqual([action, reasons], ['run', [`${trials} has changed`]]);
    }); // prettier-ignore
    whileEdited(join(folder, 'here/manifest.jsonl'), (text) => text.replace(/^.*\n/, ''), () => assert.equal(planOfPrep().action, 'run')); // prettier-ignore
    assert.equal(planOfPrep().action, 'skip', 'they are as they were again');
  });

  it('are those of the folder in which the command is given, where the recipe names them from there', () => {
    process.chdir(join(folder, 'there'));
    assert.equal(planOfPrep().action, 'skip', 'the same content');
    whileEdited(join(folder, 'there/trials.txt'), (text) => text.replace(/^.*\n/, ''), () => {
      const { action, reasons } = planOfPrep();
      assert.deepEqual([action, reasons], ['run', [`${join(folder, 'there/trials.txt')} has changed`]]);
    }); // prettier-ignore
  });

  it('are watched below the work folder too, and in the places where none was found', async () => {
    const own = join(folder, 'exp/mine/own.txt');
    cpSync(join(folder, 'here/trials.txt'), own);
    const tables = join(folder, 'tables');
    mkdirSync(tables);
    const rows = readFileSync(join(folder, 'here/manifest.jsonl'), 'utf8').trim().split('\n');
    const cells = rows.map((row) => JSON.parse(row) as { id: string; speaker: string; path: string; split: string });
    writeFileSync(join(tables, 'all.csv'), ['id,speaker,path,split', ...cells.map(({ id, speaker, path, split }) => [id, speaker, path, split].join(','))].join('\n')); // prettier-ignore
    for (const [corpus, change, reason] of [
      [`{type: manifest, source: ${join(folder, 'here/manifest.jsonl')}, trials: ${own}}`, own, 'has changed'],
      [`{type: csv, source: ${join(tables, 'all.csv')}}`, join(tables, 'trials.txt'), 'is there now'],
    ] as const) {
      const experiment = openExperiment({
        ...{ work: join(folder, 'exp'), recipe: join(folder, 'mine.yaml') },
        sets: [`name=of-${corpus.slice(7, 10)}`, `corpus=${corpus}`],
      });
      await runRecipe({ ...quiet, experiment, targets: ['prep'] });
      const plan = () => explainRecipe({ experiment, targets: ['prep'] }).plans[0];
      assert.equal(plan().action, 'skip');
      writeFileSync(change, 'a b target\n');
      assert.deepEqual(plan().reasons, [`${change} ${reason}`]);
    }
  });

  it('need not be there to look at results', () => {
    process.chdir(folder);
    const place = join(folder, 'here/trials.txt');
    const text = readFileSync(place);
    rmSync(place);
    assert.equal(planOfPrep().action, 'skip');
    writeFileSync(place, text);
  });
});
