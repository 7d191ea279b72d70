/**
 * @file Brings stages of an experiment up to date, in its locked work folder.
 *
 * `library.ts` says what is asked of training and scoring; the default here is the real one.
 */
import type { Library, Reporting } from './library.js';
import { realLibrary } from './real-library.js';
import { planStages, runStages, type StagePlan } from './stage-runner.js';
import { createStages } from './stages.js';
import { enterWorkFolder, type Experiment } from './work-folder.js';

export interface RunRecipeOptions extends Reporting {
  experiment: Experiment;
  /** Stages wanted; what they need is brought up to date too. Default: all. */
  targets?: string[];
  /** Stages to run even if they are up to date. */
  force?: string[];
  /** Systems that `compare` compares. */
  compared?: string[];
  library?: Library;
}

/** Runs what is not up to date. @returns what was done to each stage */
export async function runRecipe({ library = realLibrary, ...options }: RunRecipeOptions): Promise<StagePlan[]> {
  const { experiment, targets, force, compared, log, progress, signal } = options;
  const { recipe, folder } = experiment;
  const leave = await enterWorkFolder(experiment);
  try {
    const stages = createStages({ recipe, workFolder: folder, compared, library });
    return await runStages({ workFolder: folder, stages, targets, force, log, progress, signal });
  } finally {
    leave();
  }
}

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
