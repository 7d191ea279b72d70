/** @file The transforms in lanes against their definition, at lengths with all kinds of factors. */
import assert from 'node:assert/strict';
import { assembleModule } from '../../../../src/wasm/assembler.js';
import { fourierKernel } from '../../../../src/features/fbank/wasm/fourier-kernel.js';
import { instantiate } from '../../../../src/wasm/instantiate.js';
import { createMemoryLayout } from '../../../../src/wasm/memory-layout.js';
import { keyedRandom } from '../../../../src/random.js';

/** The transform of signals[lane], values re and im by turns. */
function plan(n: number): (signals: Float32Array[]) => Float32Array[] {
  const layout = createMemoryLayout();
  const { input, output, source } = fourierKernel(n, layout);
  const { memory, run } = instantiate(assembleModule([{ ...source, exported: 'run' }], layout.bytes()));
  layout.fill(memory);
  const [from, to] = [input, output].map((address) => new Float32Array(memory, address, 8 * n));
  return (signals) => {
    signals.forEach((signal, lane) => signal.forEach((value, i) => (from[4 * i + lane] = value)));
    run();
    return signals.map((_, lane) => Float32Array.from({ length: 2 * n }, (__, i) => to[4 * i + lane]));
  };
}

describe('features/wasm/fourier-kernel', () => {
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 25, 32, 49, 60, 100, 128, 200, 240, 256, 401, 512]) {
    const random = keyedRandom('lanes', n);
    const signals = Array.from({ length: 4 }, () => Float32Array.from({ length: 2 * n }, () => random.normal()));

    it(`gives the sum that defines it for n = ${n}, in each lane`, () => {
      const transform = plan(n);
      transform(signals.map((signal) => signal.toReversed())); // What a call leaves behind must not matter.
      const results = transform(signals);
      // float32's rounding grows with the logarithm of n, for primes with n; values are of the order of √n.
      const tolerance = 2 ** -23 * Math.sqrt(n) * (n === 401 ? 40 : 8);
      for (let lane = 0; lane < 4; lane++) {
        for (let k = 0; k < n; k++) {
          const [re, im] = sumAt(signals[lane], k);
          const away = Math.max(Math.abs(results[lane][2 * k] - re), Math.abs(results[lane][2 * k + 1] - im));
          assert.ok(away < tolerance, `lane ${lane}, bin ${k}: ${away}`);
        }
      }
    });

    it(`gives the same bits for n = ${n} in any lane, whatever is in the others`, () => {
      const transform = plan(n);
      const [expected] = transform(signals);
      const wild = [NaN, Infinity, 1e30].map((value) => new Float32Array(2 * n).fill(value));
      for (let lane = 0; lane < 4; lane++) {
        const mixed = wild.toSpliced(lane, 0, signals[0]);
        assert.deepEqual(transform(mixed)[lane], expected);
      }
    });
  }
});

function sumAt(x: Float32Array, k: number): [number, number] {
  const n = x.length / 2;
  let [re, im] = [0, 0];
  for (let t = 0; t < n; t++) {
    const angle = (-2 * Math.PI * ((k * t) % n)) / n;
    re += x[2 * t] * Math.cos(angle) - x[2 * t + 1] * Math.sin(angle);
    im += x[2 * t] * Math.sin(angle) + x[2 * t + 1] * Math.cos(angle);
  }
  return [re, im];
}
