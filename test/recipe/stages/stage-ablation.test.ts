/**
 * @file A recipe with a grid from end to end, on a few synthetic voices with stand-ins for training and network: what
 * is trained, what is not trained again, and what the table holds.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { explainRecipe, runRecipe } from '../../../src/recipe/run-recipe.js';
import { trainingRuns } from '../../../src/recipe/definition/training-runs.js';
import { scoreTrialList, stagesToScore } from '../../../src/recipe/scores/score-trial-list.js';
import { comparedSystems, lastCompared } from '../../../src/recipe/comparison/chosen-systems.js';
import { finalStages } from '../../../src/recipe/stages/stages.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import type { Ablation } from '../../../src/report/comparison/ablation.js';
import { standInLibrary } from '../stand-in-library.js';

const RECIPE = `extends: demo
corpus: { trainSpeakers: 8, testSpeakers: 3, utterancesPerSpeaker: 3, testUtterancesPerSpeaker: 4, duration: [1, 1.2] }
development: { speakers: 5 }
features: { normalize: none }
systems: { ecapa-tdnn: null }
baseline: aca-net
evaluate: development
grid:
  system: aca-net
  axes:
    latents: { model.latents: [32, 64] }
    mean: { features.normalize: [none, global] }
`;

describe('an ablation from end to end', () => {
  let work: string;
  let trained: string[];
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-ablation-'));
    writeFileSync(join(work, 'small.yaml'), RECIPE);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const library = standInLibrary(({ name }) => trained.push(name));
  let lines: string[];
  const quiet = { log: (line: string) => lines.push(line), progress: () => undefined };
  const open = (sets: string[] = []) => openExperiment({ work, recipe: join(work, 'small.yaml'), sets, fresh: true });
  const run = async (sets: string[] = [], compared?: { names: string[] }) => {
    [trained, lines] = [[], []];
    const experiment = open(sets);
    await runRecipe({ ...quiet, experiment, targets: finalStages(experiment.recipe), compared, library });
    return trained;
  };
  const folder = (path: string) => join(work, 'small', path);
  const ablation = () => JSON.parse(readFileSync(folder('ablation/ablation.json'), 'utf8')) as Ablation;
  const explain = (sets: string[] = []) => {
    const experiment = open(sets);
    return explainRecipe({ experiment, targets: finalStages(experiment.recipe) });
  };

  const plan = (sets: string[] = []) => explain(sets).plans;

  it('trains each variant once, scores development trials only, and shows the base in every axis', async () => {
    rmSync(folder(''), { recursive: true, force: true });
    assert.deepEqual(await run(), ['aca-net', 'aca-net+latents=32', 'aca-net+mean=global']);
    assert.ok(lines.includes('3 trainings to do'), lines.join('\n'));
    assert.match(
      lines.find((line) => line.startsWith('1 of 3'))!,
      /^1 of 3 trainings done, about .+ left$/,
    );
    assert.ok(!existsSync(folder('score')) && !existsSync(folder('embed')) && !existsSync(folder('compare')));
    const { axes, base, development, test } = ablation();
    assert.equal(base, 'aca-net');
    assert.equal(test, undefined);
    assert.deepEqual([development.speakers, development.noIntervals], [5, undefined]);
    assert.deepEqual(
      axes.map(({ name, rows }) => [name, ...rows.map(({ label, system, base }) => [label, system, base])]),
      [
        ['latents', ['32', 'aca-net+latents=32', false], ['64', 'aca-net', true]],
        ['mean', ['none', 'aca-net', true], ['global', 'aca-net+mean=global', false]],
      ],
    );
    const [[variant, same]] = axes.map(({ rows }) => rows);
    assert.ok(variant.parameters < same.parameters);
    assert.ok(variant.development.eer >= 0 && variant.development.interval && variant.development.runs.length === 1);
    assert.equal(same.development.change, undefined);
    assert.match(readFileSync(folder('ablation/ablation.txt'), 'utf8'), /The test trials are kept back/);
    assert.equal(readFileSync(folder('ablation/ablation.csv'), 'utf8').split('\n').length, 1 + 4 + 1);
  });

  it('does not extract again what differs in its normalisation only', async () => {
    await run();
    const [other] = readdirSync(folder('')).filter((name) => name.startsWith('features@'));
    const inode = (name: string) => statSync(folder(`${name}/feats-00001.ark`)).ino;
    assert.equal(inode(other), inode('features'));
  });

  it('does nothing the second time', async () => {
    await run();
    assert.deepEqual(await run(), []);
    assert.deepEqual(explain().trainings, { due: 0, ready: 3 });
  });

  it('trains only the value that is added to an axis', async () => {
    await run();
    assert.deepEqual(await run(['grid.axes.latents={model.latents: [16, 32, 64]}']), ['aca-net+latents=16']);
    assert.equal(ablation().axes[0].rows.length, 3);
  });

  it('trains nothing when an axis is renamed, left out or put back', async () => {
    await run();
    const renamed = ['grid.axes.latents=null', 'grid.axes.width={model.latents: [32, 64]}'];
    assert.ok(plan(renamed).some(({ stage, action }) => stage === 'train/aca-net+width=32' && action === 'take over'));
    assert.deepEqual(await run(renamed), []);
    assert.deepEqual(
      ablation().axes.map(({ name }) => name),
      ['mean', 'width'],
    );
    assert.deepEqual(await run(['grid.axes.latents=null']), []);
    assert.deepEqual(await run(), []);
  });

  it('shows and runs only what it is told to', async () => {
    await run();
    const sets = ['grid.axes.pooling={model.pooling: [attentive, statistics]}'];
    assert.deepEqual(await run(sets, { names: ['aca-net+pooling=attentive'] }), ['aca-net+pooling=attentive']);
    assert.deepEqual(
      ablation().axes.map(({ name, rows }) => [name, ...rows.map(({ label }) => label)]),
      [['pooling', 'as it is', 'attentive']],
    );
    const { recipe } = open(sets);
    const both = { names: ['aca-net', 'aca-net+pooling=attentive'], baseline: 'aca-net' };
    assert.deepEqual(comparedSystems(recipe, ['aca-net+pooling=attentive']), both);
    assert.deepEqual(lastCompared(recipe, folder('')), both);
  });

  it('trains every variant with each seed, and shows the spread', async () => {
    await run();
    assert.deepEqual(await run(['seeds=2']), ['aca-net@2', 'aca-net+latents=32@2', 'aca-net+mean=global@2']);
    const [{ rows }] = ablation().axes;
    assert.ok(rows.every(({ development }) => development.runs.length === 2));
    assert.match(readFileSync(folder('ablation/ablation.txt'), 'utf8'), /their standard deviation/);
  });

  it('scores the test trials when everything is chosen, and not before', async () => {
    await run();
    const experiment = open();
    await assert.rejects(
      runRecipe({ ...quiet, experiment, targets: ['compare'], library }),
      (error) =>
        error instanceof UserError &&
        error.message ===
          'recipe small does not use its test trials yet (evaluate: development), so there is no stage compare\n  once everything is chosen: --set evaluate=test',
    );
    [trained, lines] = [[], []];
    const tested = open(['evaluate=test']);
    await runRecipe({ ...quiet, experiment: tested, targets: ['ablation'], library });
    assert.deepEqual(trained, []);
    const { test, axes } = ablation();
    assert.ok(test!.trials > 0);
    assert.ok(axes.every(({ rows }) => rows.every((row) => row.test!.runs.length === 1)));
    assert.match(readFileSync(folder('ablation/ablation.md'), 'utf8'), /Test EER: only to be looked at/);
  });

  it('scores development trials by name, and no list with test speakers, while the test trials are kept back', async () => {
    await run();
    const experiment = open();
    const [training] = trainingRuns(experiment.recipe, 'aca-net');
    const targets = stagesToScore(experiment, training, 'dev-trials.txt');
    assert.deepEqual(targets, ['prep', 'features', 'average/aca-net']);
    await runRecipe({ ...quiet, experiment, targets, library });
    const score = (trials: string) => scoreTrialList({ ...quiet, experiment, run: 'aca-net', trials, library });
    const { evaluation } = await score('dev-trials.txt');
    assert.equal(evaluation.trials, ablation().development.trials);
    await assert.rejects(
      score('trials.txt'),
      /12 test utterances \(\S+ first\), and recipe small does not use its test trials yet/,
    );
  });

  it('chooses among all systems of a recipe without a grid', async () => {
    await run();
    const sets = ['grid=null', 'systems.wide={extends: aca-net, model: {embed: 256}}'];
    assert.deepEqual(await run(sets), ['wide']);
    assert.deepEqual(
      ablation().axes.map(({ name, rows }) => [name, ...rows.map(({ label, base }) => [label, base])]),
      [['system', ['aca-net', true], ['wide', false]]],
    );
  });
});
