import assert from 'node:assert/strict';
import {
  describeChance,
  describeChange,
  formatPValue,
  roundedSpeakers,
} from '../../../src/report/comparison/verdict-words.js';

describe('verdict-words', () => {
  it('writes a p-value on the side of 0.05 that it is on', () => {
    const written = [0.04998, 0.05, 0.0502, 0.0496, 0.09951, 0.2, 0.00099].map(formatPValue);
    assert.deepEqual(written, [
      'p = 0.04998',
      'p = 0.050',
      'p = 0.050',
      'p = 0.0496',
      'p = 0.10',
      'p = 0.20',
      'p < 0.001',
    ]);
  });

  it('says changes, chances and numbers of speakers as one would say them', () => {
    assert.deepEqual([-0.0521, 0.84, 0].map(describeChange), [
      '5.2 % fewer errors',
      '84 % more errors',
      'equally many errors',
    ]);
    assert.deepEqual([0.048, 0.0031, 0.0004].map(describeChance), [
      'in about 5 of 100 tests',
      'in about 3 of 1000 tests',
      'in fewer than 1 of 1000 tests',
    ]);
    assert.deepEqual([86, 8791, 123_456].map(roundedSpeakers), [
      'about 86 speakers',
      'about 8,800 speakers',
      'more than 100,000 speakers',
    ]);
  });
});
