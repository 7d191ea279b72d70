import assert from 'node:assert/strict';
import { wrap } from '../../../src/report/text/wrap.js';

describe('wrap', () => {
  it('breaks at spaces, and indents what follows under the first word', () => {
    assert.equal(wrap('one two three four', { first: '- ', width: 10 }), '- one two\n  three\n  four\n');
  });

  it('leaves a word whole that is longer than a line', () => {
    assert.equal(wrap('a abcdefghij b', { width: 6 }), 'a\nabcdefghij\nb\n');
  });

  it('counts the cells of wide characters', () => {
    assert.equal(wrap('話者 照合', { width: 8 }), '話者\n照合\n');
  });
});
