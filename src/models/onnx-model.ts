/**
 * @file A model that others made and exported as ONNX: checked, tried, embedded with and counted; never trained.
 *
 * Its folder holds `model.onnx`, the files that this names for its weights, and a `model.json` as every model folder
 * has. Where its inputs and outputs are is found anew each time it is opened (`onnx-ports.ts`).
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { physicalCores, type EngineOptions } from '../engine/create-engine.js';
import { countMacs, countParameters, valuesToMeasure } from '../engine/onnx/graph-cost.js';
import { readOnnx, type OnnxModel } from '../engine/onnx/read-onnx.js';
import { innerShapes } from '../engine/inner-shapes.js';
import { float32, int32 } from '../engine/program/host-tensor.js';
import { openOnnxFile, type OnnxFile, type OnnxInputs } from '../engine/run-onnx.js';
import { UserError } from '../errors.js';
import { replaceDirectory, writeJsonAtomic } from '../storage/atomic-write.js';
import { sealed } from '../storage/sealed-json.js';
import { recordFiles, type WrittenFiles } from '../storage/written-files.js';
import type { FrameMatrix, ModelEmbedder } from './embedder.js';
import { findPorts, type FedFeatures, type OnnxPorts } from './onnx-ports.js';

/** The file in a model folder. */
export const ONNX_FILE = 'model.onnx';

/** What a recipe or a model folder says of such a model. */
export const onnxModelOptions = z.strictObject({
  type: z.literal('onnx'),
  file: z.string().min(1),
  /** Where features go in and the embedding comes out, where names and shapes leave a choice. */
  input: z.string().optional(),
  output: z.string().optional(),
});
export type OnnxModelOptions = z.infer<typeof onnxModelOptions>;

/** A model that has been read and found to be usable. */
export interface CheckedOnnx {
  readonly model: OnnxModel;
  readonly ports: OnnxPorts;
  readonly features: FedFeatures;
}

/** Reads and checks it; runs nothing. @throws UserError naming what was found and what was expected */
export function checkOnnx({ file, input, output }: OnnxModelOptions, features: FedFeatures): CheckedOnnx {
  const model = readOnnx(file);
  return { model, ports: findPorts(model, features, { input, output }), features };
}

/** Hash and size of its files; the model's own under the name that it has in a folder. */
export function onnxContent(file: string): WrittenFiles {
  const { externalFiles } = readOnnx(file);
  const { [basename(file)]: own, ...others } = recordFiles(dirname(file), [basename(file), ...externalFiles]);
  return { [ONNX_FILE]: own, ...others };
}

/** What the folder's `model.json` says beside the model. */
export interface OnnxFolderFacts {
  readonly features?: unknown;
  /** Where the features are not known: values a frame. */
  readonly bins?: number;
  readonly origin: Readonly<Record<string, unknown>>;
}

/** Copies a checked model into a folder of its own, whole or not at all. */
export async function writeOnnxFolder(dir: string, options: OnnxModelOptions, facts: OnnxFolderFacts): Promise<void> {
  const { externalFiles } = readOnnx(options.file);
  await replaceDirectory(dir, (aside) => {
    copyFileSync(options.file, join(aside, ONNX_FILE));
    for (const file of externalFiles) {
      mkdirSync(dirname(join(aside, file)), { recursive: true });
      copyFileSync(join(dirname(options.file), file), join(aside, file));
    }
    const files = recordFiles(aside, [ONNX_FILE, ...externalFiles]);
    writeJsonAtomic(join(aside, 'model.json'), sealed({ model: { ...options, file: ONNX_FILE }, ...facts, files }));
  });
}

/** @throws UserError where ONNX Runtime cannot load it, or the engine is another */
export async function createOnnxEmbedder(
  { model, ports, features }: CheckedOnnx,
  engine: EngineOptions,
): Promise<ModelEmbedder> {
  if (engine.name !== 'onnx') {
    throw new UserError(`${model.path}: an ONNX model runs on --engine onnx, not on ${engine.name}`);
  }
  const { device, threads } = engine;
  const file = await openOnnxFile(model.path, { device, threads: threads ?? physicalCores() });
  const bins = features.bins ?? 1;
  return {
    bins,
    minFrames: 1,
    async embed(matrix, name = 'the features') {
      if (matrix.bins !== bins) {
        throw new UserError(`${name}: expected ${bins} values a frame, as the model takes, got ${matrix.bins}`);
      }
      try {
        return await embedOne(file, ports, matrix);
      } catch (error) {
        throw error instanceof UserError
          ? new UserError(`${model.path}: ${name}, ${matrix.frames} frames: ${error.message}`, { cause: error })
          : error;
      }
    },
    close: () => file.close(),
  };
}

