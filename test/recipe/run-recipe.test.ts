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
import { checkAsked, scoreTrialList, stagesToScore } from '../../src/recipe/scores/score-trial-list.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import type { CommandRecord } from '../../src/recipe/artifacts/control-files.js';
import { trainingRuns } from '../../src/recipe/definition/training-runs.js';
import { settingsUsedOnTest } from '../../src/recipe/running/test-trial-use.js';
import { checkAll } from '../../src/problem-list.js';
import { UserError } from '../../src/errors.js';
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
  const open = (sets: string[] = []) =>
    openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true });
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
    const experiment = openExperiment({ work, recipe: resolved, fresh: true });
    assert.deepEqual(experiment.recipe, open().recipe);
    assert.ok(explainRecipe({ experiment, targets: ['compare'] }).plans.every(({ action }) => action === 'skip'));
  });

  it('remembers what was set for every later command, until it is set otherwise or begun afresh', async () => {
    await run(['training.epochs=5']);
    const later = (options: { sets?: string[]; fresh?: boolean } = {}) => openExperiment({ work, ...options });
    assert.equal(later().recipe.training.epochs, 5);
    assert.equal(later().chosen, 'last used');
    const fresh = later({ fresh: true });
    assert.equal(fresh.recipe.training.epochs, 10);
    assert.deepEqual([fresh.remembered, fresh.forgotten.includes('training.epochs=5')], [[], true]);
    assert.equal(later({ sets: ['training.epochs=6'] }).recipe.training.epochs, 6);
  });

  it('changes nothing that is remembered where a command fails, but where it was interrupted', async () => {
    await run();
    const current = () => readFileSync(join(work, '.current'), 'utf8');
    const bare = () => openExperiment({ work });
    const before = bare().sets;
    const commands = () =>
      (JSON.parse(readFileSync(join(work, 'demo', 'provenance.json'), 'utf8')) as { commands: unknown[] }).commands;
    const { length } = commands();
    const typo = openExperiment({ work, sets: ['corpus={type: folder, source: /not/there}'], fresh: true });
    await assert.rejects(runRecipe({ ...quiet, experiment: typo, targets: ['prep'], force: ['prep'], library }));
    assert.deepEqual(bare().sets, before);
    assert.equal(commands().length, length);
    // Also where it fails after hours, in what it does with the results: its record then stays.
    const fail = () => Promise.reject(new Error('late'));
    const other = openExperiment({ work, recipe: 'ablation-demo', sets: SMALL, fresh: true });
    for (const experiment of [open(['training.epochs=8']), other]) {
      const asked = { ...quiet, experiment, targets: ['prep'], force: ['prep'], library, finish: fail };
      await assert.rejects(runRecipe(asked), /late/);
      assert.deepEqual([bare().sets, current()], [before, 'demo\n']);
    }
    assert.equal(commands().length, length + 1);
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
      assert.throws(explain(stage), /does not use its test trials yet \(evaluate: development\), so there is no stage/);
    }
    // Back-ends that learn nothing need no embeddings of training utterances, whatever is done with the test trials.
    for (const stage of ['embed-train/aca-net', 'score/nobody'])
      assert.throws(explain(stage), /^UserError: no stage "/);
    assert.equal(explain('score-dev/aca-net')().plans.at(-1)!.stage, 'score-dev/aca-net');
  });

  it('says all that stands in its way at once, before anything is done', async () => {
    const wsj0 = openExperiment({ work, recipe: 'wsj0', sets: ['engine.device=cuda', 'corpus.source=/not/there'] });
    const check = () => {
      throw new UserError('no such list');
    };
    await assert.rejects(runRecipe({ ...quiet, experiment: wsj0, library, checks: [check] }), ({ message }: Error) => {
      const [list, lists, source, ...device] = message.split('\n✖ ');
      assert.equal(list, 'no such list');
      assert.match(lists, /^corpus\.lists is not set: expected a clone of .*github\.com.*\nPass --lists DIR/);
      assert.match(
        source,
        /^corpus\.source: \/not\/there: there is no such .*\n {2}.*needs no corpus: acanet run demo$/,
      );
      // Where the device works, it is no obstacle.
      for (const each of device) assert.match(each, /cuda/);
      return true;
    });
    assert.ok(!existsSync(join(work, 'wsj0')));
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

  it('needs no noise of systems that are not trained now', async () => {
    const noisy = open(['systems.aca-net.augmentation={noise: {source: not/there}}']);
    const dryRun = () => undefined;
    const planned = (target: string) => runRecipe({ ...quiet, experiment: noisy, targets: [target], library, dryRun });
    await planned('train/ecapa-tdnn');
    await assert.rejects(planned('train/aca-net'), /not\/there cannot be read/);
  });

  it('scores a named list alone: the test trials are neither scored nor counted as looked at', async () => {
    rmSync(join(work, 'demo'), { recursive: true, force: true });
    const experiment = open();
    const [run1] = trainingRuns(experiment.recipe, 'aca-net');
    const trials = 'dev-trials.txt';
    assert.deepEqual(stagesToScore(experiment, run1, undefined), ['prep', 'score/aca-net']);
    assert.deepEqual(stagesToScore(experiment, run1, 'trials.txt'), ['prep', 'score/aca-net']);
    const targets = stagesToScore(experiment, run1, trials);
    const asked = { experiment, run: 'aca-net', trials, library };
    await runRecipe({
      ...quiet,
      ...asked,
      targets,
      finish: async () => void (await scoreTrialList({ ...quiet, ...asked })),
    });
    assert.ok(existsSync(join(work, 'demo/score-lists/aca-net/dev-trials/scores.txt')));
    for (const stage of ['embed', 'score/aca-net', 'compare']) assert.ok(!existsSync(join(work, 'demo', stage)), stage);
    const { commands } = JSON.parse(read('provenance.json')) as { commands: CommandRecord[] };
    assert.deepEqual([settingsUsedOnTest(commands), commands[0].readsTest], [0, false]);
    await run();
  });

  it('finds out what is wrong with a list, its models, its cohort and its folder before anything runs', async () => {
    await run();
    const check = (asked: Parameters<typeof checkAsked>[1], sets: string[] = [], prepared = true) =>
      checkAll(checkAsked(open(sets), asked, { prepared }));
    const own = join(work, 'asked.txt');
    writeFileSync(own, 'nobody test0000 target\n');
    await check({ trials: own }, [], false);
    await check({ trials: 'dev-trials.txt' });
    await assert.rejects(check({ trials: own }), /ids are not in the manifest/);
    await assert.rejects(
      check({ trials: own, out: join(own, 'below') }),
      /not in the manifest(.|\n)*\n✖ .*below: a part of the path is a file/,
    );
    await assert.rejects(
      check({ trials: 'nowhere.txt' }, ['scoring.normalize=s-norm', 'scoring.cohort.from=none.ark']),
      /^UserError: nowhere\.txt: no such trial list(.|\n)*\n✖ none\.ark: no such archive/,
    );
    await assert.rejects(check({ trials: own, enrollMap: join(work, 'no.map') }, [], false), /no\.map/);
  });

  it('scores a trial list of the user’s own, or the development trials, by name', async () => {
    await run();
    const experiment = open();
    const score = (trials?: string) => scoreTrialList({ ...quiet, experiment, run: 'aca-net', trials, library });
    for (const trials of ['trials.txt', undefined]) {
      assert.ok((await score(trials)).folder.endsWith('score/aca-net'));
    }
    const development = await score('dev-trials.txt');
    assert.ok(development.folder.endsWith('score-lists/aca-net/dev-trials'));
    assert.ok(development.evaluation.trials > 0);
    await assert.rejects(score('nowhere.txt'), /nowhere\.txt: no such trial list, neither here nor in/);
    const own = join(work, 'own.txt');
    writeFileSync(own, 'nobody test0000 target\n');
    await assert.rejects(score(own), /ids are not in the manifest/);
  });
});
