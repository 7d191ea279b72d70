/** @file RTTM: the turns that it says, and lines that say none. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRttm } from '../../../src/corpus/manifest/rttm.js';

describe('RTTM', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-rttm-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  const read = (text: string) => {
    const path = join(work, 'x.rttm');
    writeFileSync(path, text);
    return readRttm(path);
  };

  it('is read: turns with speakers, turns of a detector of speech, other lines', () => {
    const turns = read(
      ';; made by hand\nSPKR-INFO a 1 <NA> <NA> <NA> adult_male ada <NA>\nSPEAKER a 1 0.50 2.25 <NA> <NA> ada <NA> <NA>\n' +
        'LEXEME a 1 0.5 0.2 yes lex ada 0.9\n\nSPEAKER b 1 0 1 <NA> <NA> <NA> <NA>\nSPEAKER b 1 3 1\n',
    );
    assert.deepEqual(turns, [
      { recording: 'a', start: 0.5, end: 2.75, speaker: 'ada', line: 3 },
      { recording: 'b', start: 0, end: 1, line: 6 },
      { recording: 'b', start: 3, end: 4, line: 7 },
    ]);
  });

  for (const [title, text, message] of [
    ['no duration', 'SPEAKER a 1 0.5\n', /x\.rttm:1: expected SPEAKER recording channel onset duration/],
    ['a duration of nothing', 'SPEAKER a 1 0.5 0 <NA>\n', /x\.rttm:1: .*a duration above 0/],
    ['a word for a number', 'SPEAKER a 1 now 2 <NA>\n', /x\.rttm:1: expected/],
    ['a time before the recording', 'SPEAKER a 1 -1 2 <NA>\n', /x\.rttm:1: .*an onset from 0/],
    ['no turns', ';; nothing\n', /x\.rttm: expected lines of SPEAKER .*, got none/],
  ] as const) {
    it(`is refused: ${title}`, () => assert.throws(() => read(text), { name: 'UserError', message }));
  }
});
