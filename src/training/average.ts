/**
 * @file The average of several models of one architecture: usually the last or the best checkpoints of a run.
 *
 * Parameters are averaged in float64 and rounded once. BatchNorm's running statistics are no parameters: the mean of
 * the running variances is not the variance that the averaged weights produce. Hence a choice:
 * `average` (default; what SpeechBrain and WeSpeaker do), `last` (those of the last model given), `recompute` (those of
 * training data that the averaged model sees: `average-checkpoints.ts`).
 * NOTE: the toolkits turn the integer counter `num_batches_tracked` into a float mean, which loading cuts to a whole
 * number; it is cut here at once, so that the tensor keeps its type.
 */
import { z } from 'zod';
import { sizeOf, type HostTensor, type HostTensors } from '../engine/program/host-tensor.js';
import { internal, UserError } from '../errors.js';

/** What becomes of BatchNorm's running statistics. */
export const batchNormTreatment = z.enum(['average', 'last', 'recompute']);
export type BatchNormTreatment = z.infer<typeof batchNormTreatment>;

/** A model to be averaged and what messages call it (its file). */
export interface NamedModel {
  name: string;
  tensors: HostTensors;
}

const STATISTIC = /(?:^|\.)(running_mean|running_var|num_batches_tracked)$/;

/** True for the tensors that BatchNorm keeps, by PyTorch's names. */
function isBatchNormStatistic(name: string): boolean {
  return STATISTIC.test(name);
}

/**
 * Averages models, given oldest first, tensor by tensor, in the first model's order.
 * @throws UserError naming the models and the tensors whose names, types or shapes differ
 */
export function averageModels(
  models: readonly NamedModel[],
  { batchNorm = 'average' }: { batchNorm?: Exclude<BatchNormTreatment, 'recompute'> } = {},
): HostTensors {
  if (models.length === 0) throw internal('average: no models');
  const [first, ...others] = models;
  for (const other of others) checkAlike(first, other);
  return Object.fromEntries(
    Object.keys(first.tensors).map((name) => {
      const values = models.map(({ tensors }) => tensors[name]);
      if (!isBatchNormStatistic(name) || batchNorm === 'average') return [name, mean(values)];
      return [name, values.at(-1)!];
    }),
  );
}

function mean(values: readonly HostTensor[]): HostTensor {
  const [{ dtype, shape }] = values;
  const sums = new Float64Array(sizeOf(shape));
  for (const { data } of values) {
    for (let i = 0; i < sums.length; i++) sums[i] += data[i];
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= values.length;
  if (dtype === 'bool') throw internal('average: a tensor of booleans has no mean');
  return { dtype, shape, data: dtype === 'float32' ? Float32Array.from(sums) : Int32Array.from(sums, Math.trunc) };
}

function checkAlike(a: NamedModel, b: NamedModel): void {
  const describe = (tensor: HostTensor | undefined) => (tensor ? `${tensor.dtype} [${tensor.shape}]` : 'absent');
  const names = [...new Set([...Object.keys(a.tensors), ...Object.keys(b.tensors)])];
  const differing = names
    .map((name) => ({ name, inA: describe(a.tensors[name]), inB: describe(b.tensors[name]) }))
    .filter(({ inA, inB }) => inA !== inB);
  if (differing.length === 0) return;
  const shown = differing.slice(0, 5).map(({ name, inA, inB }) => `${name}: ${inA} against ${inB}`);
  if (differing.length > shown.length) shown.push(`… and ${differing.length - shown.length} more`);
  throw new UserError(
    `models cannot be averaged: ${differing.length} tensors of ${a.name} and ${b.name} differ (${shown.join('; ')})\n` +
      'average checkpoints of one run only',
  );
}
