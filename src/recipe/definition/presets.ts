/**
 * @file Sets of options by one name, `--preset NAME`: overrides for every system that they are about.
 *
 * `reference`: each model as its authors released it, where recipes depart from that so that it trains, as ACA-Net's do
 * (docs/training-aca-net.md). What a control has in place of cross attention stays. A model may have further presets of
 * its own (`models/model-entry.ts`), such as what ACA-Net's first author went on to train.
 * `large-margin`: a last phase of the training on long crops with a large margin (docs/training-settings.md).
 */
import { UserError } from '../../errors.js';
import { findModel, modelTypes } from '../../models/registry.js';
import { didYouMean } from '../../configuration/closest-name.js';
import { isVariantName } from './grid.js';
import { isReady } from './ready-model.js';
import type { Recipe } from './schema.js';

type PresetSystem = Recipe['systems'][string];

/** Large-margin fine-tuning: crops of 6 s, in batches of half the size, without augmentation, at a tenth of the rate. */
function largeMargin({ model, training }: PresetSystem): Record<string, unknown> {
  if (isReady(model) || !('margin' in training.loss)) return {};
  const name = 'large-margin';
  const phase = {
    name,
    epochs: 5,
    cropFrames: 600,
    batchSize: Math.max(2, Math.floor(training.batchSize / 2)),
    rateFactor: 0.1,
    loss: { margin: { type: 'constant', margin: 0.5 } },
    augmentation: null,
  };
  // What an earlier command has set is not there twice.
  const before = (training.phases ?? [{ name: 'main' }]).filter((each) => each.name !== name);
  return { 'training.phases': [...before, phase] };
}

/** What a preset sets in a system: option → value. */
type Preset = (system: PresetSystem) => Readonly<Record<string, unknown>>;

const ofModels =
  (name: string): Preset =>
  ({ model }) =>
    Object.fromEntries(
      Object.entries(findModel(model.type)?.presets?.[name] ?? {}).map(([key, value]) => [`model.${key}`, value]),
    );

function allPresets(): Map<string, Preset> {
  const names = modelTypes().flatMap((type) => Object.keys(findModel(type)?.presets ?? {}));
  return new Map([...names.map((name) => [name, ofModels(name)] as const), ['large-margin', largeMargin]]);
}

/** The overrides that a preset stands for in a recipe. @throws UserError for a name that there is not */
export function presetSets(name: string, { systems }: Pick<Recipe, 'systems'>): string[] {
  const presets = allPresets();
  const preset = presets.get(name);
  if (!preset) {
    const known = [...presets.keys()];
    throw new UserError(`no preset "${name}"${didYouMean(name, known)}; there is ${known.join(', ')}`);
  }
  // Variants of a grid are made of the system that is set.
  return Object.entries(systems)
    .filter(([system]) => !isVariantName(system))
    .flatMap(([system, options]) =>
      Object.entries(preset(options)).map(([key, value]) => `systems.${system}.${key}=${JSON.stringify(value)}`),
    );
}
