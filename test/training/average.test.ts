/** @file Model averaging against SpeechBrain's and WeSpeaker's, and the treatments of BatchNorm statistics. */
import assert from 'node:assert/strict';
import { float32, int32, type HostTensors } from '../../src/engine/program/host-tensor.js';
import { UserError } from '../../src/errors.js';
import { readSafetensors } from '../../src/storage/safetensors.js';
import { averageModels } from '../../src/training/average.js';

const FIXTURE = new URL('../../../test/fixtures/train_bits/ckpt_average.safetensors', import.meta.url).pathname;

describe('average', () => {
  const stored = readSafetensors(FIXTURE);
  const model = (prefix: string): HostTensors =>
    Object.fromEntries(
      Object.keys(stored)
        .filter((name) => name.startsWith(`${prefix}/`))
        .map((name) => [name.slice(prefix.length + 1), stored[name]]),
    );
  const models = [0, 1, 2].map((i) => ({ name: `ckpt${i}`, tensors: model(`ckpt${i}`) }));

  for (const toolkit of ['sb', 'wespeaker']) {
    it(`gives the averages of ${toolkit}, with its counters cut to whole numbers as loading does`, () => {
      const expected = model(`avg_${toolkit}`);
      const average = averageModels(models);
      assert.deepEqual(Object.keys(average).toSorted(), Object.keys(expected).toSorted());
      for (const [name, { dtype, shape, data }] of Object.entries(average)) {
        assert.deepEqual(shape, expected[name].shape, name);
        if (name.endsWith('num_batches_tracked')) {
          assert.equal(dtype, 'int32');
          assert.equal(data[0], Math.trunc(expected[name].data[0]));
          continue;
        }
        // 1e-7: the toolkits add up in float32, here in float64.
        for (const [i, value] of data.entries()) assert.ok(Math.abs(value - expected[name].data[i]) <= 1e-7, name);
      }
    });
  }

  it("keeps the last model's running statistics", () => {
    const last = averageModels(models, { batchNorm: 'last' });
    assert.deepEqual(last['1.running_var'], models[2].tensors['1.running_var']);
    assert.equal(last['1.num_batches_tracked'].data[0], 11);
    assert.deepEqual(last['0.weight'], averageModels(models)['0.weight']);
  });

  it('refuses models of different tensors and names them', () => {
    const a = { name: 'a', tensors: { w: float32([2]), b: float32([1]) } };
    const b = { name: 'b', tensors: { w: float32([1, 2]), c: int32([1], Int32Array.of(1)) } };
    assert.throws(
      () => averageModels([a, b]),
      (error: unknown) =>
        error instanceof UserError &&
        error.message.includes('w: float32 [2] against float32 [1,2]') &&
        error.message.includes('b: float32 [1] against absent') &&
        error.message.includes('c: absent against int32 [1]'),
    );
  });
});
