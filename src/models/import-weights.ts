/**
 * @file Published weights → a model folder: a safetensors file with the authors' (or SpeechBrain's) state-dict names
 * and a JSON file with their constructors' arguments. What training wrappers put before every name (`module.`,
 * `speaker_encoder.`) is taken off.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { int32 } from '../engine/program/host-tensor.js';
import type { HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { readSafetensors } from '../storage/safetensors.js';
import { modelOptionsFromConfig, withoutComputed } from './import-config.js';
import { parameterCount, tensorShapes } from './contract/model.js';
import { fitTensors, writeModelFolder } from './model-folder.js';
import { createModel } from './registry.js';

/**
 * @returns `prefix`: what was taken off the names of the tensors; usually nothing
 * @throws UserError naming files, arguments and tensors; also if `out` holds anything but a model
 */
export async function importModel({
  weights,
  config,
  out,
}: {
  weights: string;
  config: string;
  out: string;
}): Promise<{ parameters: number; title: string; prefix: string }> {
  checkReplaceable(out);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(config, 'utf8'));
  } catch (error) {
    throw new UserError(`${config}: expected a JSON file with the model's constructor arguments: ${messageOf(error)}`);
  }
  const options = modelOptionsFromConfig(parsed, config);
  const model = createModel(options);
  const { tensors: found, prefix } = withoutPrefix(readSafetensors(weights), Object.keys(tensorShapes(model)));
  // Old checkpoints lack the counters, which nothing is computed from.
  for (const { name } of model.batchNorms) found[`${name}.num_batches_tracked`] ??= int32([], new Int32Array(1));
  const tensors = fitTensors(model, withoutComputed(found, parsed), weights);
  await writeModelFolder(out, { model: options, origin: { importedFrom: weights } }, tensors);
  return { parameters: parameterCount(model), title: model.title, prefix };
}

/** The tensors without what stands before the names of the model's; the prefix under which most of those are found. */
function withoutPrefix(found: HostTensors, names: readonly string[]): { tensors: HostTensors; prefix: string } {
  const own = new Set(names);
  const counts = new Map([['', 0]]);
  for (const name of Object.keys(found)) {
    for (let at = 0; at >= 0; at = name.indexOf('.', at) + 1 || -1) {
      if (own.has(name.slice(at))) counts.set(name.slice(0, at), (counts.get(name.slice(0, at)) ?? 0) + 1);
    }
  }
  const [prefix] = [...counts].reduce((best, other) => (other[1] > best[1] ? other : best));
  const stripped = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  return { tensors: Object.fromEntries(Object.entries(found).map(([name, each]) => [stripped(name), each])), prefix };
}

/** The model folder replaces what is there, which must not be a folder of something else. */
function checkReplaceable(out: string): void {
  if (!existsSync(out)) return;
  const replaceable =
    statSync(out).isDirectory() && (existsSync(join(out, 'model.json')) || readdirSync(out).length === 0);
  if (replaceable) return;
  throw new UserError(`${out}: exists already and is not a model folder\n  name a new folder with --out`);
}
