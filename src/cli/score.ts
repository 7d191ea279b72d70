/** @file `acanet score`: trials → scores and their figures. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import {
  bringUpToDate,
  openFrom,
  systemOf,
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
    .option('--model <name>', "the system (default: the recipe's model)")
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
  ).action(async (trials: string | undefined, flags: ScoreFlags) => {
    const experiment = await openFrom({ flags, sets: backendSets(flags) });
    const name = await systemOf(experiment, flags.model);
    await bringUpToDate({ experiment, targets: [`score/${name}`] });
    const talk = createTalk();
    const options = {
      ...talk,
      experiment,
      system: name,
      trials,
      enrollMap: flags.enrollMap,
      out: flags.out,
      signal: listenForInterruption(),
    };
    const { describeScores } = await import('../scoring/evaluation.js');
    if (flags.calibrate) {
      const { scoreCalibrated } = await import('../recipe/score-calibrated.js');
      const { folder, evaluation, llrs, report } = await scoreCalibrated(options);
      talk.stop();
      const calibrated = report.evaluation!;
      if (flags.json) printJson({ system: name, folder, ...evaluation, calibration: report.calibration, calibrated });
      else print(`${folder}/scores.txt\n${describeScores(evaluation)}\n${llrs}\n${describeScores(calibrated)}`);
      return;
    }
    const { scoreTrialList } = await import('../recipe/score-trial-list.js');
    const { folder, evaluation } = await scoreTrialList(options);
    talk.stop();
    if (flags.json) printJson({ system: name, folder, ...evaluation });
    else print(`${folder}/scores.txt\n${describeScores(evaluation)}`);
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
