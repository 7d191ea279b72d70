import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trial } from '../../../src/corpus/trials/trials.js';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import {
  joinScores,
  readScores,
  type ScoreTable,
  writeScores,
  writeScoresCsv,
} from '../../../src/scoring/scores/scores-file.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';

describe('scores-file', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-scores-'));
    path = join(dir, 'scores.txt');
  });
  after(() => rmSync(dir, { recursive: true }));

  const trial = (enroll: string, test: string, target: boolean): Trial => ({ enroll, test, target });
  const rowsOf = ({ ids, enroll, test, scores, labels }: ScoreTable) =>
    Array.from(scores, (score, i) => ({
      enroll: ids[enroll[i]],
      test: ids[test[i]],
      score,
      ...(labels && { target: labels[i] === 1 }),
    }));
  const trials = [trial('a', 'b', true), trial('a', 'c', false), trial('ü,"', 'c', false)];

  it('reads back exactly what was written', () => {
    const scores = [0.1 + 0.2, -1e-9, Math.fround(0.7)];
    writeScores(path, trials, scores);
    assert.deepEqual(
      rowsOf(readScores(path)),
      trials.map(({ enroll, test }, i) => ({ enroll, test, score: scores[i] })),
    );
    assert.equal(readFileSync(path, 'utf8').split('\n')[1], 'a c -1e-9');
  });

  it('writes a table with labels, quoted where needed', () => {
    const csv = join(dir, 'scores.csv');
    writeScoresCsv(csv, trials, [1, 0.5, -0.25]);
    const expected = 'enroll,test,label,score\na,b,target,1\na,c,nontarget,0.5\n"ü,""",c,nontarget,-0.25\n';
    assert.equal(readFileSync(csv, 'utf8'), expected);
    assert.deepEqual(
      rowsOf(readScores(csv)),
      trials.map((each, i) => ({ ...each, score: [1, 0.5, -0.25][i] })),
    );
    const blind = [{ enroll: '-a', test: 'b' }];
    writeScoresCsv(csv, blind, [-1]);
    assert.deepEqual(rowsOf(readScores(csv)), [{ ...blind[0], score: -1 }]);
  });

  it('keeps every line of files larger than its buffers', () => {
    const many = Array.from({ length: 70_000 }, (_, i) => trial(`enrolé-${i}`, `test-${i}`, i % 2 === 0));
    const scores = many.map((_, i) => i / 7);
    writeScores(path, many, scores);
    const read = rowsOf(readScores(path));
    assert.equal(read.length, many.length);
    assert.ok(read.every(({ enroll, score }, i) => enroll === many[i].enroll && score === scores[i]));
  });

  it('accepts Windows line ends, a byte-order mark, tabs, empty lines and a missing last line end', () => {
    writeFileSync(path, '\uFEFFa\tb  0.5\r\n\r\na c -1e-3');
    assert.deepEqual(rowsOf(readScores(path)), [
      { enroll: 'a', test: 'b', score: 0.5 },
      { enroll: 'a', test: 'c', score: -1e-3 },
    ]);
  });

  it('understands labels in a fourth field', () => {
    writeFileSync(path, 'a b 1 target\na c 0 nontarget\n');
    assert.deepEqual(
      rowsOf(readScores(path)).map(({ target }) => target),
      [true, false],
    );
  });

  it('understands the score first, and labels in any of the usual places', () => {
    const expected = [0.5, -Infinity, 1].map((score, i) => ({ enroll: 'a', test: 'bcd'[i], score, target: i === 0 }));
    const files = {
      'SpeechBrain: enroll test label score': 'a b 1 0.5\na c 0 -inf\na d 0 1\n',
      'enroll test label score, in words': 'a b target 0.5\na c nontarget -Infinity\na d nontarget 1\n',
      'enroll test score label': 'a b 0.5 1\na c -INF 0\na d 1 0\n',
      'label enroll test score': '1 a b 0.5\n0 a c -inf\n0 a d 1\n',
      'score enroll test label': '0.5 a b target\n-inf a c nontarget\n1 a d nontarget\n',
    };
    for (const [order, text] of Object.entries(files)) {
      writeFileSync(path, text);
      assert.deepEqual(rowsOf(readScores(path)), expected, order);
    }
    writeFileSync(path, '0.5 a b\n-2 a c\n');
    assert.deepEqual(rowsOf(readScores(path)), [
      { enroll: 'a', test: 'b', score: 0.5 },
      { enroll: 'a', test: 'c', score: -2 },
    ]);
  });

  it('tells ids that are numbers from scores', () => {
    const expected = [0.5, -2.25, 1].map((score, i) => ({
      enroll: '1001',
      test: `${5122 + i}`,
      score,
      target: i === 0,
    }));
    const files = {
      'score enroll test label': '0.5 1001 5122 target\n-2.25 1001 5123 nontarget\n1 1001 5124 nontarget\n',
      'enroll test score label': '1001 5122 0.5 1\n1001 5123 -2.25 0\n1001 5124 1 0\n',
      'label enroll test score': '1 1001 5122 0.5\n0 1001 5123 -2.25\n0 1001 5124 1\n',
      'enroll test label score': '1001 5122 1 0.5\n1001 5123 0 -2.25\n1001 5124 0 1\n',
    };
    for (const [order, text] of Object.entries(files)) {
      writeFileSync(path, text);
      assert.deepEqual(rowsOf(readScores(path)), expected, order);
    }
    writeFileSync(path, '3 1001 1002\n0.83 1001 1003\n');
    assert.deepEqual(rowsOf(readScores(path)), [
      { enroll: '1001', test: '1002', score: 3 },
      { enroll: '1001', test: '1003', score: 0.83 },
    ]);
    for (const text of ['1 2 3.0\n4 5 6.0\n', '5 17 -183\n5 18 2\n', '1.5 7 1\n2.5 8 0.9\n'])
      assert.equal((writeFileSync(path, text), rowsOf(readScores(path)))[0].enroll, text.split(' ')[0], text);
    writeFileSync(path, '0.1 0.5 -0.3490 target\n0.1 0.6 -0.5 nontarget\n');
    assert.deepEqual(
      rowsOf(readScores(path)).map(({ test, score }) => [test, score]),
      [
        ['0.5', -0.349],
        ['0.6', -0.5],
      ],
    );
    writeFileSync(path, 'enroll,test,score\n1.5,7,1\n2.5,8,0.9\n');
    assert.deepEqual(rowsOf(readScores(path))[0], { enroll: '1.5', test: '7', score: 1 });
    writeFileSync(path, 'enroll,test,label,score\n7,8,1,1\n7,9,0,0\n');
    assert.deepEqual(rowsOf(readScores(path))[1], { enroll: '7', test: '9', score: 0, target: false });
    writeFileSync(path, '1001 1002 -3\n1001 1003 1e-3\n');
    assert.deepEqual(
      rowsOf(readScores(path)).map(({ score }) => score),
      [-3, 1e-3],
    );
  });

  const malformed: [string, string, RegExp][] = [
    ['numbers of which any may be the score', '3 1001 1002\n4 1001 1003\n', /:1: is this enroll test score, or score/],
    ['a label that is none', 'enroll,test,label,score\na,b,x,0.5\n', /:2: expected a number as the score and a label/],
    ['a header alone', 'enroll,test,score\n', /got an empty file/],
    ['an empty score', 'enroll,test,label,score\na,b,target,0.5\nc,d,nontarget,\n', /:3: expected a number as the sc/],
    ['a score in another base', 'a b 0.5\na c 0x10\n', /:2: expected a number as the score, got "a c 0x10"/],
    ['a score beyond all numbers', 'a b 0.5\na c 1e999\n', /:2: expected a number as the score/],
    ['too few fields', 'a b 1\na b\n', /:2: expected 3 fields \(enroll test score\), got 2: "a b"$/],
    ['a label in one line only', 'a b 1\na c 1 target\n', /:2: expected 3 fields/],
    [
      'a score that is no number',
      'a b x\n',
      /:1: expected a number as the score, got "a b x"\nThe order of fields may be enroll test score, /,
    ],
    ['a score that is NaN', '\na b nan\n', /:2: expected a number as the score, got "a b nan"/],
    ['an unknown label', 'a b 1 yes\n', /:1: expected a number as the score, got "a b 1 yes"/],
    [
      'a label of another kind',
      'a b 0.5 1\na c 0.5 2\n',
      /:2: expected target, nontarget, 1 or 0 in the third or the fourth field/,
    ],
    ['words in both fields', 'a b target target\n', /:1: expected a number as the score, got a label/],
    ['words between scores', 'a b 0.5 target\na c 0.5 0.7\n', /:2: expected target, nontarget, 1 or 0 in the fourth/],
    ['no labels at all', 'a b 0.5 0.7\n', /:1: expected target, nontarget, 1 or 0 in the third or the fourth field/],
    ['labels that may be scores', 'a b 1 0\na c 0 1\n', /: which field is the label\? The third and the fourth/],
    ['an empty file', '\n', /expected scores \(enroll test score\), got an empty file/],
  ];
  for (const [what, text, message] of malformed) {
    it(`refuses ${what} with file and line`, () => {
      writeFileSync(path, text);
      assert.throws(
        () => readScores(path),
        (error) => error instanceof UserError && error.message.startsWith(path) && message.test(error.message),
      );
    });
  }

  it('names a file that is not there', () => {
    assert.throws(
      () => readScores(join(dir, 'none.txt')),
      /none\.txt: cannot read the scores: there is no such file or folder/,
    );
  });

  it('refuses ids that would break the lines, and leaves no file behind', () => {
    const broken = join(dir, 'broken.txt');
    assert.throws(() => writeScores(broken, [trial('a', 'b', true), trial('a b', 'c', true)], [0, 1]), /the id "a b"/);
    assert.equal(readdirSync(dir).filter((name) => name.includes('broken')).length, 0);
  });

  describe('joined with trials', () => {
    const scored = (enroll: string, test: string, score: number, target?: boolean) => ({ enroll, test, score, target });
    const join = (rows: ReturnType<typeof scored>[], list: Trial[], where?: string) => {
      const { labels, ...pairs } = tableOfTrials(rows.map(({ target = false, ...row }) => ({ ...row, target })));
      const known = rows[0].target !== undefined;
      const table = { ...pairs, scores: Float64Array.from(rows, ({ score }) => score), ...(known && { labels }) };
      return [...joinScores(table, tableOfTrials(list), where)];
    };

    it('gives scores in the order of the trials, whatever their own', () => {
      const many = Array.from({ length: 100 }, (_, i) => trial(`e${i % 10}`, `t${i}`, false));
      const order = keyedRandom('join').shuffle(many.map((_, i) => i));
      const shuffled = order.map((i) => scored(many[i].enroll, many[i].test, i));
      assert.deepEqual(join(shuffled, many), [...many.keys()]);
      const sameOrder = many.map(({ enroll, test }, i) => scored(enroll, test, i));
      assert.deepEqual(join(sameOrder, many), [...many.keys()]);
    });

    it('takes a repeated trial as often as it is listed', () => {
      const repeated = [trials[0], trials[1], trials[0]];
      const scores = [scored('a', 'c', 2), scored('a', 'b', 1), scored('a', 'b', 1)];
      assert.deepEqual(join(scores, repeated), [1, 2, 1]);
      assert.throws(() => join(scores.slice(0, 2), repeated), /1 pair listed more often than scored: a b/);
      assert.throws(
        () => join([...scores, scored('a', 'c', 2)], repeated),
        /1 pair scored more often than listed: a c/,
      );
    });

    it('names trials without score and scores without trial, with their numbers', () => {
      const scores = [scored('a', 'b', 1), scored('b', 'a', 1), scored('z', 'z', 1)];
      assert.throws(
        () => join(scores, trials, 'x.txt'),
        /^UserError: x\.txt: 2 of 3 trials have no score: a c, ü," c\n2 of 3 scores have no trial: b a, z z$/,
      );
    });

    it('refuses two scores for one pair and labels that contradict', () => {
      const pair = [trials[0], trials[1]];
      assert.throws(() => join([scored('a', 'b', 1), scored('a', 'b', 2)], pair), /two scores for a b: 1 and 2/);
      const wrong = [scored('a', 'c', 1, false), scored('a', 'b', 1, false)];
      assert.throws(() => join(wrong, pair), /1 labels differ from the trials': a b/);
    });
  });
});
