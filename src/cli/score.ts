/** @file `acanet score`: trials → scores and their figures. */
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

interface ScoreFlags extends RecipeFlags {
  model?: string;
  enrollMap?: string;
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
    .option('--out <dir>', 'folder of the results (default: in the work folder, by the name of the list)');
  withExamples(withRecipeOptions(command), 'acanet score trials.txt --recipe demo').action(
    async (trials: string | undefined, flags: ScoreFlags) => {
      const experiment = await openFrom({ flags });
      const name = await systemOf(experiment, flags.model);
      const { scoreTrialList } = await import('../recipe/score-trial-list.js');
      await bringUpToDate({ experiment, targets: [`score/${name}`] });
      const talk = createTalk();
      const { folder, evaluation } = await scoreTrialList({
        ...talk,
        experiment,
        system: name,
        trials,
        enrollMap: flags.enrollMap,
        out: flags.out,
        signal: listenForInterruption(),
      });
      talk.stop();
      const { describeScores } = await import('../scoring/evaluation.js');
      if (flags.json) printJson({ system: name, folder, ...evaluation });
      else print(`${folder}/scores.txt\n${describeScores(evaluation)}`);
    },
  );
}
