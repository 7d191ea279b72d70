/** @file A system as a comparison has it, for tests of what is made of comparisons. */
import type { ComparedSystem } from '../../../src/report/comparison/comparison.js';

/** EER 10 %, one run, of which nothing else is known. */
export function systemWith(name: string, figures: Partial<ComparedSystem>): ComparedSystem {
  const measures = { eer: 0.1, minDcf: 0.4, minDcf005: 0.2, minDcf0001: 0.5, minCllr: 0.3 };
  return { name, ...measures, runs: [{ name, ...measures, ...figures, threshold: 0.3 }], ...figures };
}
