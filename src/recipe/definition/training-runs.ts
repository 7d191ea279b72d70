/**
 * @file The trainings of a recipe: one or more a system, that differ in nothing but their seed.
 *
 * Two trainings of the same system differ as two systems do, so one of each says little about either. The first run
 * has the recipe's seed and the system's name, the others the seeds after it and `<system>@<seed>`; their stages are
 * `train/<run>`, `average/<run>` and so on. Corpus, trials and features are the same for all.
 */
import { UserError } from '../../errors.js';
import { didYouMean } from '../../configuration/closest-name.js';
import type { Recipe } from './schema.js';
import type { SystemSettings } from './system-settings.js';

/** One training of a system. */
export interface TrainingRun {
  /** Names its stages: `aca-net`, `aca-net@2`. */
  readonly name: string;
  readonly system: string;
  readonly seed: number;
}

/** One training with what its system says. */
export interface SystemRun extends TrainingRun {
  readonly settings: SystemSettings;
}

/** The trainings of a system, its first seed's first. */
export function trainingRuns(
  { seed: first, seeds, systems }: Pick<Recipe, 'seed' | 'seeds' | 'systems'>,
  system: string,
): TrainingRun[] {
  return Array.from({ length: systems[system].seeds ?? seeds }, (_, i) => {
    const seed = first + i;
    return { name: i === 0 ? system : `${system}@${seed}`, system, seed };
  });
}

/**
 * The trainings that a name means: all of a system's, or one of them (`aca-net@2`).
 * @throws UserError if the recipe has no such system or run
 */
export function findTrainingRuns(recipe: Recipe, name: string): TrainingRun[] {
  const systems = Object.keys(recipe.systems);
  if (systems.includes(name)) return trainingRuns(recipe, name);
  const runs = systems.flatMap((system) => trainingRuns(recipe, system));
  const run = runs.find((each) => each.name === name);
  if (run) return [run];
  const known = name.includes('@') ? runs.map((each) => each.name) : systems;
  throw new UserError(
    `recipe ${recipe.name} has no ${name.includes('@') ? 'run' : 'system'} "${name}"${didYouMean(name, known)}; there are ${known.join(', ')}`,
  );
}
