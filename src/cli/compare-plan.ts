/** @file `acanet compare --plan`: what a list of trials could show of two systems, before anything is trained. */
import { dirname, join } from 'node:path';
import type { ComparisonPlan } from '../recipe/comparison/plan-comparison.js';
import type { readTrialList } from '../recipe/comparison/compare-score-files.js';
import type { Experiment } from '../recipe/running/work-folder.js';
import { numberBetween } from './number-flag.js';
import { print, printJson } from './output.js';
import { bringAllUpToDate } from './recipe-options.js';

export interface PlanFlags {
  change?: string;
  eer?: string;
  spread?: string;
  json?: boolean;
}

/** Prints what the test trials of a recipe could show; reads the corpus where that has not been done. */
export async function planOfRecipe(
  folds: readonly Experiment[],
  { model, baseline }: { model: string; baseline: string },
  flags: PlanFlags,
): Promise<void> {
  const wanted = spreadWanted(flags);
  const change = changeOf(flags);
  const [{ findSpreads, planComparison, plannedList }, { readTestTrials }, { comparingStages }, { trainingRuns }] =
    await Promise.all([
      import('../recipe/comparison/plan-comparison.js'),
      import('../recipe/comparison/read-comparison.js'),
      import('../recipe/comparison/chosen-systems.js'),
      import('../recipe/definition/training-runs.js'),
    ]);
  const [{ recipe, folder }] = folds;
  const { compare } = comparingStages({});
  const ofFolds = folds[0].fold === undefined ? [] : [join(dirname(folder), compare)];
  const finished = [...ofFolds, ...folds.map((each) => join(each.folder, compare))];
  const spreads = findSpreads({ system: model, baseline }, { ...wanted, finished });
  await bringAllUpToDate(folds, { targets: ['prep'] });
  const lists = folds.map((experiment) => {
    const { table, speakers } = readTestTrials(join(experiment.folder, 'prep'));
    return plannedList(speakers, table.labels, experiment.fold);
  });
  const { claim } = recipe;
  const claimed = claim && recipe.model === model && recipe.baseline === baseline ? claim : undefined;
  const named = change ?? claimed?.eer;
  await showPlan(
    planComparison({
      pair: {
        system: model,
        baseline,
        trainings: [trainingRuns(recipe, model).length, trainingRuns(recipe, baseline).length],
      },
      lists,
      ...(named !== undefined && { change: named }),
      ...(change === undefined && claimed?.source !== undefined && { claimedBy: claimed.source }),
      spreads,
    }),
    flags,
  );
}

/** The same of a list without a recipe. */
export async function planOfList(
  flags: PlanFlags & Parameters<typeof readTrialList>[0] & { baseline?: string },
): Promise<void> {
  const [{ findSpreads, planComparison, plannedList }, lists, { UserError }] = await Promise.all([
    import('../recipe/comparison/plan-comparison.js'),
    import('../recipe/comparison/compare-score-files.js'),
    import('../errors.js'),
  ]);
  const wanted = spreadWanted(flags);
  const change = changeOf(flags);
  const pair = { system: 'one system', baseline: flags.baseline ?? 'another', trainings: [1, 1] as const };
  const spreads = findSpreads(pair, wanted);
  const { table, speakers } = lists.readTrialList(flags);
  if ('unknown' in speakers) throw new UserError(`${flags.trials}: ${speakers.unknown}`);
  await showPlan(
    planComparison({
      pair,
      lists: [plannedList(speakers, table.labels)],
      ...(change !== undefined && { change }),
      spreads,
    }),
    flags,
  );
}

const changeOf = ({ change }: PlanFlags): number | undefined =>
  change === undefined ? undefined : numberBetween('--change', change, { above: -1, not: 0 });

/** A number, or the folder of a comparison. */
function spreadWanted({ spread, eer }: PlanFlags): { spread?: string | number; eer?: number } {
  const isNumber = spread !== undefined && spread.trim() !== '' && !Number.isNaN(Number(spread));
  return {
    ...(spread !== undefined && {
      spread: isNumber ? numberBetween('--spread', spread, { above: 0 }) : spread,
    }),
    ...(eer !== undefined && { eer: numberBetween('--eer', eer, { above: 0, below: 0.5 }) }),
  };
}

async function showPlan(plan: ComparisonPlan, { json }: PlanFlags): Promise<void> {
  if (json) return printJson(plan);
  const { formatListPower } = await import('../report/comparison/list-power-text.js');
  print(formatListPower(plan));
}
