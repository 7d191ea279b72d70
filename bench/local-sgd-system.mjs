/** @file What `local-sgd.mjs` and its workers train: a system of an experiment whose features are there. */
import { join } from 'node:path';
import { prepFiles } from '../dist/src/recipe/artifacts/prep.js';
import { loadRecipe } from '../dist/src/recipe/definition/load.js';
import { systemSettings } from '../dist/src/recipe/definition/system-settings.js';

export const SYSTEM = 'aca-small';

/** @param {string} experiment its folder, such as `exp/demo` @param {string} [system] of its recipe */
export function systemOf(experiment, system = SYSTEM) {
  const { recipe } = loadRecipe(join(experiment, 'recipe.resolved.yaml'));
  const settings = systemSettings(recipe, system);
  const prep = prepFiles(join(experiment, 'prep'));
  return { settings, ...prep, cacheDir: join(experiment, settings.featuresStage) };
}
