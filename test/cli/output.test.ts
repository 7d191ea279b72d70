/** @file How long something will take, as progress bars say it, and text that cannot command a terminal. */
import assert from 'node:assert/strict';
import { formatTimeLeft, withoutControls } from '../../src/cli/output.js';

describe('cli/output', () => {
  it('says the time left in its two largest units, and nothing that it does not know', () => {
    const texts = [0, 12.4, 60, 185, 3599, 3600, 3725, 90000].map(formatTimeLeft);
    assert.deepEqual(texts, ['0s', '12s', '1m00s', '3m05s', '59m59s', '1h00m', '1h02m', '25h00m']);
    assert.deepEqual(['0', 'INF', 'NULL'].map(formatTimeLeft), ['?', '?', '?']);
  });

  it('shows control characters and those that turn the direction of writing, rather than sending them', () => {
    assert.equal(withoutControls('a\u001b]0;x\u0007b\r\u007f\u009b2J'), 'a\\u001b]0;x\\u0007b\\u000d\\u007f\\u009b2J');
    assert.equal(withoutControls('\u202egnp.\u2066x\u200f'), '\\u202egnp.\\u2066x\\u200f');
    assert.equal(withoutControls('é 語 \t | ✖\n'), 'é 語 \t | ✖\n');
    const json = JSON.stringify({ id: 'a\u009b\u202e' });
    assert.deepEqual(JSON.parse(withoutControls(json)), JSON.parse(json));
  });
});
