/** @file Lists without labels: the forms of evaluations, told from labelled ones, and what is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readTrialPairs } from '../../../src/corpus/trials/trial-pairs.js';

describe('trial lists whose labels may be missing', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-pairs-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  const read = (text: string, name = 'list.txt') => {
    const path = join(work, name);
    writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
    return readTrialPairs(path);
  };
  const two = [
    { enroll: 'a', test: 'b' },
    { enroll: 'c', test: 'd' },
  ];

  for (const [title, text, ignored] of [
    ['two fields a line', 'a b\nc d\n', []],
    ['two fields with blank lines and other line ends', '\n a\tb \r\n\r\nc\td', []],
    ['commas', 'a,b\nc, d\n', []],
    ['a table of NIST SRE', 'modelid\tsegmentid\tside\na\tb\ta\nc\td\ta\n', ['side']],
    ['a table with columns in another order', 'test enroll\nb a\nd c\n', []],
    ['a table by commas', 'enrollment,test,duration\na,b,3\nc,d,4\n', ['duration']],
  ] as const) {
    it(`are read without labels: ${title}`, () => {
      const { pairs, labels, ignored: left } = read(text);
      assert.deepEqual(pairs, two);
      assert.equal(labels, undefined);
      assert.deepEqual(left, ignored);
    });
  }

  for (const [title, text] of [
    ['Kaldi', 'a b target\nc d nontarget\n'],
    ['VoxCeleb', '1 a b\n0 c d\n'],
    ['a table', 'enroll\ttest\tlabel\na\tb\t1\nc\td\t0\n'],
    ['a table of keys', 'modelid\tsegmentid\tside\ttargettype\na\tb\ta\ttarget\nc\td\ta\tnontarget\n'],
  ]) {
    it(`are read with labels: ${title}`, () => {
      const { pairs, labels } = read(text);
      assert.deepEqual(pairs, two);
      assert.deepEqual([...labels!], [1, 0]);
    });
  }

  it('may be compressed', () => assert.deepEqual(read('a b\nc d\n', 'list.gz').pairs, two));

  for (const [title, text, message] of [
    ['nothing', '\n\n', /list\.txt: expected trials .*, got an empty file/],
    ['a first line alone', 'modelid segmentid\n', /expected trials after the first line, got none/],
    ['a line of three', 'a b\nc d e\n', /list\.txt:2: expected 2 fields \(enroll test\), got 3: "c d e"/],
    ['an empty field', 'a,b\nc,\n', /list\.txt:2: expected 2 fields \(enroll test\), got an empty one/],
    ['white space in an id', 'a,b c\n', /list\.txt:1: expected ids without white space, got "b c"/],
    ['one field', 'a\nb\n', /list\.txt:1: expected 3 fields/],
    ['a pair with two labels', 'a b 1\nc d 0\na b 0\n', /list\.txt:3: a b is nontarget here and target on line 1/],
  ] as const) {
    it(`are refused: ${title}`, () => assert.throws(() => read(text), message));
  }
});
