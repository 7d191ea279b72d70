/** @file What a terminal is shown: progress bars, broken lines, and text that cannot command it. */
import assert from 'node:assert/strict';
import { barLine, formatTimeLeft, withoutControls, wrapLines } from '../../src/cli/output.js';

describe('cli/output', () => {
  it('says the time left in its two largest units, and nothing that it does not know', () => {
    const texts = [0, 12.4, 60, 185, 3599, 3600, 3725, 90000].map(formatTimeLeft);
    assert.deepEqual(texts, ['0s', '12s', '1m00s', '3m05s', '59m59s', '1h00m', '1h02m', '25h00m']);
    assert.deepEqual(['0', 'INF', 'NULL'].map(formatTimeLeft), ['?', '?', '?']);
  });

  it('keeps the time left in the bar: where room is short the bar shrinks, then the detail goes', () => {
    const state = { what: 'train', done: 1200, total: 2400, left: '3m05s', detail: '12.3 utt/s, 6500 x real time' };
    const wide = barLine(state, 120);
    assert.match(wide, /^ {2}train \[={20}-{20}\] 1200\/2400, 3m05s left, 12\.3 utt\/s, 6500 x real time$/);
    for (const columns of [80, 60, 40]) {
      const line = barLine(state, columns);
      assert.ok(line.length < columns, line);
      assert.match(line, /1200\/2400, 3m05s left/);
      assert.equal(/utt\/s/.test(line), columns >= 80);
    }
    assert.match(barLine({ ...state, done: 0, total: 0, detail: '' }, 80), /0\/0/);
  });

  it('breaks lines that are wider than the terminal at spaces, but no row of a table and no command', () => {
    const text = `  ${'word '.repeat(30).trim()}`;
    const lines = wrapLines(text, 40).split('\n');
    assert.ok(lines.length > 3 && lines.every((line) => line.length <= 40));
    assert.match(lines[0], /^ {2}word/);
    assert.ok(lines.slice(1).every((line) => line.startsWith('    word')));
    assert.equal(lines.map((line) => line.trim()).join(' '), text.trim());
    const row = `${'a'.repeat(30)}   ${'b'.repeat(30)}`;
    assert.equal(wrapLines(row, 40), row);
    const rule = `${'-'.repeat(30)}  ${'-'.repeat(30)}`;
    assert.equal(wrapLines(rule, 40), rule);
    const remedy = 'there is no averaged model yet; make it with: acanet average --recipe demo --model aca-net';
    assert.match(wrapLines(remedy, 40), /\n {2}acanet average --recipe demo --model aca-net$/);
    assert.equal(wrapLines('short\nlines', 40), 'short\nlines');
  });

  it('shows control characters and those that turn the direction of writing, rather than sending them', () => {
    assert.equal(withoutControls('a\u001b]0;x\u0007b\r\u007f\u009b2J'), 'a\\u001b]0;x\\u0007b\\u000d\\u007f\\u009b2J');
    assert.equal(withoutControls('\u202egnp.\u2066x\u200f'), '\\u202egnp.\\u2066x\\u200f');
    assert.equal(withoutControls('é 語 \t | ✖\n'), 'é 語 \t | ✖\n');
    const json = JSON.stringify({ id: 'a\u009b\u202e' });
    assert.deepEqual(JSON.parse(withoutControls(json)), JSON.parse(json));
  });
});
