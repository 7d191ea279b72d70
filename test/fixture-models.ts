/**
 * @file The reference models of `test/fixtures/models`, and more of them where the reference data lies beside the
 * project: their configuration, weights and recorded tensors.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { float32, int32, sizeOf } from '../src/engine/program/host-tensor.js';
import type { HostTensor, HostTensors } from '../src/engine/program/host-tensor.js';
import { readSafetensors } from '../src/storage/safetensors.js';

const folder = new URL('../../test/fixtures/models/', import.meta.url);
/** Whole fixtures, small networks among them; not part of the project. */
const beside = pathToFileURL(`${resolve('../shared/fixtures/models2')}/`);

/** Why the fixtures beside the project cannot be tested; undefined where they can. */
export const BESIDE_MISSING = existsSync(beside) ? undefined : 'no reference data beside the project';

interface GeneratedTensor {
  readonly name: string;
  readonly t: number;
  readonly shape: number[];
  readonly scale: number;
  readonly shift: number;
}
export interface FixtureGradient {
  readonly l2: number;
  readonly absmax: number;
  readonly structurally_zero: boolean;
  readonly sample_stride?: number;
}
interface FixtureJson {
  /** Of the first fixtures `aca` and `ecapa`, else the type. */
  readonly model: string;
  readonly config: Record<string, unknown>;
  readonly param_count: number;
  /** By the number of frames, such as `T300`. */
  readonly macs?: Record<string, { readonly total: number }>;
  readonly weights: { mode: 'stored' } | { mode: 'generated'; seed: number; tensors: GeneratedTensor[] };
  readonly cases: { name: string; T: number; batch: number; lengths?: number[]; valid_frames?: number[] }[];
  readonly train?: FixtureTraining;
  /** Longer crops. */
  readonly train_long?: FixtureTraining;
}
export interface FixtureTraining {
  readonly margin: number;
  readonly scale: number;
  readonly loss_f64: number;
  readonly loss_trajectory_same_batch_f64?: number[];
  readonly grads: Record<string, FixtureGradient>;
}

export interface FixtureModel {
  readonly json: FixtureJson;
  /** The config object that `acanet import` takes. */
  readonly config: Record<string, unknown>;
  readonly weights: HostTensors;
  readonly tensors: HostTensors;
  /** A recorded tensor by name. */
  get(name: string): HostTensor;
}

/** @param place `beside`: the whole fixture beside the project */
export function loadFixtureModel(name: string, place: 'project' | 'beside' = 'project'): FixtureModel {
  const from = place === 'project' ? folder : beside;
  const json = JSON.parse(readFileSync(new URL(`${name}.json`, from), 'utf8')) as FixtureJson;
  const path = new URL(`${name}.safetensors`, from);
  const tensors = existsSync(path) ? readSafetensors(path.pathname) : {};
  const prefix = 'weights/';
  const stored = Object.entries(tensors).filter(([key]) => key.startsWith(prefix));
  const weights =
    json.weights.mode === 'generated'
      ? generateWeights(json.weights.seed, json.weights.tensors)
      : Object.fromEntries(stored.map(([key, tensor]) => [key.slice(prefix.length), tensor]));
  const type = { aca: 'aca-net', perceiver_8heads: 'aca-net', ecapa: 'ecapa-tdnn' }[json.model] ?? json.model;
  const get = (key: string) => {
    if (!(key in tensors)) throw new Error(`the fixture ${name} has no tensor ${key}`);
    return tensors[key];
  };
  return { json, config: { model: type, ...json.config }, weights, tensors, get };
}

/** The weight generator of the fixtures' README. */
function generateWeights(seed: number, specs: readonly GeneratedTensor[]): HostTensors {
  return Object.fromEntries(
    specs.map(({ name, t, shape, scale, shift }) => {
      if (name.endsWith('num_batches_tracked')) return [name, int32([], new Int32Array(1))];
      const base = Math.imul(seed, 0x9e3779b1) + Math.imul(t, 0x85ebca6b);
      const values = new Float32Array(sizeOf(shape));
      for (let i = 0; i < values.length; i++) {
        let x = (base + Math.imul(i, 0xc2b2ae35)) | 0;
        x ^= x >>> 16;
        x = Math.imul(x, 0x7feb352d);
        x ^= x >>> 15;
        x = Math.imul(x, 0x846ca68b);
        x ^= x >>> 16;
        const uniform = (x >>> 8) / 8388608 - 1;
        values[i] = Math.fround(uniform * Math.fround(scale)) + Math.fround(shift);
      }
      return [name, float32(shape, values)];
    }),
  );
}

/** The largest absolute difference; NaN if any value is. */
export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`comparing ${a.length} values with ${b.length}`);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

export const maxAbs = (a: ArrayLike<number>): number => maxAbsDifference(a, new Float32Array(a.length));

/** ‖a − b‖ / ‖b‖. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [apart, whole] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    apart += (a[i] - b[i]) ** 2;
    whole += b[i] ** 2;
  }
  return Math.sqrt(apart / whole);
}
