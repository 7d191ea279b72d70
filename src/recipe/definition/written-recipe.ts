/** @file A loaded recipe as a recipe file may say it, so that what `recipe.resolved.yaml` holds loads to the same. */
import type { FeatureOptions } from '../../features/options.js';
import { isVariantName, writtenGrid } from './grid.js';
import { isReady } from './ready-model.js';
import type { Recipe } from './schema.js';

/** The grid's systems are left to the grid, and what a system leaves out of the recipe's features is said. */
export function writtenRecipe({ grid, ...recipe }: Recipe): unknown {
  const systems = Object.entries(recipe.systems)
    .filter(([name]) => !isVariantName(name))
    .map(([name, { features, training, ...system }]) => [
      name,
      {
        ...system,
        // A model that is ready has no training of its own, and a recipe that says one is refused.
        ...(!isReady(system.model) && { training }),
        ...(features && { features: explicit(features) }),
      },
    ]);
  return { ...recipe, systems: Object.fromEntries(systems), ...(grid && { grid: writtenGrid(grid) }) };
}

/** Options that are absent where they do nothing: laid over the recipe's, absence would mean the recipe's. */
const explicit = (features: FeatureOptions) => ({
  ...features,
  otherRates: features.otherRates ?? 'refuse',
  vad: features.vad ?? null,
});
