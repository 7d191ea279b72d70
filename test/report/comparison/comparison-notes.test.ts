/** @file What many comparisons together leave of single p-values. */
import assert from 'node:assert/strict';
import { manyComparisons } from '../../../src/report/comparison/comparison-notes.js';

describe('a note on several comparisons', () => {
  const said = (...upheld: string[]) => manyComparisons(upheld, 3, true)[0];

  it('says whose EER differs by Holm’s procedure, and “only” where it is not all', () => {
    assert.match(said(), /Of all 3 together \(Holm's procedure\), no EER differs from the baseline's\.$/);
    assert.match(said('a'), /, only the EER of a differs from the baseline's\.$/);
    assert.match(said('a', 'b'), /, only the EERs of a, b differ from the baseline's\.$/);
    assert.match(said('a', 'b', 'c'), /, every EER differs from the baseline's\.$/);
  });

  it('is not there for a single comparison, or without intervals', () => {
    assert.deepEqual(manyComparisons(['a'], 1, true), []);
    assert.deepEqual(manyComparisons([], 3, false), []);
  });
});
