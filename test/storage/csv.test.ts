import assert from 'node:assert/strict';
import { toCsv, withoutApostrophe } from '../../src/storage/csv.js';

describe('CSV tables', () => {
  it('keep text from being run as a formula, and numbers as they are', () => {
    const rows = [
      ['=HYPERLINK("http://x")', '@x', '+1-x', '-x', '－x'],
      [-0.5, '-0.5', '+3', '-1e-7', 'a-b'],
      ['', null, undefined, true, "it's"],
    ];
    assert.equal(toCsv(rows), `"'=HYPERLINK(""http://x"")",'@x,'+1-x,'-x,'－x\n-0.5,-0.5,+3,-1e-7,a-b\n,,,1,it's\n`);
    assert.equal(toCsv([{ id: '=1+1', score: -2 }], { header: true }), "id,score\n'=1+1,-2\n");
  });

  it('are read back as they were', () => {
    for (const field of ['=x', '-x', '@x', "'x", "it's", '', '-0.5']) {
      const [written] = toCsv([[field]]).split('\n');
      assert.equal(withoutApostrophe(written), field);
    }
  });
});
