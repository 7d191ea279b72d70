/**
 * @file Makes a model folder of a model that is not trained here: an ONNX file that is checked and tried, or another
 * model folder with the features that it is to have.
 */
import { featureOptions, type FeatureOptions, framedSize } from '../features/options.js';
import { checkOnnx, tryOnnx, writeOnnxFolder } from '../models/onnx-model.js';
import { readModelFolder, rewriteModelFolder } from '../models/model-folder.js';
import type { ReadyModel } from '../models/ready-model.js';
import { UserError } from '../errors.js';
import { stableJson } from '../storage/hashing.js';

export interface TakeModelOptions {
  readonly model: ReadyModel;
  readonly features: FeatureOptions;
  /** Becomes the model folder. */
  readonly dir: string;
}

/** @returns what was taken, in words. @throws UserError where it is not there, does not fit the features or does not run */
export async function takeModel({ model, features, dir }: TakeModelOptions): Promise<string> {
  checkReadyModel(model, features);
  if (model.type === 'folder') {
    await rewriteModelFolder(model.dir, dir, { features });
    return `taken from ${model.dir}`;
  }
  const checked = checkOnnx(model, { bins: framedSize(features) });
  const size = await tryOnnx(checked);
  const { input, axes, length, output } = checked.ports;
  await writeOnnxFolder(dir, model, { features, origin: { importedFrom: model.file } });
  const shape = axes.map((axis) => (axis === 'one' ? '1' : axis)).join(', ');
  return `${model.file}: ${input} [${shape}]${length ? `, ${length.name}` : ''} → ${output} [${size}]`;
}

/** Reads such a model's files and checks them; runs nothing. @throws UserError saying what was found and expected */
export function checkReadyModel(model: ReadyModel, features: FeatureOptions): void {
  const bins = framedSize(features);
  if (model.type === 'onnx') {
    checkOnnx(model, { bins, sampleRate: features.sampleRate });
    return;
  }
  const { features: trainedOn, speakerModel } = readModelFolder(model.dir);
  const given = trainedOn === undefined ? undefined : featureOptions.parse(trainedOn);
  const differing = given ? differences(given, features) : [];
  if (differing.length > 0) {
    throw new UserError(
      `${model.dir}: the model was trained on other features than the system has: ${differing.join('; ')}\n` +
        '  give it its own: model: { type: folder, dir: …, features: { … } }',
    );
  }
  if (speakerModel.bins !== bins) {
    throw new UserError(
      `${model.dir}: expected ${speakerModel.bins} values a frame, got features of ${bins ?? 'samples'}`,
    );
  }
}

/** What becomes of other rates and how values are kept decides nothing about a model. */
const IGNORED = new Set(['otherRates', 'compression']);

function differences(expected: FeatureOptions, got: FeatureOptions): string[] {
  const [theirs, ours] = [expected, got] as unknown as Record<string, unknown>[];
  return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
    .filter((key) => !IGNORED.has(key) && stableJson([theirs[key]]) !== stableJson([ours[key]]))
    .map((key) => `${key}: expected ${JSON.stringify(theirs[key])}, got ${JSON.stringify(ours[key])}`);
}
