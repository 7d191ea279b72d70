/** @file Whole numbers on the command line: what is one, and what is refused with the flag and the bounds. */
import assert from 'node:assert/strict';
import { wholeNumber } from '../../src/cli/number-flag.js';

describe('a whole number on the command line', () => {
  it('is digits, within bounds that count', () => {
    assert.equal(wholeNumber('--n', '12'), 12);
    assert.equal(wholeNumber('--n', ' 1 '), 1);
    assert.equal(wholeNumber('--n', '0', { from: 0 }), 0);
    assert.equal(wholeNumber('--n', '9007199254740991'), Number.MAX_SAFE_INTEGER);
    assert.equal(wholeNumber('--n', '8', { to: 8 }), 8);
    assert.equal(wholeNumber('--n', undefined), undefined);
  });

  for (const text of ['', '0', '-1', '1e3', '0x10', '1.0', '1.5', 'x', 'Infinity']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      const message = `--n: expected a whole number from 1, got ${JSON.stringify(text)}`;
      assert.throws(() => wholeNumber('--n', text), { name: 'UserError', message });
    });
  }

  it('is not more than what can be held exactly, or than the flag takes', () => {
    assert.throws(() => wholeNumber('--n', '99999999999999999999'), /from 1 to 9007199254740991, got "9{20}"/);
    assert.throws(() => wholeNumber('--n', '9007199254740992'), /from 1 to 9007199254740991/);
    assert.throws(() => wholeNumber('--n', '9', { to: 8 }), /from 1 to 8, got "9"/);
  });
});
