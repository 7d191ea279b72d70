/**
 * @file The whole chain on a few synthetic voices, with training and network replaced by stand-ins: what is written,
 * what is skipped, and what a second run, a changed setting and an interruption do.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainSystemOptions } from '../../src/tasks/model-work.js';
import { explainRecipe, runRecipe } from '../../src/recipe/run-recipe.js';
import { scoreTrialList } from '../../src/recipe/scores/score-trial-list.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { standInLibrary } from './stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
  'features.normalize=none',
];

describe('a recipe from end to end', () => {
  let work: string;
  let trained: TrainSystemOptions[];
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-run-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  beforeEach(() => {
    trained = [];
  });

  const library = standInLibrary((options) => trained.push(options));
  const quiet = { log: () => undefined, progress: () => undefined };
  const open = (sets: string[] = [], remember: 'all' | 'corpus place' = 'corpus place') =>
    openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], remember });
  // The report has tests of its own.
  const run = async (sets: string[] = [], targets = ['compare']) => {
    const plans = await runRecipe({ ...quiet, experiment: open(sets), targets, library });
    return plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
  };
  const read = (path: string) => readFileSync(join(work, 'demo', path), 'utf8');

  it('ends in a comparison, with every stage in its folder', async () => {
    rmSync(join(work, 'demo'), { recursive: true, force: true });
    assert.equal((await run()).length, 17);
    const comparison = JSON.parse(read('compare/compare.json')) as { systems: { name: string; eer: number }[] };
    assert.deepEqual(
      comparison.systems.map(({ name }) => name),
      ['aca-net', 'ecapa-tdnn'],
    );
    for (const { eer } of comparison.systems) assert.ok(eer >= 0 && eer <= 1);
    for (const file of ['prep/manifest.jsonl', 'embed/aca-net/embeddings.scp', 'score/aca-net/scores.csv']) {
      assert.ok(existsSync(join(work, 'demo', file)), file);
    }
    const provenance = JSON.parse(read('provenance.json')) as { commands: unknown[]; inputs: unknown[] };
    assert.equal(provenance.inputs.length, 2);
    assert.ok(!existsSync(join(work, 'demo', '.lock')));
  });

  it('trains with further seeds without training the first again, on the same corpus and features', async () => {
    await run();
    trained = [];
    const ran = await run(['seeds=2', 'systems.ecapa-tdnn.seeds=1']);
    assert.deepEqual(
      ran,
      ['train', 'average', 'embed', 'score', 'score-dev', 'calibrate']
        .map((stage) => `${stage}/aca-net@2`)
        .concat('compare'),
    );
    assert.deepEqual(
      trained.map(({ name, seed }) => [name, seed]),
      [['aca-net@2', 2]],
    );
  });

  it('trains nothing again for other test trials', async () => {
    await run();
    const ran = await run(['corpus.trials.maxNontargets=20']);
    const each = (name: string) => ['embed', 'score', 'calibrate'].map((stage) => `${stage}/${name}`);
    assert.deepEqual(ran, ['prep', ...each('aca-net'), ...each('ecapa-tdnn'), 'compare']);
    await run();
  });

  it('gives training the training speakers, and the development speakers apart', async () => {
    await runRecipe({ ...quiet, experiment: open(), targets: ['train/aca-net'], force: ['train/aca-net'], library });
    const [{ utterances, development }] = trained;
    assert.equal(utterances.length, 8);
    assert.equal(development.utterances.length, 4);
    assert.ok(development.trials.length > 0);
    await run();
  });

  it('does nothing the second time', async () => {
    await run();
    trained = [];
    assert.deepEqual(await run(), []);
    assert.deepEqual(trained, []);
  });

  it('mends a feature cache of which any file is lost', async () => {
    await run();
    for (const file of ['feats-00001.json', 'stats-00001.ark', 'feats.scp', 'cache.json']) {
      const before = read(`features/${file}`);
      rmSync(join(work, 'demo', 'features', file));
      assert.deepEqual(await run(), ['features'], file);
      assert.equal(read(`features/${file}`), before);
    }
  });

  it('trains again what a setting touches, and only that', async () => {
    await run();
    trained = [];
    const sets = ['systems.aca-net.training.epochs=3'];
    const plan = explainRecipe({ experiment: open(sets), targets: ['compare'] }).plans;
    const [changed, ...others] = plan.filter(({ action }) => action === 'run');
    assert.match(`${changed.stage}: ${changed.reasons.join()}`, /^train\/aca-net: training\.epochs: \d+ → 3$/);
    assert.deepEqual(others, []);
    assert.deepEqual((await run(sets))[0], 'train/aca-net');
    assert.deepEqual(
      trained.map(({ name }) => name),
      ['aca-net'],
    );
  });

  it('does not train again for the way it logs', async () => {
    await run();
    assert.deepEqual(await run(['training.logEvery=1', 'training.checkpoint.everySteps=5']), []);
  });

  it('measures only the cost of embedding again for other threads', async () => {
    await run();
    assert.deepEqual(await run(['engine.threads=2']), ['cost/aca-net', 'cost/ecapa-tdnn', 'compare']);
  });

  it('loads its own resolved recipe to the same end', async () => {
    await run();
    const resolved = join(work, 'demo', 'recipe.resolved.yaml');
    const experiment = openExperiment({ work, recipe: resolved, remember: 'corpus place' });
    assert.deepEqual(experiment.recipe, open().recipe);
    assert.ok(explainRecipe({ experiment, targets: ['compare'] }).plans.every(({ action }) => action === 'skip'));
  });

  it('remembers overrides for the commands of single stages, not for a run', async () => {
    await run(['training.epochs=5']);
    const later = (remember: 'all' | 'corpus place') => openExperiment({ work, remember }).recipe;
    assert.equal(later('all').training.epochs, 5);
    assert.equal(later('all').name, 'demo');
    assert.equal(later('corpus place').training.epochs, 10);
    assert.equal(openExperiment({ work, sets: ['training.epochs=6'], remember: 'all' }).recipe.training.epochs, 6);
  });

  it('forgets the overrides of a command that failed at once, not of an interrupted one', async () => {
    await run();
    const bare = () => openExperiment({ work, remember: 'all' });
    const before = bare().sets;
    const commands = () =>
      (JSON.parse(readFileSync(join(work, 'demo', 'provenance.json'), 'utf8')) as { commands: unknown[] }).commands;
    const { length } = commands();
    const typo = openExperiment({ work, sets: ['corpus={type: folder, source: /not/there}'], remember: 'none' });
    await assert.rejects(runRecipe({ ...quiet, experiment: typo, targets: ['prep'], force: ['prep'], library }));
    assert.deepEqual(bare().sets, before);
    assert.equal(commands().length, length);
    assert.ok(
      explainRecipe({ experiment: bare(), targets: ['compare'] }).plans.every(({ action }) => action === 'skip'),
    );
    const stopped = open(['training.epochs=7']);
    const signal = AbortSignal.abort(new Error('SIGINT'));
    await assert.rejects(runRecipe({ ...quiet, experiment: stopped, library, signal }), /SIGINT/);
    assert.equal(bare().recipe.training.epochs, 7);
    await run();
  });

  it('says why a stage is not there: the test trials are kept back, or no stage has that name', () => {
    const explain = (target: string) => () =>
      explainRecipe({ experiment: open(['evaluate=development']), targets: [target] });
    for (const stage of ['score/aca-net', 'cost/aca-net', 'compare']) {
      assert.throws(explain(stage), /keeps its test trials back \(evaluate: development\), so there is no stage/);
    }
    // Back-ends that learn nothing need no embeddings of training utterances, whatever is done with the test trials.
    for (const stage of ['embed-train/aca-net', 'score/nobody'])
      assert.throws(explain(stage), /^UserError: no stage "/);
    assert.equal(explain('score-dev/aca-net')().plans.at(-1)!.stage, 'score-dev/aca-net');
  });

  it('misses a folder of noise before the first stage', async () => {
    await run();
    const noisy = open(['augmentation={noise: {source: not/there}}']);
    const asked = { ...quiet, experiment: noisy, targets: ['prep'], force: ['prep'], library };
    await assert.rejects(
      runRecipe(asked),
      /augmentation\.noise\.source: \/.*not\/there cannot be read: there is no such file or folder/,
    );
    assert.ok(existsSync(join(work, 'demo', 'prep', '.done.json')));
  });

  it('scores a trial list of the user’s own, or the development trials, by name', async () => {
    await run();
    const experiment = open();
    const score = (trials?: string) => scoreTrialList({ ...quiet, experiment, run: 'aca-net', trials, library });
    for (const trials of ['trials.txt', undefined]) {
      assert.ok((await score(trials)).folder.endsWith('score/aca-net'));
    }
    const development = await score('dev-trials.txt');
    assert.ok(development.folder.endsWith('score/aca-net-dev-trials'));
    assert.ok(development.evaluation.trials > 0);
    await assert.rejects(score('nowhere.txt'), /nowhere\.txt: no such trial list, neither here nor in/);
    const own = join(work, 'own.txt');
    writeFileSync(own, 'nobody test0000 target\n');
    await assert.rejects(score(own), /ids are not in the manifest/);
  });
});
