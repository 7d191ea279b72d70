/** @file The logarithm against Math.log, over the range of energies and around 1. */
import assert from 'node:assert/strict';
import { logarithm } from '../../../../src/features/fbank/wasm/logarithm.js';
import { keyedRandom } from '../../../../src/random.js';
import { evaluate } from '../../../wasm/run-code.js';

const random = keyedRandom('logarithm');
const values = Float32Array.from({ length: 2000 }, (_, i) =>
  i < 1000 ? Math.exp(60 * random.uniform() - 30) : 0.6 + random.uniform(),
);
values.set([1, 2 ** -23, 2 ** -126, 3e38, Math.SQRT1_2, Math.SQRT2, 1 - 2 ** -24, 1 + 2 ** -23]);

describe('features/wasm/logarithm', () => {
  for (const scale of [1, 10 / Math.LN10]) {
    it(`is within four units in the last place of ${scale.toPrecision(3)} · ln x`, () => {
      for (let at = 0; at < values.length; at += 4) {
        const x = values.slice(at, at + 4);
        const got = new Float32Array(evaluate(x, (body, [operand]) => logarithm(body, operand, scale)));
        x.forEach((value, lane) => {
          const expected = scale * Math.log(value);
          const unit = 2 ** (Math.floor(Math.log2(Math.abs(expected))) - 23);
          assert.ok(Math.abs(got[lane] - expected) <= 4 * unit, `ln ${value}: ${got[lane]}, not ${expected}`);
        });
      }
    });
  }
});
