/** @file Back-ends in a recipe, on a few synthetic voices, with training and network replaced by stand-ins. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../../src/corpus/manifest/manifest.js';
import { UserError } from '../../../src/errors.js';
import { readEmbeddings, writeEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { scoreTrialList } from '../../../src/recipe/scores/score-trial-list.js';
import type { BackendRecord } from '../../../src/tasks/scoring/score-embeddings.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { standInLibrary } from '../../recipe/stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
  'features.normalize=none',
];

describe('back-ends of a recipe', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-backend-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const library = standInLibrary();
  const quiet = { log: () => undefined, progress: () => undefined };
  const open = (sets: string[]) => openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true });
  const run = async (...sets: string[]) => {
    const plans = await runRecipe({ ...quiet, experiment: open(sets), targets: ['score/aca-net'], library });
    return plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
  };
  const scores = () => readFileSync(join(work, 'demo/score/aca-net/scores.txt'), 'utf8');
  const record = (folder = 'score/aca-net') =>
    JSON.parse(readFileSync(join(work, 'demo', folder, 'backend.json'), 'utf8')) as BackendRecord;

  it('embeds training utterances only when scoring needs them, and trains nothing again', async () => {
    await run();
    const plain = scores();
    assert.deepEqual(record(), { scoring: { type: 'cosine' }, warnings: [], notes: [] });
    assert.deepEqual(await run('scoring.normalize=s-norm'), ['embed-train/aca-net', 'score/aca-net']);
    assert.notEqual(scores(), plain);
    assert.deepEqual(record().training, { utterances: 8, speakers: 4 });
    assert.deepEqual(await run('scoring.normalize=s-norm'), []);
    assert.deepEqual(await run('scoring.normalize=s-norm', 'scoring.cohort.of=speakers'), ['score/aca-net']);
    assert.deepEqual(record().cohort, { members: 4 });
    assert.deepEqual(await run(), ['score/aca-net']);
    assert.equal(scores(), plain);
  });

  it('takes a seeded sample of the training utterances', async () => {
    await run('scoring.subtractMean=train', 'scoring.utterances=5');
    const first = scores();
    assert.equal(record().training?.utterances, 5);
    await run('scoring.subtractMean=train', 'scoring.utterances=5', 'seed=2');
    assert.notEqual(scores(), first);
    await run('scoring.subtractMean=train', 'scoring.utterances=5');
    assert.equal(scores(), first);
    await assert.rejects(
      run('scoring.subtractMean=train', 'scoring.utterances=9'),
      /expected at least 9 training utterances, aca-net is trained on 8/,
    );
  });

  it('takes a cohort from an archive, and scores again when the archive changes', async () => {
    await run();
    const archive = join(work, 'demo/embed/aca-net/embeddings.ark');
    const sets = ['scoring.normalize=z-norm', `scoring.cohort.from=${archive}`];
    assert.deepEqual(await run(...sets), ['score/aca-net']);
    const { cohort, warnings } = record();
    assert.deepEqual(cohort, { members: 12 });
    assert.match(warnings.join(), /the cohort holds 3 of the 3 speakers of the trials, which flatters the result: /);
    // z-norm scores the enrolment side against the cohort.
    const means = readFileSync(join(work, 'demo/score/aca-net/cohort-mean.txt'), 'utf8').trim().split('\n');
    assert.ok(means.length > 3 && means.every((line) => /^\S+ -?[\d.e-]+$/.test(line)), means[0]);
    const copy = join(work, 'cohort.ark');
    writeFileSync(copy, readFileSync(archive));
    const other = ['scoring.normalize=z-norm', `scoring.cohort.from=${copy}`];
    assert.deepEqual(await run(...other), ['score/aca-net']);
    assert.deepEqual(await run(...other), []);
    utimesSync(copy, 0, 0); // the same bytes, written at another time
    assert.deepEqual(await run(...other), []);
    // Names that the manifest does not know hide whose voices they are.
    const [first, ...rest] = readEmbeddings(archive);
    writeEmbeddings(copy, new Map([['stranger', first[1]], ...rest]));
    utimesSync(copy, 0, 0);
    assert.deepEqual(await run(...other), ['score/aca-net']);
    assert.match(record().notes.join(), /^who speaks in 1 of the 12 utterances of the cohort is not in the manifest, /);
    await assert.rejects(
      run('scoring.normalize=z-norm', 'scoring.cohort.from=no.ark'),
      (error) => error instanceof UserError && /^no\.ark: no such archive of embeddings/.test(error.message),
    );
  });

  it('warns of a cohort that holds the speakers of a list of the user’s own', async () => {
    const sets = ['scoring.normalize=s-norm'];
    await run(...sets);
    const train = readManifest(join(work, 'demo/prep/manifest.jsonl')).filter(({ split }) => split === 'train');
    const [first] = train;
    const same = train.find(({ speaker, id }) => speaker === first.speaker && id !== first.id)!;
    const other = train.find(({ speaker }) => speaker !== first.speaker)!;
    const list = join(work, 'own.txt');
    writeFileSync(list, `${first.id} ${same.id} target\n${first.id} ${other.id} nontarget\n`);
    const said: string[] = [];
    const reporting = { ...quiet, log: (line: string) => said.push(line) };
    await scoreTrialList({ ...reporting, experiment: open(sets), run: 'aca-net', trials: list, library });
    const names = [first.speaker, other.speaker].sort().join(', ');
    const warning = `the back-end is made of utterances of 2 of the 2 speakers of the trials, which flatters the result: ${names}`;
    assert.deepEqual(record('score-lists/aca-net/own').warnings, [warning]);
    assert.ok(said.includes(`! ${warning}`));
  });
});
