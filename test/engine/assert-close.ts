/** @file Comparing tensors: same type, same shape, values within a tolerance. */
import assert from 'node:assert/strict';
import type { HostTensor, HostTensors } from '../../src/engine/program/host-tensor.js';

/** The largest difference over the largest magnitude expected (at least 1); Infinity where only one value is finite. */
export function relativeDifference(actual: HostTensor, expected: HostTensor): number {
  let scale = 1;
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i], expected.data[i]];
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    worst = Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
  }
  return worst / scale;
}

/** @param tolerance of `relativeDifference`; int32 and bool must be equal */
function assertClose(actual: HostTensor, expected: HostTensor, tolerance: number, what: string): void {
  assert.equal(actual.dtype, expected.dtype, `${what}: type`);
  assert.deepEqual([...actual.shape], [...expected.shape], `${what}: shape`);
  assert.equal(actual.data.length, expected.data.length, `${what}: number of values`);
  const difference = relativeDifference(actual, expected);
  const allowed = expected.dtype === 'float32' ? tolerance : 0;
  assert.ok(difference <= allowed, `${what}: differs by ${difference}, allowed ${allowed}`);
}

export function assertAllClose(actual: HostTensors, expected: HostTensors, tolerance: number): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) assertClose(actual[name], tensor, tolerance, name);
}
