/**
 * @file A short form of the damage matrix: a small work folder with stand-ins for training and network, a damage a
 * file.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { runRecipe } from '../../src/recipe/run-recipe.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { scoreTrialList, stagesToScore } from '../../src/recipe/scores/score-trial-list.js';
import { trainingRuns } from '../../src/recipe/definition/training-runs.js';
import type { Comparison } from '../../src/report/comparison/comparison.js';
import { standInLibrary } from '../recipe/stand-in-library.js';
import { ACCEPTABLE, type Acted, type Action, copyWorkFolder, type DamageCase, judge, listCases } from './damage.js';

const SMALL = [
  'corpus={trainSpeakers: 8, testSpeakers: 5, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 3, duration: [1, 1.2]}',
  'development.speakers=4',
  'features.normalize=none',
  'training.epochs=2',
];

describe('damage to a finished work folder', () => {
  let work: string;
  before(async function () {
    work = mkdtempSync(join(tmpdir(), 'acanet-damage-of-'));
    for (const [name, seed] of [
      ['older', 2],
      ['now', 1],
    ] as const) {
      await run(join(work, name), [`seed=${seed}`]);
    }
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const open = (folder: string, sets: string[] = []) =>
    openExperiment({ work: folder, recipe: 'demo', sets: [...SMALL, 'seed=1', ...sets] });

  async function run(folder: string, sets: string[] = [], force?: string[]): Promise<string> {
    const said: string[] = [];
    const quiet = { log: (line: string) => void said.push(line), progress: () => undefined, library: standInLibrary() };
    await runRecipe({ ...quiet, experiment: open(folder, sets), targets: ['compare'], force });
    return said.join('\n');
  }

  /** The figures; what was measured in time is another each time. */
  function compared(folder: string): string {
    const { systems, trials, trialsHash, differences, verdicts } = JSON.parse(
      readFileSync(join(folder, 'demo', 'compare', 'compare.json'), 'utf8'),
    ) as Comparison;
    const figures = systems.map(({ name, eer, minDcf, cllr, parameters }) => ({ name, eer, minDcf, cllr, parameters }));
    return JSON.stringify({ figures, trials, trialsHash, differences, verdicts });
  }

  const acts = (action: (folder: string) => Promise<Acted>) => async (folder: string) => {
    try {
      return await action(folder);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { said: '', refusal: message, defect: !(error instanceof UserError) };
    }
  };

  const running = (name: string, reads: RegExp, force?: (system: string) => string[]): Action => ({
    name,
    reads: (file) => reads.test(file),
    act: acts(async (folder) => ({
      said: await run(folder, [], force && ['aca-net', 'ecapa-tdnn'].flatMap(force)),
      result: compared(folder),
    })),
  });

  const ownList: Action = {
    name: 'score dev-trials.txt',
    reads: (file) => /^(prep|features|average\/aca-net|\.)/.test(file),
    act: acts(async (folder) => {
      const said: string[] = [];
      const library = standInLibrary();
      const quiet = { log: (line: string) => void said.push(line), progress: () => undefined, library };
      const experiment = open(folder);
      const trials = 'dev-trials.txt';
      const targets = stagesToScore(experiment, trainingRuns(experiment.recipe, 'aca-net')[0], trials);
      await runRecipe({ ...quiet, experiment, targets });
      const { evaluation } = await scoreTrialList({ ...quiet, experiment, run: 'aca-net', trials });
      return { said: said.join('\n'), result: JSON.stringify(evaluation) };
    }),
  };

  const actions = [
    running('run', /^(compare|\.|provenance)|\.(done|started)\.json$/),
    running('compare again', /^(prep|score|calibrate|cost|average|train)\//, () => ['compare']),
    running('score again', /^(prep|embed|score-dev)\//, (system) => [`score/${system}`, `calibrate/${system}`]),
    running('embed again', /^(prep|features|average)\//, (system) => [`embed/${system}`, `score-dev/${system}`]),
    running('average again', /^(prep|features|train)\//, (system) => [`average/${system}`]),
    ownList,
  ];
  const options = () => ({
    folder: join(work, 'now', 'demo'),
    older: join(work, 'older', 'demo'),
    actions,
    leaveOut: (file: string) => file.startsWith('audio/'),
  });

  async function outcomes(cases: readonly DamageCase[]) {
    const { folder } = options();
    const undamaged = new Map<string, Acted>();
    for (const action of actions) {
      const copy = mkdtempSync(join(tmpdir(), 'acanet-damage-'));
      copyWorkFolder(folder, join(copy, 'demo'));
      undamaged.set(action.name, await action.act(copy));
      rmSync(copy, { recursive: true });
    }
    const bad: string[] = [];
    const counts: Record<string, number> = {};
    for (const each of cases) {
      const { verdict, acted } = await judge(each, folder, undamaged.get(each.action.name)!);
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      if (!ACCEPTABLE.includes(verdict))
        bad.push(
          `${each.file}, ${each.damage}, ${each.action.name}: ${verdict} ${acted.refusal ?? acted.said.slice(-300)}`,
        );
    }
    return { bad, counts };
  }

  it('is never silently used, whatever the file, its damage and what reads it', async function () {
    this.timeout(process.env.ACANET_DAMAGE_EVERY ? 0 : 600_000); // the long form takes as long as it takes
    const cases = [...listCases(options())];
    // A share in the short form, spread over files, damages and actions.
    const every = Number(process.env.ACANET_DAMAGE_EVERY ?? 23);
    const { bad, counts } = await outcomes(cases.filter((_, i) => i % every === 0));
    if (process.env.ACANET_DAMAGE_EVERY)
      process.stderr.write(`${Math.ceil(cases.length / every)} of ${cases.length} cases: ${JSON.stringify(counts)}\n`);
    assert.deepEqual(bad, []);
  });
});
