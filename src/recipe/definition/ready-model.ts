/**
 * @file Systems that are not trained here: an ONNX model of any toolkit, and a model folder (imported weights, a model
 * of another experiment). They are embedded, scored, costed and compared like the others.
 *
 *     systems:
 *       theirs: { model: { type: onnx, file: their.onnx, features: { type: kaldi, bins: 80, normalize: mean } } }
 *       imported: { model: { type: folder, dir: models/ecapa } }
 */
import { z } from 'zod';
import type { EngineOptions } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import { featureOptions, type FeatureOptions } from '../../features/options.js';
import { readModelDescription } from '../../models/model-folder.js';
import { onnxContent } from '../../models/onnx-model.js';
import { readyModelOptions, type ReadyModel } from '../../models/ready-model.js';
import { modelOptions, type ModelOptions } from '../../models/registry.js';
import { nearestLocated, type Located } from '../../configuration/located-yaml.js';
import { recordFiles } from '../../storage/written-files.js';
import { systemsOf } from './system-layers.js';

/** What the model takes; absent: the features of the system or of the recipe. */
const features = featureOptions.optional();

/** A system's `model`, as a recipe gives it. */
export const systemModelOptions = z.discriminatedUnion('type', [
  modelOptions,
  readyModelOptions.onnx.extend({ features }),
  readyModelOptions.folder.extend({ features }),
]);

export type SystemModel = ModelOptions | ReadyModel;

export const isReady = (model: SystemModel): model is ReadyModel => model.type === 'onnx' || model.type === 'folder';

/** What such a system cannot have of its own. */
const OF_TRAINING = ['training', 'average', 'augmentation', 'seeds'];

/** @throws UserError where a system that is not trained says how it is to be, or has its features twice */
export function refuseTrainingOfReady(tree: Located): void {
  for (const [name, { value }] of systemsOf(tree)) {
    if (!(value instanceof Map)) continue;
    const model: unknown = value.get('model')?.value;
    const type: unknown = model instanceof Map ? (model.get('type') as Located | undefined)?.value : undefined;
    if (!(model instanceof Map) || (type !== 'onnx' && type !== 'folder')) continue;
    const section = OF_TRAINING.find((each) => value.has(each));
    if (section !== undefined) {
      throw new UserError(
        `a model of type ${type} is not trained, so it has no ${section} → at systems.${name}.${section}\n  ${value.get(section)!.at}`,
      );
    }
    if (value.has('features') && model.has('features')) {
      throw new UserError(
        `the features are given twice, also as model.features → at systems.${name}.features\n  ${value.get('features')!.at}`,
      );
    }
  }
}

/** @throws UserError naming the line of what does not fit such a system */
export function checkReadyFit(
  name: string,
  { engine, features: taken }: { engine: EngineOptions; features: FeatureOptions },
  model: ReadyModel,
  tree: Located,
): void {
  const complain = (message: string, path: string[]) => {
    throw new UserError(`${message} → at ${path.join('.')}\n  ${nearestLocated(tree, path).at}`);
  };
  if (model.type === 'onnx' && engine.name !== 'onnx') {
    complain(`system ${name} is an ONNX model, which runs on the engine onnx, not on ${engine.name}`, [
      'engine',
      'name',
    ]);
  }
  if (model.type === 'onnx' && taken.normalize === 'global') {
    complain(
      'a model that is not trained here has no mean of its training set (normalize: global); take mean, meanvar, a window or none',
      ['systems', name, 'model', 'features', 'normalize'],
    );
  }
}

/** What tells such a model from another: its content, and not where it lies. */
export function readyModelIdentity(model: ReadyModel): Record<string, unknown> {
  if (model.type === 'onnx') return { ...model, file: onnxContent(model.file) };
  const { model: network, files = recordFiles(model.dir, ['model.safetensors']) } = readModelDescription(model.dir);
  return { type: model.type, network, files };
}

/** The same for any model, for settings that only name it: the stages that made its folder say the rest. */
export const modelIdentity = (model: SystemModel): unknown => (isReady(model) ? { type: model.type } : model);
