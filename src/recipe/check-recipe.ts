/**
 * @file What can be checked of a recipe on this machine before anything runs: that its corpus and its noise are there,
 * and that its engine works. All throw a UserError that says what to do.
 */
import { missingPlaces } from '../corpus/readers/registry.js';
import { tryEngine } from '../engine/try-engine.js';
import { messageOf, UserError } from '../errors.js';
import { checkAll } from '../problem-list.js';
import { augmentationIdentity } from '../features/augmentation/augmentation-identity.js';
import { isReady } from './definition/ready-model.js';
import { phasesOf } from '../training/phases.js';
import { noiseIdentity } from './definition/robustness-options.js';
import type { Recipe } from './definition/schema.js';
import { resolveSystems } from './definition/system-settings.js';
import { DEFAULT_RECIPE } from './running/work-folder.js';

/** That the places of the corpus are named, and there. */
export function checkCorpus({ corpus }: Pick<Recipe, 'corpus'>): void {
  const missing = missingPlaces(corpus);
  if (missing.length === 0) return;
  throw new UserError(`${missing.join('\n✖ ')}\n  a recipe that needs no corpus: acanet run ${DEFAULT_RECIPE}`);
}

/** That the recordings of noise are there: those for the training of systems that are due, and those of the tests. */
export function checkNoise(recipe: Recipe, isDue: (system: string) => boolean): void {
  for (const [name, { augmentation: common, training }] of resolveSystems(recipe)) {
    if (!isDue(name)) continue;
    for (const { augmentation } of [{ augmentation: common }, ...phasesOf(training, common)]) {
      if (augmentation) augmentationIdentity(augmentation);
    }
  }
  if (recipe.robustness) noiseIdentity(recipe.robustness);
}

/** That models which are not trained here are there, fit their features and can be fed; of systems whose model is due. */
export async function checkReadyModels(recipe: Recipe, isDue: (system: string) => boolean): Promise<void> {
  const systems = [...resolveSystems(recipe)].filter(([name, { model }]) => isReady(model) && isDue(name));
  if (systems.length === 0) return;
  const { checkReadyModel } = await import('../tasks/take-model.js');
  await checkAll(
    systems.map(([, { model, features }]) => () => {
      if (isReady(model)) checkReadyModel(model, features);
    }),
  );
}

/** That the engine works on its device. The processor is not tried: it always does, and trying takes time. */
export async function checkEngine({ engine }: Pick<Recipe, 'engine'>): Promise<void> {
  if (engine.name !== 'tensorflow' && engine.device === 'cpu') return;
  try {
    await tryEngine(engine);
  } catch (error) {
    // Whatever it is that the runtime throws, it says that the engine does not work here.
    throw error instanceof UserError
      ? error
      : new UserError(`--engine ${engine.name} --device ${engine.device} does not work here: ${messageOf(error)}`, {
          cause: error,
        });
  }
}
