/** @file `acanet score`: trials → scores and their figures. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import {
  bringUpToDate,
  openFrom,
  runsOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface BackendFlags {
  backend?: string;
  subtractMean?: string;
  lda?: string;
  wccn?: boolean;
  normalize?: string;
  cohort?: string;
  top?: string;
}

interface ScoreFlags extends RecipeFlags, BackendFlags {
  model?: string;
  enrollMap?: string;
  calibrate?: boolean;
  out?: string;
}

export function addScore(program: Command): void {
  const command = program
    .command('score')
    .description('score trials with a system of a recipe: scores.txt, scores.csv, metrics.json')
    .argument('[trials]', "trial list: a file, or dev-trials.txt of the recipe (default: the recipe's test trials)")
    .option('--model <name>', "the system, or one run of it (default: the recipe's model)")
    .option(
      '--enroll-map <file>',
      'enrolment ids are models of this map, `model utt1 utt2 …` lines (default: enroll.map beside the list, if it fits)',
    )
    .option('--backend <type>', 'cosine or plda (scoring.type)')
    .option('--subtract-mean <set>', 'none, or the mean of train or cohort (scoring.subtractMean)')
    .option('--lda <dimensions>', 'reduce embeddings by LDA; null: not (scoring.lda)')
    .option('--wccn', 'within-class covariance normalisation (scoring.wccn)')
    .option('--no-wccn', 'without it')
    .option('--normalize <how>', 'none, z-norm, t-norm, s-norm or as-norm (scoring.normalize)')
    .option('--cohort <who>', 'training utterances, speakers, or an archive of embeddings X.ark (scoring.cohort)')
    .option('--top <n>', 'highest cohort scores that as-norm takes (scoring.top)')
    .option('--calibrate', "also llrs.txt: log-likelihood ratios, learned from the recipe's development trials")
    .option('--out <dir>', 'folder of the results (default: in the work folder, by the name of the list)');
  withExamples(
    withRecipeOptions(command),
    'acanet score trials.txt --recipe demo',
    'acanet score --recipe demo --normalize as-norm --cohort speakers --top 10',
  ).action(async (trials: string | undefined, flags: ScoreFlags, self: Command) => {
    const experiment = await openFrom({ flags, sets: backendSets(flags) });
    const runs = await runsOf(experiment, flags.model);
    if (flags.out !== undefined && runs.length > 1) {
      self.error(`error: ${runs.length} trainings are scored, one folder is given: name one with --model`);
    }
    const [{ checkAsked, stagesToScore, scoreTrialList }, { explainRecipe }, { describeScores }] = await Promise.all([
      import('../recipe/scores/score-trial-list.js'),
      import('../recipe/run-recipe.js'),
      import('../scoring/measures/evaluation.js'),
    ]);
    const asked = { trials, enrollMap: flags.enrollMap, out: flags.out };
    const isThere = (...targets: string[]) =>
      explainRecipe({ experiment, targets }).plans.every(({ action }) => action === 'skip');
    const results: { json: unknown; lines: string[] }[] = [];
    const talk = createTalk();
    const signal = listenForInterruption();
    const score = async ({ name, system, seed }: (typeof runs)[number]) => {
      // A list of one's own needs no embeddings of the recipe's test trials, but takes them where they are there.
      const embedded = experiment.recipe.evaluate === 'test' && isThere(`embed/${name}`);
      const options = { ...talk, ...asked, experiment, run: name, embedded, signal };
      if (flags.calibrate) {
        const { scoreCalibrated } = await import('../recipe/scores/score-calibrated.js');
        const { folder, evaluation, llrs, report } = await scoreCalibrated(options);
        const { calibration, evaluation: calibrated } = report;
        results.push({
          json: { system, run: name, seed, folder, ...evaluation, calibration, calibrated },
          lines: [`${folder}/scores.txt`, describeScores(evaluation), llrs, describeScores(calibrated!)],
        });
      } else {
        const { folder, evaluation } = await scoreTrialList(options);
        results.push({
          json: { system, run: name, seed, folder, ...evaluation },
          lines: [`${folder}/scores.txt`, describeScores(evaluation)],
        });
      }
    };
    await bringUpToDate({
      experiment,
      targets: runs.flatMap((run) => stagesToScore(experiment, run, trials)),
      checks: checkAsked(experiment, asked, { prepared: isThere('prep') }),
      finish: async () => {
        for (const run of runs) await score(run);
      },
    });
    talk.stop();
    if (flags.json) printJson(results.length > 1 ? results.map(({ json }) => json) : results[0].json);
    else print(results.flatMap(({ lines }) => lines).join('\n'));
  });
}

/** The overrides that the flags of the back-end stand for. */
function backendSets({ backend, subtractMean, lda, wccn, normalize, cohort, top }: BackendFlags): string[] {
  const set = (key: string, value: string | boolean | undefined) =>
    value === undefined ? [] : [`scoring.${key}=${value}`];
  const group = cohort === 'utterances' || cohort === 'speakers';
  return [
    ...set('type', backend),
    ...set('subtractMean', subtractMean),
    ...set('lda', lda),
    ...set('wccn', wccn),
    ...set('normalize', normalize),
    ...set('cohort.from', cohort === undefined ? undefined : group ? 'train' : resolve(cohort)),
    ...set('cohort.of', group ? cohort : undefined),
    ...set('top', top),
  ];
}
