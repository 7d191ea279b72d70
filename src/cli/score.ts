/** @file `acanet score`: trials → scores and their figures. */
import type { Command } from 'commander';
import { backendSets, withBackendOptions } from './backend-options.js';
import { listenForInterruption } from './interruption.js';
import { otherRatesOption } from './other-rates-option.js';
import { createTalk, print, printJson } from './output.js';
import { bringUpToDate, openFrom, runsOf, withExamples, withRecipeOptions } from './recipe-options.js';
import { repeatable } from './repeatable.js';
import { isAnyList, scoreAny, type ScoreAnyFlags } from './score-any.js';

export function addScore(program: Command): void {
  const command = program
    .command('score')
    .description('score any trial list with a model, or trials of a recipe: scores.txt, scores.csv, metrics.json')
    .argument('[trials]', "trial list: a file, or dev-trials.txt of the recipe (default: the recipe's test trials)")
    .option(
      '--model <name|dir>',
      "a system of the recipe, or one run of it (default: the recipe's model); a model folder",
    )
    .addOption(
      repeatable('--manifest <path>', 'the recordings of a list of your own: manifest.jsonl, wav.scp, a folder'),
    )
    .addOption(repeatable('--embeddings <ark>', 'their embeddings by the same model, where you have them'))
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'))
    .option(
      '--enroll-map <file>',
      'enrolment ids are models of this map, `model utt1 utt2 …` lines (default: enroll.map beside the list, if it fits)',
    );
  withBackendOptions(command)
    .option('--calibrate', 'also llrs.txt: log-likelihood ratios, learned from development trials')
    .option('--out <dir>', 'folder of the results (default: in --work, by the name of the list)');
  withExamples(
    withRecipeOptions(command),
    'acanet score trials.txt --recipe demo',
    'acanet score --recipe demo --normalize as-norm --cohort speakers --top 10',
    'acanet score veri_test.txt --model my-model --manifest vox1/wav',
    'acanet score list.txt --embeddings a.ark --embeddings b.ark',
  ).action(async (trials: string | undefined, flags: ScoreAnyFlags, self: Command) => {
    if (isAnyList(flags)) {
      await scoreAny(trials, flags);
      return;
    }
    if (flags.otherRates !== undefined) self.error('error: --other-rates is for recordings that --manifest names');
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
