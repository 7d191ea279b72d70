/**
 * @file Published weights → a model folder: a safetensors file with the authors' (or SpeechBrain's) state-dict names and
 * a JSON file with their constructors' arguments.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { int32 } from '../engine/program/host-tensor.js';
import type { HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { readSafetensors } from '../storage/safetensors.js';
import { modelOptionsFromConfig } from './import-config.js';
import { parameterCount } from './model.js';
import { fitTensors, writeModelFolder } from './model-folder.js';
import { createModel } from './registry.js';

/** @throws UserError naming files, arguments and tensors; also if `out` holds anything but a model */
export async function importModel({
  weights,
  config,
  out,
}: {
  weights: string;
  config: string;
  out: string;
}): Promise<{ parameters: number; title: string }> {
  checkReplaceable(out);
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
  dropPositionTable(found, parsed);
  const tensors = fitTensors(model, found, weights);
  await writeModelFolder(out, { model: options, origin: { importedFrom: weights } }, tensors);
  return { parameters: parameterCount(model), title: model.title };
}

/** The model folder replaces what is there, which must not be a folder of something else. */
function checkReplaceable(out: string): void {
  if (!existsSync(out)) return;
  const replaceable =
    statSync(out).isDirectory() && (existsSync(join(out, 'model.json')) || readdirSync(out).length === 0);
  if (replaceable) return;
  throw new UserError(`${out}: exists already and is not a model folder\n  name a new folder with --out`);
}

/** The table of positions is as long as the argument `max_len` says; acanet computes it. */
function dropPositionTable(found: HostTensors, config: unknown): void {
  const { max_len: length } = config as { max_len?: unknown };
  if (typeof length === 'number' && found['embed.pe']?.shape[0] === length) delete found['embed.pe'];
}
