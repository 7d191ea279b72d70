/**
 * @file Sets of options by one name, `--preset NAME`: overrides for every system that they are about.
 *
 * `reference`: each model as its authors released it, where recipes depart from that so that it trains, as ACA-Net's do
 * (docs/training-aca-net.md). What a control has in place of cross attention stays.
 */
import { UserError } from '../../errors.js';
import { findModel } from '../../models/registry.js';
import { didYouMean } from '../../configuration/closest-name.js';
import { isVariantName } from './grid.js';
import type { Recipe } from './schema.js';

/** What each preset sets in a model: option → value. */
const PRESETS: Record<string, (model: { type: string }) => Readonly<Record<string, unknown>>> = {
  reference: ({ type }) => findModel(type)?.reference ?? {},
};

/** The overrides that a preset stands for in a recipe. @throws UserError for a name that there is not */
export function presetSets(name: string, { systems }: Pick<Recipe, 'systems'>): string[] {
  if (!Object.hasOwn(PRESETS, name)) {
    const known = Object.keys(PRESETS);
    throw new UserError(`no preset "${name}"${didYouMean(name, known)}; there is ${known.join(', ')}`);
  }
  // Variants of a grid are made of the system that is set.
  return Object.entries(systems)
    .filter(([system]) => !isVariantName(system))
    .flatMap(([system, { model }]) =>
      Object.entries(PRESETS[name](model)).map(
        ([key, value]) => `systems.${system}.model.${key}=${JSON.stringify(value)}`,
      ),
    );
}
