/** @file What is found wrong with a list, and the fingerprint by which lists are compared. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createIdHints } from '../../../src/corpus/trials/closest-id.js';
import { examineTrials, type KnownUtterance } from '../../../src/corpus/trials/trial-check.js';
import { collectFindings } from '../../../src/corpus/trials/trial-findings.js';
import { enrolmentFingerprint, trialFingerprint } from '../../../src/corpus/trials/trial-fingerprint.js';
import type { TrialList } from '../../../src/corpus/trials/trials.js';

const utterance = (id: string, split: KnownUtterance['split'] = 'test'): [string, KnownUtterance] => [
  id,
  { id, speaker: id[0], gender: id.startsWith('a') ? 'f' : 'm', session: id.slice(0, 2), duration: 1, split },
];
const known = new Map(['a11', 'a12', 'a21', 'b11', 'b21', 'c11'].map((id) => utterance(id)));

function list(...lines: string[]): TrialList {
  const trials = lines.map((line) => {
    const [enroll, test, label] = line.split(' ');
    return { enroll, test, target: label === 'target' };
  });
  return { path: 'list', trials, lines: Int32Array.from(lines.keys(), (index) => index + 1), form: '', ignored: [] };
}

describe('examineTrials', () => {
  const clean = ['a11 a21 target', 'a11 b11 nontarget'];
  const find = (lines: string[], options: Parameters<typeof examineTrials>[1] = { known }) =>
    examineTrials(list(...clean, ...lines), options).map(({ severity, kind, count, first }) => [
      severity,
      kind,
      count,
      first,
    ]);

  it('finds nothing wrong with a clean list', () => assert.deepEqual(find([]), []));

  const wrong: [what: string, lines: string[], finding: unknown[]][] = [
    ['an unknown id, once', ['a11 x nontarget', 'a21 x nontarget'], ['error', 'unknown-id', 1, ['list:3: x']]],
    [
      "a label against the manifest's speakers",
      ['a12 b21 target'],
      ['error', 'wrong-label', 1, ['list:3: "a12 b21 target" are of speakers a and b']],
    ],
    ['a repeated trial', ['a11 a21 target'], ['warning', 'duplicate', 1, ['list:3: "a11 a21 target" as on line 1']]],
    [
      'a trial with its sides exchanged',
      ['b11 a11 nontarget'],
      ['warning', 'reversed', 1, ['list:3: "b11 a11 nontarget" as on line 2']],
    ],
    ['a self-trial', ['a11 a11 target'], ['warning', 'self-trial', 1, ['list:3: a11 a11 target']]],
  ];
  for (const [what, lines, finding] of wrong) it(`finds ${what}`, () => assert.deepEqual(find(lines), [finding]));

  it('finds a pair with two labels, without a manifest', () => {
    assert.deepEqual(find(['a21 a11 nontarget'], {}), [
      ['error', 'label-conflict', 1, ['list:3: nontarget "a21 a11" is target at list:1']],
      ['warning', 'reversed', 1, ['list:3: "a21 a11 nontarget" as on line 1']],
    ]);
  });

  it('finds speakers that were trained on, and lets development speakers off with a warning', () => {
    const trained = new Map([['b', 'b99 of train.jsonl']]);
    assert.deepEqual(find([], { known, trained }), [
      ['error', 'trained-speaker', 1, ['list:2: b (b99 of train.jsonl)']],
    ]);
    const dev = new Map([...known.keys()].map((id) => utterance(id, 'dev')));
    assert.equal(find([], { known: dev, trained })[0][0], 'warning');
  });

  it('finds that one kind of trial is missing', () => {
    const [finding] = examineTrials(list('a11 a21 target'), { known });
    assert.deepEqual([finding.kind, finding.first], ['one-kind', ['list: no nontarget trial, so there is no EER']]);
  });

  it('shows ten and counts all', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a11 x${i} nontarget`);
    const [[, , count, first]] = find(lines);
    assert.equal(count, 12);
    assert.equal((first as string[]).length, 10);
  });

  it('looks through models at their utterances', () => {
    const enrolment = new Map([
      ['m', ['a11', 'a12']],
      ['mixed', ['a11', 'b11']],
      ['unused', ['c11']],
    ]);
    const findings = examineTrials(
      list('m a21 target', 'm b11 nontarget', 'm a12 target', 'mixed c11 nontarget', 'n c11 target'),
      {
        known,
        enrolment,
      },
    );
    assert.deepEqual(
      findings.map(({ severity, kind, first }) => [severity, kind, first]),
      [
        ['error', 'mixed-model', ['mixed: a, b']],
        ['error', 'unknown-model', ['list:5: n']],
        ['warning', 'self-trial', ['list:3: m a12 target']],
        ['warning', 'unused-model', ['unused']],
      ],
    );
  });
});

describe('collectFindings', () => {
  it('words one and several, keeps the texts of ten, and puts errors first', () => {
    const findings = collectFindings();
    findings.add('self-trial', () => 'a');
    for (let i = 0; i < 12; i++) findings.add('unknown-id', () => String(i));
    findings.add('trained-speaker', () => 'b', 'warning');
    const shown = findings.all().map(({ severity, what, count, first }) => [severity, what, count, first.length]);
    assert.deepEqual(shown, [
      ['error', 'ids are not in the manifest', 12, 10],
      ['warning', 'trial compares an utterance with itself', 1, 1],
      ['warning', 'speaker of the trials was trained on', 1, 1],
    ]);
  });
});

describe('trialFingerprint', () => {
  it('is the SHA-256 of the sorted lines', () => {
    const { trials } = list('b a nontarget', 'a b target');
    const expected = createHash('sha256').update('a b target\nb a nontarget\n').digest('hex');
    assert.equal(trialFingerprint(trials), expected);
    assert.equal(trialFingerprint(trials.toReversed()), expected);
  });

  it('sorts by UTF-8 bytes also where UTF-16 sorts otherwise', () => {
    const { trials } = list('\u{1F600} b target', '\uFF5E b target');
    const expected = createHash('sha256').update('\uFF5E b target\n\u{1F600} b target\n').digest('hex');
    assert.equal(trialFingerprint(trials), expected);
  });

  it('tells lists apart by labels, repeats and sides', () => {
    const lists = [['a b target'], ['a b nontarget'], ['b a target'], ['a b target', 'a b target']];
    assert.equal(new Set(lists.map((lines) => trialFingerprint(list(...lines).trials))).size, lists.length);
  });

  it('does not care for the order of a model’s utterances', () => {
    assert.equal(
      enrolmentFingerprint(new Map([['m', ['b', 'a']]])),
      enrolmentFingerprint(new Map([['m', ['a', 'b']]])),
    );
  });
});

describe('createIdHints', () => {
  const hint = createIdHints(['id10270-5r0dWxy17C8-00001', 'spk1/a_1']);
  for (const [id, expected] of [
    ['id10270/5r0dWxy17C8/00001.wav', 'id10270-5r0dWxy17C8-00001'],
    ['vox1/wav/id10270/5r0dWxy17C8/00001.wav', 'id10270-5r0dWxy17C8-00001'],
    ['SPK1_A-1', 'spk1/a_1'],
    ['spk2/a_1', undefined],
  ] as const) {
    it(`takes ${id} for ${expected ?? 'nothing'}`, () => assert.equal(hint(id), expected));
  }
});
