/** @file One test a case: a loss of the registry, on both CPU engines, against a reference and its numeric gradients. */
import assert from 'node:assert/strict';
import { lossInputs, lossOnEngine, numericGradients, type ReferenceLoss } from './references.js';

export interface LossCase {
  title: string;
  options: Record<string, unknown>;
  reference: ReferenceLoss;
  /** Weight vectors a class, and values of the bias where there is one. */
  centers?: number;
  biases?: number;
}

const MARGINS = [0, 0.1, 0.35];

export function itAgrees({ title, options, reference, centers, biases = 0 }: LossCase): void {
  for (const engine of ['reference', 'onnx'] as const) {
    it(`${title}: loss and gradients are those of the formula (${engine})`, async () => {
      const inputs = lossInputs({ centers, biases });
      const results = await lossOnEngine(engine, options, inputs, MARGINS);
      for (const [i, margin] of MARGINS.entries()) {
        const expected = reference(inputs, margin);
        const { loss, gradients } = results[i];
        assert.ok(Math.abs(loss / expected - 1) < 1e-5, `loss ${loss}, expected ${expected} at margin ${margin}`);
        const numeric = numericGradients(reference, inputs, margin);
        assert.equal(gradients.length, numeric.length);
        // float32 keeps 7 digits; near cosines of ±1 the sine, √(1 − cos²), has lost two of them.
        const largest = Math.max(...numeric.map(Math.abs));
        const worst = Math.max(...numeric.map((value, k) => Math.abs(value - gradients[k])));
        assert.ok(worst < 2e-4 * largest, `gradients off by ${worst} of ${largest} at margin ${margin}`);
      }
    });
  }
}
