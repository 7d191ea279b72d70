import assert from 'node:assert/strict';
import { studentCritical, studentTwoSided } from '../../../src/scoring/intervals/student-t.js';

describe("Student's t distribution", () => {
  // Tables of the distribution, as printed in textbooks (three decimals).
  const table: [freedom: number, confidence: number, t: number][] = [
    [1, 0.95, 12.706],
    [2, 0.95, 4.303],
    [4, 0.99, 4.604],
    [10, 0.95, 2.228],
    [39, 0.95, 2.023],
    [120, 0.9, 1.658],
    [Infinity, 0.95, 1.96],
  ];
  for (const [freedom, confidence, t] of table) {
    it(`exceeds ${t} with probability ${(1 - confidence).toFixed(2)} for ${freedom} degrees of freedom`, () => {
      assert.ok(Math.abs(studentCritical(confidence, freedom) - t) < 6e-4);
    });
  }

  it('has closed forms for 1 and 2 degrees of freedom', () => {
    for (const t of [0, 0.01, 0.5, 1, 3, 40, 1e4]) {
      const cauchy = 1 - (2 / Math.PI) * Math.atan(t);
      const two = 1 - t / Math.sqrt(2 + t * t);
      // `1 - …` loses digits in the tail, not the function.
      assert.ok(Math.abs(studentTwoSided(t, 1) - cauchy) < 1e-12, `t ${t}`);
      assert.ok(Math.abs(studentTwoSided(-t, 2) - two) < 1e-12, `t ${t}`);
    }
  });

  it('inverts itself between whole degrees of freedom', () => {
    for (const freedom of [0.7, 2.31, 17.5, 3e5]) {
      for (const confidence of [0.5, 0.95, 0.999]) {
        const back = studentTwoSided(studentCritical(confidence, freedom), freedom);
        assert.ok(Math.abs(back - (1 - confidence)) < 1e-9, `${freedom}, ${confidence}: ${back}`);
      }
    }
  });
});
