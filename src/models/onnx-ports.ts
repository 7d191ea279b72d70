/**
 * @file Where the features go into an ONNX model that others made, and where the embedding comes out: by names and
 * shapes, before anything runs.
 *
 * Features go in as [B, T, bins] (WeSpeaker, 3D-Speaker), [B, bins, T] (NeMo) or with an axis of one channel; samples as
 * [B, N], [N] or [B, 1, N]. Beside them a model may take their length. The time must be free, and every other axis one.
 */
import type { OnnxModel, OnnxPort, OnnxSize } from '../engine/onnx/read-onnx.js';
import { UserError } from '../errors.js';

/** What a recipe or a configuration says of a model's inputs and outputs; what it leaves out is found. */
export interface PortNames {
  readonly input?: string;
  readonly output?: string;
}

/** What goes into a model. */
export interface FedFeatures {
  /** Values a frame; undefined: samples of audio. */
  readonly bins?: number;
  /** Of the audio that they were made of, where it is known. */
  readonly sampleRate?: number;
}

/** One input of features, and what else the model takes. */
export interface OnnxPorts {
  readonly input: string;
  /** What each axis of the input is. `one`: of size 1. */
  readonly axes: readonly ('one' | 'time' | 'bins')[];
  /** The input that takes the length; relative lengths are 1. */
  readonly length?: { readonly name: string; readonly type: 'int64' | 'int32' | 'float32'; readonly rank: number };
  readonly output: string;
}

const LENGTH_NAME = /len|(^|_)size|num_?frames/i;
const EMBEDDING_NAME = /emb|[xdi]-?_?vec/i;
const BINS_NAME = /feat|mel|freq|bin|dim|^[FDC]$/i;
const TIME_NAME = /time|frame|len|seq|^[TL]$/i;
const REAL = 'float32';
const HALF = new Set(['float16', 'bfloat16']);

/** `feats float32 [B, T, 80]` */
function describePort({ name, type, shape }: OnnxPort): string {
  return `${name} ${type ?? '(type not said)'} ${shape ? describeShape(shape) : '(shape not said)'}`;
}

const describeShape = (shape: readonly OnnxSize[]) => `[${shape.map((size) => size ?? '?').join(', ')}]`;

/**
 * @throws UserError naming what the model has and what was expected: several inputs that could be meant, or none; a time
 *   that is not free; another feature size; values of other types than float32
 */
export function findPorts(model: OnnxModel, features: FedFeatures, names: PortNames = {}): OnnxPorts {
  refuseHalves(model);
  refuseOtherRate(model, features);
  const input = findInput(model, features, names.input);
  const rest = model.inputs.filter((port) => port !== input);
  const lengths = rest.filter(isLength);
  const unknown = rest.filter((port) => !lengths.includes(port));
  if (unknown.length > 0 || lengths.length > 1) {
    const what = (unknown.length > 0 ? unknown : lengths).map(describePort).join(', ');
    throw new UserError(
      `${model.path}: beside ${describePort(input)} the model takes ${what}; acanet has only features and their length for it` +
        '\n  export it with the other inputs fixed',
    );
  }
  const [length] = lengths;
  return {
    input: input.name,
    axes: axesOf(model, input, features),
    ...(length && { length: { name: length.name, type: length.type as 'int64', rank: length.shape?.length ?? 1 } }),
    output: findOutput(model, names.output).name,
  };
}

const isLength = ({ name, type = '', shape }: OnnxPort) =>
  ['int64', 'int32', REAL].includes(type) && (shape?.length ?? 1) <= 1 && LENGTH_NAME.test(name);

function refuseHalves({ path, weights }: OnnxModel): void {
  const halves = weights.filter(({ type }) => HALF.has(type));
  if (halves.length === 0) return;
  throw new UserError(
    `${path}: expected float32 weights, got ${halves[0].type} in ${halves.length} of ${weights.length} (${halves[0].name} …)` +
      '\n  export the model in float32: processors compute in it anyway, and results then do not depend on the device',
  );
}

/** Many exporters say the sample rate, as sherpa-onnx asks them to. */
function refuseOtherRate({ path, metadata: { sample_rate: said } }: OnnxModel, { sampleRate }: FedFeatures): void {
  if (said === undefined || sampleRate === undefined || Number(said) === sampleRate) return;
  throw new UserError(
    `${path}: expected features of ${said} Hz, as its metadata says, got ${sampleRate} Hz; give the model its own: features: { sampleRate: ${said} … }`,
  );
}

function findInput(model: OnnxModel, features: FedFeatures, named: string | undefined): OnnxPort {
  const { path, inputs } = model;
  const listed = inputs.map(describePort).join(', ') || 'none';
  if (named !== undefined) {
    const port = inputs.find(({ name }) => name === named);
    if (!port) throw new UserError(`${path}: the model has no input "${named}"; it has ${listed}`);
    checkReal(path, port);
    return port;
  }
  const candidates = inputs.filter((port) => !isLength(port) && (port.shape?.length ?? 3) > 0);
  if (candidates.length === 1) {
    checkReal(path, candidates[0]);
    return candidates[0];
  }
  const fitting = candidates.filter((port) => port.type === REAL && typeof axesIn(port, features) !== 'string');
  if (fitting.length === 1) return fitting[0];
  const expected = expectedShape(features);
  throw new UserError(
    fitting.length > 1
      ? `${path}: several inputs could be ${expected}: ${fitting.map(describePort).join(', ')}\n  say which: input: ${fitting[0].name}`
      : `${path}: no input is ${expected}; the model has ${listed}\n  if one is, say which: input: NAME`,
  );
}

