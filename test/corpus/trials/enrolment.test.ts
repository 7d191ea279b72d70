/** @file Enrolment maps: read, written, found beside their list, and refused where they do not fit. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkEnrolment,
  enrolmentPathOf,
  findEnrolment,
  readEnrolment,
  utterancesOfTrials,
  writeEnrolment,
} from '../../../src/corpus/trials/enrolment.js';

describe('enrolment', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'enrolment-'));
    path = join(dir, 'enroll.map');
  });
  after(() => rmSync(dir, { recursive: true }));

  const map = new Map([
    ['m1', ['a', 'b']],
    ['m2', ['c']],
  ]);
  const trials = [
    { enroll: 'm1', test: 'x', target: true },
    { enroll: 'm1', test: 'y', target: false },
  ];

  it('writes what it reads', () => {
    writeEnrolment(path, map);
    assert.equal(readFileSync(path, 'utf8'), 'm1 a b\nm2 c\n');
    assert.deepEqual(readEnrolment(path), map);
  });

  it('reads tables of models and segments, as NIST hands them out', () => {
    writeFileSync(path, 'modelid\tsegmentid\tside\nm1\ta\ta\nm2\tc\ta\nm1\tb\ta\n');
    assert.deepEqual(readEnrolment(path), map);
  });

  const mistakes: [what: string, text: string, message: RegExp][] = [
    ['a model without utterances', 'm1 a\nm2\n', /enroll\.map:2: expected a model and its utterances/],
    ['a model that is listed twice', 'm1 a\nm2 b\nm1 c\n', /enroll\.map:3: model m1 is on line 1 already/],
    ['an utterance that is listed twice', 'm1 a b a\n', /enroll\.map:1: model m1 names utterance a twice/],
    ['a table with a hole', 'modelid segmentid\nm1\n', /enroll\.map:2: .*got an empty field/],
    ['a table that repeats itself', 'modelid,segmentid\nm1,a\nm1,a\n', /:3: model m1 names utterance a twice/],
    ['an empty map', '\n', /expected models \(model utt1 utt2 …\), got an empty file/],
  ];
  for (const [what, text, message] of mistakes) {
    it(`refuses ${what}`, () => {
      writeFileSync(path, text);
      assert.throws(() => readEnrolment(path), { name: 'UserError', message });
    });
  }

  it('has its place beside the list', () => {
    assert.equal(enrolmentPathOf('x/trials.txt'), 'x/enroll.map');
    assert.equal(enrolmentPathOf('x/dev-trials.txt.gz'), 'x/dev-enroll.map');
    assert.equal(enrolmentPathOf('veri.txt'), 'veri.enroll.map');
  });

  it('is taken from beside the list only where it has all of its models', () => {
    writeEnrolment(path, map);
    const list = join(dir, 'trials.txt');
    assert.deepEqual(findEnrolment(list, trials), { path, enrolment: map });
    const others = [...trials, { enroll: 'q', test: 'x', target: true }];
    assert.equal(findEnrolment(list, others), undefined);
    assert.throws(() => findEnrolment(list, others, path), /1 models of .*trials\.txt are not in the map: q/);
    assert.equal(findEnrolment(join(dir, 'other.txt'), trials), undefined);
  });

  it('says which utterances the trials need, and which the manifest lacks', () => {
    assert.deepEqual([...utterancesOfTrials(trials, map)].sort(), ['a', 'b', 'x', 'y']);
    assert.deepEqual([...utterancesOfTrials(trials)].sort(), ['m1', 'x', 'y']);
    assert.throws(
      () => checkEnrolment(map, new Set(['a', 'b']), 'map'),
      /map: 1 enrolment utterance is not in the manifest:\n {2}model m2: c/,
    );
  });
});
