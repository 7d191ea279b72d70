/**
 * @file A model folder: `model.safetensors` (the published state-dict names) and `model.json` (what the tensors mean).
 *
 * `model.json` names the architecture, the features that the model was trained on (none for imported weights), the
 * training set's mean where features are normalised by it, and where the model comes from.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor, HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { replaceDirectory, writeJsonAtomic } from '../storage/atomic-write.js';
import { sha256Hex, stableJson } from '../storage/hashing.js';
import { readSafetensors, writeSafetensors } from '../storage/safetensors.js';
import { sealed, unsealed } from '../storage/sealed-json.js';
import {
  checkAsWritten,
  DamagedFile,
  damageOf,
  recordFiles,
  type WrittenFile,
  type WrittenFiles,
} from '../storage/written-files.js';
import { tensorShapes } from './contract/model.js';
import type { SpeakerModel } from './contract/model.js';
import { createModel, parseModelOptions } from './registry.js';
import type { ModelOptions } from './registry.js';

const WEIGHTS = 'model.safetensors';
const DESCRIPTION = 'model.json';

export interface ModelDescription {
  readonly model: ModelOptions;
  /** Feature options, as the recipe gives them; absent where they are not known. */
  readonly features?: unknown;
  /** For features normalised by the training set's mean: [bins]. */
  readonly globalMean?: readonly number[];
  /** Where the tensors come from: averaged checkpoints, an imported file … */
  readonly origin: Readonly<Record<string, unknown>>;
}

export interface LoadedModel extends ModelDescription {
  readonly speakerModel: SpeakerModel;
  readonly tensors: HostTensors;
}

/** Writes a model folder, whole or not at all. Tensors that are not the model's (a classifier) are left out. */
export async function writeModelFolder(
  dir: string,
  description: ModelDescription,
  tensors: HostTensors,
): Promise<void> {
  const shapes = tensorShapes(createModel(description.model));
  const own = Object.fromEntries(Object.keys(shapes).map((name) => [name, tensors[name]]));
  await replaceDirectory(dir, (aside) => {
    writeSafetensors(join(aside, WEIGHTS), own);
    const files = recordFiles(aside, [WEIGHTS]);
    writeJsonAtomic(join(aside, DESCRIPTION), sealed({ ...description, files }));
  });
}

/** Copies a model folder, whole or not at all, with another description where `changes` says so. */
export async function rewriteModelFolder(from: string, dir: string, changes: Partial<ModelDescription>): Promise<void> {
  const { tensors, model, features, globalMean, origin } = readModelFolder(from);
  const described = { model, features, ...(globalMean && { globalMean }), origin };
  await writeModelFolder(dir, { ...described, ...changes }, tensors);
}

/** Whether a folder looks like one of a model. */
export const isModelFolder = (dir: string): boolean =>
  [WEIGHTS, DESCRIPTION].every((file) => existsSync(join(dir, file)));

/** What stands for a model folder in settings: its weights, not the place where they lie. */
export const weightsIdentity = (dir: string): WrittenFile => recordFiles(dir, [WEIGHTS])[WEIGHTS];

/**
 * What tells one model from another: SHA-256 of its weights, architecture and features. Embeddings of models of one
 * identity can be compared; a copy of a folder keeps it. @throws UserError as `readModelFolder`
 */
export function modelIdentity(dir: string, { model, features, globalMean }: ModelDescription): string {
  return sha256Hex(stableJson({ model, features, globalMean }), weightsIdentity(dir).sha256);
}

/** What a model folder says of itself. */
export type StoredDescription = Omit<ModelDescription, 'model'> & {
  readonly model: { readonly type: string };
  /** Of an ONNX model whose features are not known: values a frame. */
  readonly bins?: number;
  /** Not in folders of earlier versions. */
  readonly files?: WrittenFiles;
};

