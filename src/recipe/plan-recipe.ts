/** @file What a recipe takes, before it is run (`acanet run NAME --plan`). Touches nothing. */
import { realLibrary } from '../tasks/do-model-work.js';
import { siteExecutor } from './executors/registry.js';
import { readAllRates } from './planning/measured-rates.js';
import { planWork, type WorkPlan } from './planning/work-plan.js';
import { explainRecipe, type RunRecipeOptions } from './run-recipe.js';

export async function planRecipe(
  options: Pick<RunRecipeOptions, 'experiment' | 'targets' | 'force' | 'compared'>,
): Promise<WorkPlan> {
  const { recipe, folder, work } = options.experiment;
  const { plans } = explainRecipe(options);
  const rates = await readAllRates(work, realLibrary);
  return planWork({ recipe, executor: siteExecutor(recipe), workFolder: folder, plans, rates, library: realLibrary });
}