function checkReal(path: string, port: OnnxPort): void {
  if (port.type === undefined || port.type === REAL) return;
  throw new UserError(
    `${path}: expected an input of float32, got ${describePort(port)}\n  export the model in float32`,
  );
}

const expectedShape = ({ bins }: FedFeatures) =>
  bins === undefined ? 'samples [batch, time]' : `features [batch, time, ${bins}] or [batch, ${bins}, time]`;

function axesOf({ path }: OnnxModel, input: OnnxPort, features: FedFeatures): OnnxPorts['axes'] {
  const axes = axesIn(input, features);
  if (typeof axes !== 'string') return axes;
  throw new UserError(`${path}: the input ${describePort(input)}: ${axes}`);
}

/** The axes of an input, or why it does not take such features, as a sentence. */
function axesIn({ name, shape }: OnnxPort, features: FedFeatures): OnnxPorts['axes'] | string {
  const expected = expectedShape(features);
  if (!shape) return `expected ${expected}, but it does not say its shape; export it with one`;
  if (features.bins === undefined) return axesOfSamples(shape, name);
  const free = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1 && (axis > 0 || shape.length === 2));
  if (free.length !== 2 || (shape.length === 2 && !shape.includes(features.bins) && looksLikeAudio(shape))) {
    return looksLikeAudio(shape)
      ? `expected ${expected}; this looks like audio, for which the features are { type: audio }`
      : `expected ${expected}`;
  }
  if (shape.length > 2 && typeof shape[0] === 'number' && shape[0] !== 1) return fixedBatch(shape[0]);
  const bins = binsAxis(shape, free, features.bins);
  if (typeof bins === 'string') return bins;
  const time = free.find((axis) => axis !== bins)!;
  if (typeof shape[time] === 'number') return fixedTime(shape[time], name, time);
  return shape.map((_, axis) => (axis === bins ? 'bins' : axis === time ? 'time' : 'one'));
}

function binsAxis(shape: readonly OnnxSize[], [first, second]: readonly number[], bins: number): number | string {
  const [a, b] = [shape[first], shape[second]];
  if (b === bins) return second;
  if (a === bins) return first;
  const fixed = [a, b].filter((size) => typeof size === 'number');
  if (fixed.length > 0) {
    return `expected ${bins} values a frame, as the features have, got ${fixed.join(' or ')}; set features.bins, or take the model's own features`;
  }
  const says = (size: OnnxSize, pattern: RegExp) => typeof size === 'string' && pattern.test(size);
  if (says(a, BINS_NAME) || says(b, TIME_NAME)) return first;
  return second; // what every exporter of speaker models has but NeMo, which states the number
}

function axesOfSamples(shape: readonly OnnxSize[], name: string): OnnxPorts['axes'] | string {
  const time = shape.length - 1;
  if (shape.length < 1 || shape.length > 3) return 'expected samples [batch, time], [time] or [batch, 1, time]';
  const size = shape[time];
  if (typeof size === 'number' && size <= MOST_BINS) {
    return `expected samples [batch, time], got ${size} values at the end; if it takes features, say so: { type: kaldi, bins: ${size} }`;
  }
  if (typeof size === 'number') return fixedTime(size, name, time);
  const other = shape.slice(0, -1).find((size) => typeof size === 'number' && size !== 1);
  if (other !== undefined) return fixedBatch(Number(other));
  return shape.map((_, axis) => (axis === time ? 'time' : 'one'));
}

/** More values a frame than this are samples. */
const MOST_BINS = 512;

/**
 * Values a frame of a model whose features are not known, as its input states them.
 * @throws UserError where it does not
 */
export function statedBins({ path, inputs }: OnnxModel): number {
  const real = inputs.filter((port) => !isLength(port));
  const sizes = real.flatMap(({ shape = [] }) => shape.slice(1).filter((size) => typeof size === 'number' && size > 1));
  if (real.length === 1 && sizes.length === 1) return Number(sizes[0]);
  throw new UserError(
    `${path}: what it takes cannot be told from its inputs (${inputs.map(describePort).join(', ') || 'none'})\n` +
      '  say it in a JSON file for --config, such as {"model": "onnx", "features": {"type": "kaldi", "bins": 80}}, or {"type": "audio"} for samples',
  );
}

const looksLikeAudio = (shape: readonly OnnxSize[]) => shape.length <= 2 && typeof shape.at(-1) !== 'number';
const fixedTime = (size: number, name: string, axis: number) =>
  `expected any length, got exactly ${size}; export it with a dynamic axis: dynamic_axes={'${name}': {0: 'batch', ${axis}: 'time'}}`;
const fixedBatch = (size: number) =>
  `expected utterances one at a time, got exactly ${size} at once; export it with a batch of one, or a dynamic one`;

function findOutput({ path, outputs }: OnnxModel, named: string | undefined): OnnxPort {
  const listed = outputs.map(describePort).join(', ') || 'none';
  if (named !== undefined) {
    const port = outputs.find(({ name }) => name === named);
    if (port) return port;
    throw new UserError(`${path}: the model has no output "${named}"; it has ${listed}`);
  }
  const real = outputs.filter(({ type = REAL }) => type === REAL);
  if (real.length === 1) return real[0];
  const telling = real.filter(({ name }) => EMBEDDING_NAME.test(name));
  if (telling.length === 1) return telling[0];
  throw new UserError(
    real.length === 0
      ? `${path}: expected an output of float32, got ${listed}`
      : `${path}: several outputs could be the embedding: ${listed}\n  say which: output: ${real[0].name}`,
  );
}
