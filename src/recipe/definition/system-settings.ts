/**
 * @file The settings of one system: its own where it has them, else the recipe's.
 *
 * Most systems of a recipe share features, augmentation and averaging, and are then trained from one feature cache. A
 * system may say `features`, `augmentation` and `average` of its own, laid over the recipe's; each distinct kind of
 * features has a cache of its own.
 */
import type { AugmentationOptions } from '../../features/augmentation/options.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import type { AverageOptions } from '../../training/average-options.js';
import type { FeatureOptions } from '../../features/options.js';
import type { SystemModel } from './ready-model.js';
import type { TrainingOptions } from '../../training/training-options.js';
import type { Recipe } from './schema.js';

export interface SystemSettings {
  model: SystemModel;
  training: TrainingOptions;
  features: FeatureOptions;
  augmentation: AugmentationOptions | null;
  average: AverageOptions;
  /** The stage whose feature cache it is trained from and embeds from. */
  featuresStage: string;
}

export function systemSettings(recipe: Recipe, system: string): SystemSettings {
  const { model, training, features, augmentation, average } = recipe.systems[system];
  const own = {
    features: features ?? recipe.features,
    augmentation: augmentation === undefined ? recipe.augmentation : augmentation,
  };
  return { model, training, ...own, average: average ?? recipe.average, featuresStage: featuresStageName(recipe, own) };
}

/** The settings of all systems, by name. */
export const resolveSystems = (recipe: Recipe): ReadonlyMap<string, SystemSettings> =>
  new Map(Object.keys(recipe.systems).map((system) => [system, systemSettings(recipe, system)]));

/** A short training, as in a trial run, has fewer checkpoints than the recipe would average. */
export const withinEpochs = ({ last, best, batchNorm }: AverageOptions, epochs: number): AverageOptions => ({
  last: last && Math.min(last, epochs),
  best: best && Math.min(best, epochs),
  batchNorm,
});

/** `features` for what the recipe itself says, `features@1f2e3d4c` for anything else. */
function featuresStageName(
  recipe: Recipe,
  own: { features: FeatureOptions; augmentation: AugmentationOptions | null },
): string {
  const content = cacheContent(own);
  return content === cacheContent(recipe) ? 'features' : `features@${sha256Hex(content).slice(0, 8)}`;
}

/** What is drawn while training is not in the cache. */
const cacheContent = ({
  features,
  augmentation,
}: {
  features: FeatureOptions;
  augmentation: AugmentationOptions | null;
}) => stableJson({ features, augmentation: augmentation?.when === 'copies' ? augmentation : null });
