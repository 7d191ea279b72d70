/**
 * @file Brings stages of an experiment up to date, in its locked work folder.
 *
 * `library.ts` says what is asked of training and scoring; the default here is the real one.
 */
import { augmentationIdentity } from '../features/augmentation-identity.js';
import type { Library, Reporting } from './library.js';
import { realLibrary } from './real-library.js';
import type { Compared } from './stage-compare.js';
import type { StagePlan } from './stage-plan.js';
import { planStages, runStages } from './stage-runner.js';
import { createStages } from './stages.js';
import { enterWorkFolder, type Experiment } from './work-folder.js';

export interface RunRecipeOptions extends Reporting {
  experiment: Experiment;
  /** Stages wanted; what they need is brought up to date too. Default: all. */
  targets?: string[];
  /** Stages to run even if they are up to date. */
  force?: string[];
  /** What `compare` compares. */
  compared?: Compared;
  library?: Library;
}

/** Runs what is not up to date. @returns what was done to each stage */
export async function runRecipe({ library = realLibrary, ...options }: RunRecipeOptions): Promise<StagePlan[]> {
  const { experiment, targets, force, compared, log, progress, signal } = options;
  const { recipe, folder } = experiment;
  const { leave, forget } = await enterWorkFolder(experiment);
  let finished = 0;
  try {
    const stages = createStages({ recipe, workFolder: folder, compared, library });
    const asked = { workFolder: folder, stages, targets, force };
    // A mistyped folder of noise is to be found before hours of features, not after them.
    if (recipe.augmentation && planStages(asked).some(leadsToTraining)) augmentationIdentity(recipe.augmentation);
    return await runStages({ ...asked, log, progress, signal, onFinished: () => finished++ });
  } catch (error) {
    // What failed at once was a mistake; what was interrupted is gone on with.
    if (finished === 0 && !signal?.aborted) forget();
    throw error;
  } finally {
    leave();
  }
}

const leadsToTraining = ({ stage, action }: StagePlan): boolean =>
  action !== 'skip' && /^(prep|features|train\/.*)$/.test(stage);

/** What `runRecipe` would do, and why; touches nothing. */
export function explainRecipe({
  experiment: { recipe, folder },
  targets,
  force,
  compared,
}: Pick<RunRecipeOptions, 'experiment' | 'targets' | 'force' | 'compared'>): StagePlan[] {
  const stages = createStages({ recipe, workFolder: folder, compared, library: realLibrary });
  return planStages({ workFolder: folder, stages, targets, force });
}
