/**
 * @file Weights from elsewhere → a model folder: a file with the tensor names of the authors' PyTorch code (or of
 * SpeechBrain's) and a JSON file with their constructor's arguments.
 *
 * What training wrappers put before every name (`module.`, `speaker_encoder.`) and the dictionaries around the weights
 * (`state_dict`, `model`) are found by the names of the model's own tensors, and taken off.
 */
import { readFileSync } from 'node:fs';
import { int32 } from '../engine/program/host-tensor.js';
import type { HostTensor, HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { toEngineTensor, type RawTensor } from '../storage/stored-tensor.js';
import { refuseForeignFolder } from './copy-model-folder.js';
import { modelOptionsFromConfig, withoutComputed } from './import-config.js';
import { parameterCount, tensorShapes, type SpeakerModel } from './contract/model.js';
import { fitTensors, writeModelFolder } from './model-folder.js';
import { createModel, findModel, type ModelOptions } from './registry.js';
import { readWeightsFile, type WeightsFile } from './weights-file.js';

export interface ImportOptions {
  weights: string;
  config: string;
  out: string;
  /** Reads the configuration's `features`, of so many values a frame. @throws UserError naming `where` */
  readFeatures?: (given: unknown, where: string, bins: number) => unknown;
  /** What stands before the names of the model's tensors; default: what most of them are found under. */
  prefix?: string;
}

/** What was done to the file's tensors beside taking them over. */
export interface ImportedWeights {
  readonly parameters: number;
  readonly title: string;
  /** What was taken off the names of the tensors; usually nothing. */
  readonly prefix: string;
  /** The dictionaries of a checkpoint that they were in: `state_dict`; usually none. */
  readonly within: string;
  /** Tensors of the file that are not under the prefix, or belong to a classifier. */
  readonly leftOut: readonly string[];
  /** Tensors of float64, which were rounded to float32. */
  readonly rounded: number;
  /** What the model was trained on, where the configuration says so. */
  readonly features?: unknown;
}

/** What toolkits save beside a model's own tensors: WeSpeaker the classifier of its training. */
const HEADS = ['projection.'];

/** @throws UserError naming files, arguments and tensors; also if `out` holds anything but a model */
export async function importModel({
  weights,
  config,
  out,
  prefix: given,
  readFeatures,
}: ImportOptions): Promise<ImportedWeights> {
  refuseForeignFolder(out, [weights, config]);
  const { features: described, ...parsed } = readConfig(config);
  const stated = modelOptionsFromConfig(parsed, config);
  const { file, isPredecessor, implied } = withNamesOfToday(readWeightsFile(weights), stated);
  const options = isPredecessor ? modelOptionsFromConfig({ ...implied, ...parsed }, config) : stated;
  const model = createModel(options);
  const features = described === undefined ? undefined : readFeatures?.(described, config, model.bins);
  const prefix = findPrefix(file, model, given);
  const shapes = tensorShapes(model);
  const heads = HEADS.filter((head) => Object.keys(shapes).every((name) => !name.startsWith(head)));
  const isOwn = (name: string) =>
    name.startsWith(prefix) && !heads.some((head) => name.startsWith(head, prefix.length));
  const [own, others] = splitBy([...file.tensors], ([name]) => isOwn(name));
  const found = Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  const within = file.dictionariesOf(own[0][0], prefix);
  const counters = new Set(model.batchNorms.map(({ name }) => `${name}.num_batches_tracked`));
  const known: HostTensors = {};
  for (const [name, tensor] of Object.entries(found)) {
    if (counters.has(name)) known[name] = counterOf(tensor);
    else if (name in shapes) known[name] = toEngineTensor(weights, name, toSingle(tensor));
    else known[name] = { dtype: 'bool', shape: tensor.shape, data: new Uint8Array(0) }; // only its name and shape count
  }
  // Old checkpoints lack the counters, which nothing is computed from.
  for (const name of counters) known[name] ??= int32([], new Int32Array(1));
  const tensors = fitTensors(model, withoutComputed(known, parsed), weights);
  await writeModelFolder(
    out,
    { model: options, ...(features !== undefined && { features }), origin: { importedFrom: weights } },
    tensors,
  );
  return {
    parameters: parameterCount(model),
    title: model.title,
    prefix: prefix.slice(within === '' ? 0 : within.length + 1),
    within,
    leftOut: others.map(([name]) => name),
    rounded: own.filter(([, { dtype }]) => dtype === 'F64').length,
    ...(features !== undefined && { features }),
  };
}

/** A configuration is the constructor's arguments and, if it says so, the features that the model was trained on. */
function readConfig(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path}: expected a JSON file with the model's constructor arguments: ${messageOf(error)}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new UserError(`${path}: expected an object such as {"model": "aca-net", "ch_in": 80, …}`);
}

