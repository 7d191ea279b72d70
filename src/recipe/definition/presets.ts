/**
 * @file Sets of options by one name, `--preset NAME`: overrides for every system that they are about.
 *
 * `reference`: ACA-Net as its authors released it (Yip et al. 2023), where recipes depart from that so that it trains
 * (docs/training-aca-net.md). What a control has in place of cross attention stays.
 */
import { UserError } from '../../errors.js';
import { didYouMean } from '../../configuration/closest-name.js';
import { isVariantName } from './grid.js';
import type { Recipe } from './schema.js';

const PRESETS: Record<string, { readonly type: string; readonly model: Record<string, unknown> }> = {
  reference: {
    type: 'aca-net',
    model: {
      latentInit: { distribution: 'normal', std: 0.02 },
      outputInit: {},
      centred: false,
      queryScale: null,
      positional: 'reference',
      expansionKernel: 1,
      expansionLayers: 1,
    },
  },
};

/** The overrides that a preset stands for in a recipe. @throws UserError for a name that there is not */
export function presetSets(name: string, { systems }: Pick<Recipe, 'systems'>): string[] {
  if (!Object.hasOwn(PRESETS, name)) {
    const known = Object.keys(PRESETS);
    throw new UserError(`no preset "${name}"${didYouMean(name, known)}; there is ${known.join(', ')}`);
  }
  const { type, model } = PRESETS[name];
  // Variants of a grid are made of the system that is set.
  const concerned = Object.entries(systems).filter(
    ([system, options]) => options.model.type === type && !isVariantName(system),
  );
  return concerned.flatMap(([system]) =>
    Object.entries(model).map(([key, value]) => `systems.${system}.model.${key}=${JSON.stringify(value)}`),
  );
}
