import assert from 'node:assert/strict';
import { endOf, lastOf, startOf, withoutMiddle } from '../../../src/report/figures/fitted-text.js';

describe('a text in little room', () => {
  it('stays whole where it fits, and else keeps its beginning, its end, or both', () => {
    // 60 pixels at size 10: 10 characters.
    assert.equal(startOf('0123456789', 60, 10), '0123456789');
    assert.equal(startOf('0123456789a', 60, 10), '012345678…');
    assert.equal(endOf('0123456789a', 60, 10), '…23456789a');
    assert.equal(withoutMiddle('0123456789a', 60, 10), '012…56789a');
    assert.deepEqual([lastOf('abcd', 4), lastOf('abcde', 4)], ['abcd', '…cde']);
  });
});