/** The file as it is, or that of a predecessor under the model's names, and the arguments which make the model that. */
function withNamesOfToday(file: WeightsFile, { type }: ModelOptions) {
  const predecessor = findModel(type)?.constructorArguments?.predecessor;
  const of = predecessor ? `${predecessor.part}.` : undefined;
  if (!of || ![...file.tensors.keys()].some((name) => name.includes(of))) return { file, isPredecessor: false };
  const originals = new Map([...file.tensors.keys()].map((name) => [name.replace(of, `${predecessor!.here}.`), name]));
  const renamed: WeightsFile = {
    ...file,
    tensors: new Map([...originals].map(([name, original]) => [name, file.tensors.get(original)!])),
    dictionariesOf: (name, prefix) => file.dictionariesOf(originals.get(name) ?? name, prefix),
  };
  return { file: renamed, isPredecessor: true, implied: predecessor!.arguments };
}

/**
 * What stands before the names of the model's tensors: that under which most of them are found.
 * @throws UserError where none or several are, or `given` is before none
 */
function findPrefix({ path, tensors, topKeys }: WeightsFile, model: SpeakerModel, given: string | undefined): string {
  const own = new Set(Object.keys(tensorShapes(model)));
  const counts = new Map<string, number>();
  for (const name of tensors.keys()) {
    for (let at = 0; at >= 0; at = name.indexOf('.', at) + 1 || -1) {
      if (own.has(name.slice(at))) counts.set(name.slice(0, at), (counts.get(name.slice(0, at)) ?? 0) + 1);
    }
  }
  const most = Math.max(0, ...counts.values());
  if (given !== undefined) {
    if (counts.has(given)) return given;
    const there = [...counts].filter(([, count]) => count > most / 2).map(([each]) => `"${each}"`);
    throw new UserError(
      `${path}: no tensor of ${model.title} has the prefix "${given}"; expected ${there.join(' or ') || 'none at all'}`,
    );
  }
  const [best, ...others] = [...counts.keys()].filter((prefix) => counts.get(prefix) === most);
  if (best === undefined) return refuseOthers(path, [...tensors.keys()], topKeys);
  if (others.length === 0) return best;
  throw new UserError(
    `${path}: weights of ${model.title} are in it ${others.length + 1} times, under ${[best, ...others].map((each) => `"${each}"`).join(' and ')}\n` +
      `  choose with --prefix, such as --prefix ${others[0]}`,
  );
}

/** A file without a single tensor of the model. The prefix is then none, unless it is plain what the file is. */
function refuseOthers(path: string, names: readonly string[], topKeys: readonly string[]): string {
  const states = names.map((name) => /(?:^|\.)state\.\d+\.(\w+)$/.exec(name)?.[1]);
  if (names.length === 0) {
    const keys = topKeys.length > 0 ? `its keys are ${topKeys.slice(0, 10).join(', ')}` : 'it has no keys';
    throw new UserError(`${path}: expected the weights of a model, got a file without tensors; ${keys}`);
  }
  if (states.every((each) => each !== undefined)) {
    throw new UserError(
      `${path}: expected the weights of a model, got only the state of an optimiser ` +
        `(${names.length} tensors: ${[...new Set(states)].join(', ')})\n  name the checkpoint that holds the model`,
    );
  }
  return '';
}

/** Batches seen. Averaging checkpoints makes a fraction of it, which nothing is computed from. */
const counterOf = ({ shape, data }: RawTensor): HostTensor =>
  int32(
    shape,
    Int32Array.from(data as Iterable<number | bigint>, (value) => Math.trunc(Number(value))),
  );

const toSingle = (tensor: RawTensor): RawTensor =>
  tensor.data instanceof Float64Array ? { ...tensor, dtype: 'F32', data: Float32Array.from(tensor.data) } : tensor;

function splitBy<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
