/**
 * @file The trainings of a recipe: one or more a system, that differ in nothing but their seed.
 *
 * Two trainings of the same system differ as two systems do, so one of each says little about either. The first run
 * has the recipe's seed and the system's name, the others the seeds after it and `<system>@<seed>`; their stages are
 * `train/<run>`, `average/<run>` and so on. Corpus, trials and features are the same for all.
 */
import { UserError } from '../../errors.js';
import { unknownName } from '../../configuration/closest-name.js';
import { isReady, type SystemModel } from './ready-model.js';
import type { Recipe } from './schema.js';
import type { ReadyModel } from '../../models/ready-model.js';
import type { ModelOptions } from '../../models/registry.js';
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

/** One training of a network that is trained here. */
export interface TrainedRun extends SystemRun {
  readonly settings: SystemSettings & { readonly model: ModelOptions };
}

/** A model that is not trained here. */
export interface ReadyRun extends SystemRun {
  readonly settings: SystemSettings & { readonly model: ReadyModel };
}

const isTrained = (run: SystemRun): run is TrainedRun => !isReady(run.settings.model);

/** What is done for a run that is trained here, or for one that is not. */
export const byKind = <T>(
  run: SystemRun,
  { trained, ready }: { trained(run: TrainedRun): T; ready(run: ReadyRun): T },
): T => (isTrained(run) ? trained(run) : ready(run as ReadyRun));

/** What only trainings have: the checkpoints, and the folder that says what a model was trained on. */
const OF_TRAINED = new Set(['train', 'model']);

/** The stages of these kinds that a run has. */
export const stagesOfRun = (
  { systems }: { systems: Readonly<Record<string, { model: SystemModel }>> },
  { name, system }: TrainingRun,
  kinds: readonly string[],
): string[] =>
  kinds.filter((kind) => !OF_TRAINED.has(kind) || !isReady(systems[system].model)).map((kind) => `${kind}/${name}`);

/** The trainings of a system, its first seed's first. */
export function trainingRuns(
  { seed: first, seeds, systems }: Pick<Recipe, 'seed' | 'seeds' | 'systems'>,
  system: string,
): TrainingRun[] {
  // A model that is ready is what it is, whatever the seed.
  if (isReady(systems[system].model)) return [{ name: system, system, seed: first }];
  return Array.from({ length: systems[system].seeds ?? seeds }, (_, i) => {
    const seed = first + i;
    return { name: i === 0 ? system : `${system}@${seed}`, system, seed };
  });
}

/**
 * The trainings that a name means: all of a system's, or the one of a seed (`aca-net@2`).
 * @throws UserError if the recipe has no such system or run
 */
export function findTrainingRuns(recipe: Recipe, name: string): TrainingRun[] {
  const systems = Object.keys(recipe.systems);
  if (systems.includes(name)) return trainingRuns(recipe, name);
  const runs = systems.flatMap((system) => trainingRuns(recipe, system));
  const run = runs.find((each) => [each.name, `${each.system}@${each.seed}`].includes(name));
  if (run) return [run];
  const [what, known] = name.includes('@') ? ['run', runs.map((each) => each.name)] : ['system', systems];
  throw new UserError(`recipe ${recipe.name} has no ${what} ${unknownName(name, known)}`);
}