/** The folder's `model.json`. @throws UserError where it is missing or damaged */
export function readModelDescription(dir: string): StoredDescription {
  const path = join(dir, DESCRIPTION);
  checkAsWritten(path);
  try {
    const { value, sealed: seal } = unsealed(JSON.parse(readFileSync(path, 'utf8')));
    if (seal === 'broken') {
      const remedy = 'if you have changed it yourself, remove its line "seal"; else make or copy the folder again';
      throw new DamagedFile(`${path}: damaged, something in it has changed since it was written\n  ${remedy}`, path);
    }
    return value as StoredDescription;
  } catch (error) {
    if (error instanceof DamagedFile) throw error;
    throw new UserError(
      `${dir}: not a model folder: ${messageOf(error)}\nexpected model.json and model.safetensors, as written by \`acanet average\` or \`acanet import\``,
    );
  }
}

/** @throws DamagedFile where a file of the folder is not the one that its description records */
export function checkModelFiles(dir: string, files: WrittenFiles = {}): void {
  for (const [file, expected] of Object.entries(files)) {
    const path = join(dir, file);
    const problem = damageOf(path, expected);
    if (problem === undefined) continue;
    throw new DamagedFile(
      `${path}: ${problem}\n  make or copy the folder again: these are not the weights of its ${DESCRIPTION}`,
      path,
    );
  }
}

/** Whether a folder holds an ONNX model of any toolkit. @throws UserError where it is no model folder */
export const isOnnxFolder = (dir: string): boolean => readModelDescription(dir).model?.type === 'onnx';

/** @throws UserError naming what is missing, damaged or does not fit, or that it holds another program's network */
export function readModelFolder(dir: string): LoadedModel {
  const description = readModelDescription(dir);
  if (description.model?.type === 'onnx') {
    throw new UserError(
      `${dir}: an ONNX model, which can be embedded with and compared; this needs a network that acanet itself has`,
    );
  }
  const options = parseModelOptions(description.model, join(dir, DESCRIPTION));
  const speakerModel = createModel(options);
  const weights = join(dir, WEIGHTS);
  checkModelFiles(dir, description.files);
  const tensors = fitTensors(speakerModel, readSafetensors(weights), weights);
  return { ...description, model: options, speakerModel, tensors };
}

/**
 * The model's tensors out of those of a file, in the model's order.
 * @throws UserError naming every missing, extra or misshapen tensor, and those that hold no finite numbers (the first
 *   ten)
 */
export function fitTensors(model: SpeakerModel, found: HostTensors, where: string): HostTensors {
  const shapes = tensorShapes(model);
  const problems: string[] = [];
  const describe = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  const fitted: HostTensors = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = found[name];
    if (!tensor) problems.push(`missing ${name} ${describe(shape)}`);
    else if (describe(tensor.shape) !== describe(shape)) {
      problems.push(`misshapen ${name}: expected ${describe(shape)}, got ${describe(tensor.shape)}`);
    } else {
      fitted[name] = tensor;
      const problem = valueProblem(name, tensor);
      if (problem) problems.push(problem);
    }
  }
  for (const [name, { shape }] of Object.entries(found)) {
    const derived = model.derivedBuffers[name];
    if (name in shapes || (derived && describe(derived) === describe(shape))) continue;
    problems.push(`extra ${name} ${describe(shape)}`);
  }
  if (problems.length === 0) return fitted;
  const rest = problems.length > 10 ? `\n  … and ${problems.length - 10} more` : '';
  throw new UserError(
    `${where}: not the tensors of ${model.title}:\n  ${problems.slice(0, 10).join('\n  ')}${rest}\n` +
      'check the configuration against the weights',
  );
}

function valueProblem(name: string, { dtype, data }: HostTensor): string | undefined {
  const expected = name.endsWith('.num_batches_tracked') ? 'int32' : 'float32';
  if (dtype !== expected) return `wrong type of ${name}: expected ${expected}, got ${dtype}`;
  return data.every(Number.isFinite) ? undefined : `NaN or infinity in ${name}`;
}
