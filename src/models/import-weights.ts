/**
 * @file Published weights → a model folder: a safetensors file with the authors' (or SpeechBrain's) state-dict names and
 * a JSON file with their constructors' arguments.
 */
import { readFileSync } from 'node:fs';
import { int32 } from '../engine/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { readSafetensors } from '../storage/safetensors.js';
import { modelOptionsFromConfig } from './import-config.js';
import { parameterCount } from './model.js';
import { fitTensors, writeModelFolder } from './model-folder.js';
import { createModel } from './registry.js';

/** @throws UserError naming files, arguments and tensors */
export async function importModel({
  weights,
  config,
  out,
}: {
  weights: string;
  config: string;
  out: string;
}): Promise<{ parameters: number; title: string }> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(config, 'utf8'));
  } catch (error) {
    throw new UserError(`${config}: expected a JSON file with the model's constructor arguments: ${messageOf(error)}`);
  }
  const options = modelOptionsFromConfig(parsed, config);
  const model = createModel(options);
  const found = readSafetensors(weights);
  // Old checkpoints lack the counters, which nothing is computed from.
  for (const { name } of model.batchNorms) found[`${name}.num_batches_tracked`] ??= int32([], new Int32Array(1));
  const tensors = fitTensors(model, found, weights);
  await writeModelFolder(out, { model: options, origin: { importedFrom: weights } }, tensors);
  return { parameters: parameterCount(model), title: model.title };
}
