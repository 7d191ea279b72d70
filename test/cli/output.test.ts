/** @file How long something will take, as progress bars say it. */
import assert from 'node:assert/strict';
import { formatTimeLeft } from '../../src/cli/output.js';

describe('cli/output', () => {
  it('says the time left in its two largest units, and nothing that it does not know', () => {
    const texts = [0, 12.4, 60, 185, 3599, 3600, 3725, 90000].map(formatTimeLeft);
    assert.deepEqual(texts, ['0s', '12s', '1m00s', '3m05s', '59m59s', '1h00m', '1h02m', '25h00m']);
    assert.deepEqual(['0', 'INF', 'NULL'].map(formatTimeLeft), ['?', '?', '?']);
  });
});
