/** @file Trial lists: both formats, the exact errors, repeats, conflicts, unknown ids. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTrials, describeTrials, readTrials, writeTrials } from '../../../src/corpus/trials/trials.js';

describe('trials', () => {
  let dir: string;
  let path: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'trials-'))));
  after(() => rmSync(dir, { recursive: true }));
  beforeEach(() => (path = join(dir, 'trials.txt')));

  const read = (text: string) => {
    writeFileSync(path, text);
    return readTrials(path);
  };
  /** The error's text without the folder. */
  const errorOf = (text: string) => {
    try {
      read(text);
    } catch (error) {
      return (error as Error).message.replaceAll(`${dir}/`, '');
    }
    return 'no error';
  };

  const two = [
    { enroll: 'a', test: 'b', target: true },
    { enroll: 'a', test: 'c', target: false },
  ];
  const readable: [string, string][] = [
    ["Kaldi's format", 'a b target\na c nontarget\n'],
    ["VoxCeleb's format", '1 a b\n0 a c\n'],
    ['Windows line ends, blank lines, tabs and a byte-order mark', '\uFEFFa\tb  target\r\n\r\na c nontarget\r\n\n'],
    ['a file without a last line end', '1 a b\n0 a c'],
  ];
  for (const [what, text] of readable) it(`reads ${what}`, () => assert.deepEqual(read(text), two));

  it('lets unambiguous lines decide the format', () => {
    assert.deepEqual(read('1 b target\na c nontarget\n')[0], { enroll: '1', test: 'b', target: true });
    assert.deepEqual(read('1 b target\n0 a c\n')[0], { enroll: 'b', test: 'target', target: true });
  });

  const errors: [string, string, string][] = [
    [
      'a line of two fields',
      'a b target\n050a0501 051a010m\n',
      'trials.txt:2: expected 3 fields (enroll test label), got 2: "050a0501 051a010m"',
    ],
    [
      'an unknown label',
      'a b target\n\na c imposter\n',
      'trials.txt:3: expected "enroll test target|nontarget" as on line 1, got "a c imposter"\nMend or remove the line.',
    ],
    [
      'mixed formats',
      'a b target\n0 a c\n',
      'trials.txt:2: expected "enroll test target|nontarget" as on line 1, got "0 a c"\nA trial list has one format; convert one half.',
    ],
    ['an empty file', '\n', 'trials.txt: expected trials (enroll test target|nontarget), got an empty file'],
    [
      'a pair with two labels, in either order',
      'a b target\na c nontarget\nb a nontarget\n',
      'trials: 1 pair is both target and nontarget:\n  trials.txt:3: nontarget "b a" is target at trials.txt:1',
    ],
  ];
  for (const [what, text, message] of errors) it(`refuses ${what}`, () => assert.equal(errorOf(text), message));

  it('names a file that is not there', () => {
    assert.throws(() => readTrials(join(dir, 'none.txt')), {
      name: 'UserError',
      message: /none\.txt: cannot read the trial list/,
    });
  });

  it('writes what it reads', () => {
    writeTrials(path, two);
    assert.equal(readFileSync(path, 'utf8'), 'a b target\na c nontarget\n');
    assert.deepEqual(readTrials(path), two);
  });

  it('keeps and counts repeated trials and self-trials', () => {
    const trials = [...two, two[0], { enroll: 'a', test: 'a', target: true }];
    const summary = checkTrials(trials, new Set(['a', 'b', 'c']), 'x');
    assert.deepEqual(summary, { trials: 4, targets: 3, nontargets: 1, duplicates: 1, selfTrials: 1 });
    assert.equal(
      describeTrials(summary),
      '4 trials (3 target, 1 nontarget); 1 repeat an earlier one and count again; 1 compare an utterance with itself',
    );
  });

  it('says under which names the manifest has unknown ids', () => {
    const trials = [{ enroll: 'id1/v/1.wav', test: 'id2/v/1.wav', target: false }];
    assert.throws(
      () => checkTrials(trials, new Set(['id1/v/1.m4a', 'id2-v-1', 'x']), 'list'),
      /The manifest has other names: id1\/v\/1\.wav is "id1\/v\/1\.m4a", id2\/v\/1\.wav is "id2-v-1"\./,
    );
  });

  it('lists the first ten unknown ids and counts all', () => {
    const trials = [two[0], ...Array.from({ length: 12 }, (_, i) => ({ enroll: 'a', test: `x${i}`, target: false }))];
    assert.throws(() => checkTrials(trials, new Set(['a', 'b']), 'list'), {
      name: 'UserError',
      message:
        'list: 12 ids are not in the manifest: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, … and 2 more\n' +
        'First in trial 2 of 13: "a x0". Is this the trial list of this corpus?',
    });
  });
});
