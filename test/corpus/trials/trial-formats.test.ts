/** @file The five forms of trial lists: which is taken for which, and which are refused. */
import assert from 'node:assert/strict';
import { formatTrials, headerOf, parseTrials, trialFormats } from '../../../src/corpus/trials/trial-formats.js';
import type { Trial } from '../../../src/corpus/trials/trials.js';

function parse(text: string): { form: string; ignored: string[]; trials: Trial[]; places: number[] } {
  const lines = text.split('\n').map((line, index) => ({ text: line, number: index + 1 }));
  const parsed = parseTrials(lines, 'list');
  const trials: Trial[] = [];
  const places: number[] = [];
  for (let next = parsed.next(); ; next = parsed.next()) {
    if (next.done) return { ...next.value, trials, places };
    const { line, ...trial } = next.value;
    trials.push(trial);
    places.push(line);
  }
}

const two = [
  { enroll: 'a', test: 'b', target: true },
  { enroll: 'a', test: 'c', target: false },
];

describe('parseTrials', () => {
  const forms: [what: string, text: string, form: string][] = [
    ["Kaldi's form", 'a b target\na c nontarget', 'enroll test target|nontarget'],
    ["VoxCeleb's form", '1 a b\n0 a c', '1|0 enroll test'],
    ['digits after the ids', 'a b 1\na c 0', 'enroll test 1|0'],
    ['the first line of WSJ0-1talker', 'Enrollment Test Key\na b target\na c nontarget', 'Enrollment Test Key'],
    ['CSV', 'enroll,test,label\na,b,target\na,c,nontarget', 'enroll test label'],
    ['CSV of another order, with digits', 'Label, Enrol-ID, Test ID\n1, a, b\n0, a, c', 'Label Enrol-ID Test ID'],
    ['quoted CSV', '"enroll","test","label"\n"a","b","1"\n"a","c","0"', 'enroll test label'],
    ['semicolons', 'enroll;test;label\na;b;1\na;c;0', 'enroll test label'],
    ['tabs', 'model_id\tsegment\ttargettype\na\tb\ttarget\na\tc\tnontarget', 'model_id segment targettype'],
    ['commas without a first line', 'a,b,1\na,c,0', 'enroll test 1|0'],
  ];
  for (const [what, text, form] of forms) {
    it(`reads ${what}`, () => {
      const parsed = parse(text);
      assert.deepEqual(parsed.trials, two);
      assert.equal(parsed.form, form);
    });
  }

  it('keeps the place of each trial, and names the columns that it leaves out', () => {
    const { places, ignored } = parse('\nenroll test score label\n\na b 0.5 1\na c 0.1 0\n');
    assert.deepEqual(places, [4, 5]);
    assert.deepEqual(ignored, ['score']);
  });

  it('lets later lines decide what earlier ones left open', () => {
    assert.deepEqual(parse('1 x 0\n0 y z').trials, [
      { enroll: 'x', test: '0', target: true },
      { enroll: 'y', test: 'z', target: false },
    ]);
    assert.deepEqual(parse('1 x 0\nq y 1').trials, [
      { enroll: '1', test: 'x', target: false },
      { enroll: 'q', test: 'y', target: true },
    ]);
    assert.equal(parse('1 x target\n0 y nontarget').form, 'enroll test target|nontarget');
  });

  const mistakes: [what: string, text: string, message: string][] = [
    [
      'a list that fits two forms throughout',
      '1 x 0\n0 y 1',
      'list:1: ambiguous: "1 x 0" and every other line fit "1|0 enroll test" and "enroll test 1|0"\n' +
        'Say which by a first line that names the columns, such as: enroll test label',
    ],
    [
      'a list of two forms',
      'a b 1\nc d target',
      'list:2: expected "enroll test 1|0" as on line 1, got "c d target"\nA trial list has one format; convert one half.',
    ],
    [
      'a line without any label',
      'a b c',
      'list:1: expected "enroll test target|nontarget", "1|0 enroll test" or "enroll test 1|0", got "a b c"',
    ],
    [
      'a row of another length',
      'enroll,test,label\na,b',
      'list:2: expected 3 fields (enroll test label), got 2: "a,b"',
    ],
    [
      'an empty id',
      'enroll,test,label\n,b,1',
      'list:2: expected 3 fields (enroll test label), got an empty one: ",b,1"',
    ],
    ['white space in an id', 'enroll,test,label\na b,c,1', 'list:2: expected ids without white space, got "a b"'],
    [
      'an unknown label in a table',
      'enroll,test,label\na,b,yes',
      'list:2: expected target, nontarget, 1 or 0 as the label, got "yes"',
    ],
    [
      'two columns of one kind',
      'enroll,enrol,test,label\n',
      'list:1: expected one column for enroll, got "enroll" and "enrol"',
    ],
  ];
  for (const [what, text, message] of mistakes) {
    it(`refuses ${what}`, () => assert.throws(() => parse(text), { name: 'UserError', message }));
  }

  for (const format of trialFormats) {
    it(`reads back what it writes as ${format}`, () => {
      assert.deepEqual(parse(headerOf(format) + formatTrials(format, two)).trials, two);
    });
  }
});