async function embedOne(file: OnnxFile, ports: OnnxPorts, matrix: FrameMatrix): Promise<Float32Array<ArrayBuffer>> {
  const { [ports.output]: output } = await file.run(inputsOf(ports, matrix), [ports.output]);
  if (output.dtype !== 'float32') throw new UserError(`expected an embedding of float32, got ${output.dtype}`);
  return Float32Array.from(output.data);
}

/** One utterance as the model takes it. */
function inputsOf({ input, axes, length }: OnnxPorts, matrix: FrameMatrix): OnnxInputs {
  const { frames, bins } = matrix;
  const shape = axes.map((axis) => ({ one: 1, time: frames, bins })[axis]);
  const turned = axes.includes('bins') && axes.indexOf('bins') < axes.indexOf('time');
  const features = float32(shape, turned ? turn(matrix) : Float32Array.from(matrix.data));
  return { [input]: features, ...(length && { [length.name]: lengthOf(length, frames) }) };
}

function lengthOf({ type, rank }: NonNullable<OnnxPorts['length']>, frames: number): OnnxInputs[string] {
  const shape = rank === 0 ? [] : [1];
  if (type === 'int64') return { dtype: type, shape, data: BigInt64Array.of(BigInt(frames)) };
  return type === 'int32' ? int32(shape, Int32Array.of(frames)) : float32(shape, Float32Array.of(1));
}

/** [T, bins] → [bins, T] */
function turn({ frames, bins, data }: FrameMatrix): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(data.length);
  for (let t = 0; t < frames; t++) for (let bin = 0; bin < bins; bin++) turned[bin * frames + t] = data[t * bins + bin];
  return turned;
}

/** Two lengths that no model has a reason to treat alike; of features, and in samples of a second's audio. */
const TRIAL_FRAMES = [100, 157];
const SAMPLES_A_FRAME = 160;

/**
 * Embeds noise of two lengths.
 * @returns the embedding's size
 * @throws UserError where the model gives something else than one vector, of one size for all lengths
 */
export async function tryOnnx(checked: CheckedOnnx): Promise<number> {
  const { path } = checked.model;
  const embedder = await createOnnxEmbedder(checked, { name: 'onnx', device: 'cpu', threads: null });
  try {
    const sizes: number[] = [];
    for (const frames of TRIAL_FRAMES) {
      const embedding = await embedder.embed(noiseOf(checked.features, frames), 'noise');
      if (!embedding.every(Number.isFinite)) {
        throw new UserError(
          `${path}: the output ${checked.ports.output} holds NaN or infinity for ${frames} frames of noise`,
        );
      }
      sizes.push(embedding.length);
    }
    const [size, other] = sizes;
    if (size === other && size > 1) return size;
    throw new UserError(
      `${path}: expected one embedding from ${checked.ports.output}, of the same size for every length, ` +
        `got ${size} values for ${TRIAL_FRAMES[0]} frames and ${other} for ${TRIAL_FRAMES[1]}\n  say which output it is: output: NAME`,
    );
  } finally {
    await embedder.close();
  }
}

/** The same in every run: what it costs to embed does not depend on what is said. */
function noiseOf({ bins }: FedFeatures, frames: number): FrameMatrix {
  const rows = bins === undefined ? frames * SAMPLES_A_FRAME : frames;
  const data = Float32Array.from({ length: rows * (bins ?? 1) }, (_, i) => Math.sin(i * 1.7 + Math.sin(i * 0.31)) / 2);
  return { frames: rows, bins: bins ?? 1, data };
}

export interface OnnxFigures {
  readonly parameters: number;
  readonly macs: number;
  /** Operators that multiply and are not in the count. */
  readonly uncounted: readonly string[];
}

/** @param rows frames, or samples, of the utterance that MACs are counted for */
export async function onnxFigures({ model, ports, features }: CheckedOnnx, rows: number): Promise<OnnxFigures> {
  const matrix = { frames: rows, bins: features.bins ?? 1, data: new Float32Array(rows * (features.bins ?? 1)) };
  const shapes = await innerShapes(model, inputsOf(ports, matrix), valuesToMeasure(model));
  return { parameters: countParameters(model), ...countMacs(model, shapes) };
}
