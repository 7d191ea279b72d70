/** @file Manifests as people write them: every problem with its line. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkManifest, describeProblem, readCheckedManifest } from '../../../src/corpus/manifest/manifest-lines.js';

describe('manifest lines', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'lines-'));
    path = join(dir, 'm.jsonl');
  });
  after(() => rmSync(dir, { recursive: true }));

  const line = (fields: Record<string, unknown> = {}) =>
    JSON.stringify({
      id: 'a-1',
      speaker: 'a',
      path: 'audio/a 1.wav',
      duration: 1,
      sampleRate: 16000,
      channels: 1,
      corpus: 'x',
      split: 'train',
      ...fields,
    });
  const problemsOf = (...lines: string[]) => {
    writeFileSync(path, lines.join('\n'));
    return checkManifest(path).problems.map(({ line: at, problem }) => `${at}: ${problem}`);
  };

  it('reads Windows line endings, a byte-order mark, gzip and relative paths', () => {
    const text = `\uFEFF${line()}\r\n\r\n${line({ id: 'ü-2', path: '/abs.wav' })}\r\n`;
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      writeFileSync(path, bytes);
      const { problems, utterances, lineNumbers } = checkManifest(path);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        utterances.map(({ id, path: audio }) => [id, audio]),
        [
          ['a-1', join(dir, 'audio/a 1.wav')],
          ['ü-2', '/abs.wav'],
        ],
      );
      assert.deepEqual(lineNumbers, [1, 3]);
    }
  });

  const cases: [title: string, lines: string[], problems: (string | RegExp)[]][] = [
    ['text that is no JSON', ['{"id": "x"', line()], ['1: expected one JSON object, got: {"id": "x"']],
    ['JSON that is no object', ['[1]', line()], ['1: expected one JSON object, got: [1]']],
    [
      'missing fields',
      ['{"id":"a"}'],
      [/^1: missing fields speaker, path, duration, sampleRate, channels, corpus, split$/],
    ],
    ['unknown fields', [line({ text: 'hallo' })], ['1: unknown field text']],
    ['a field of another type', [line({ duration: '3' })], ['1: duration: expected number, got "3"']],
    ['a value that makes no sense', [line({ duration: -1 })], ['1: expected a duration above 0 s, got -1']],
    ['an id twice', [line(), '', line({ duration: 2 })], ['3: the same id as line 1']],
    [
      'two genders',
      [line({ gender: 'f' }), line({ id: 'b', gender: 'm' })],
      [/^2: speaker a has gender m, but f on line 1/],
    ],
    [
      'a speaker on both sides',
      [line(), line({ id: 'b', split: 'test' })],
      [/^2: speaker a is in test, but on line 1 in training/],
    ],
    ['an empty file', [''], ['1: the manifest is empty']],
  ];
  for (const [title, lines, expected] of cases) {
    it(`finds ${title}`, () => {
      const problems = problemsOf(...lines);
      assert.equal(problems.length, expected.length, problems.join('\n'));
      expected.forEach((want, i) =>
        typeof want === 'string' ? assert.equal(problems[i], want) : assert.match(problems[i], want),
      );
    });
  }

  it('finds speakers that differ in Unicode normalisation only', () => {
    assert.deepEqual(problemsOf(line({ speaker: 'é' }), line({ id: 'a-2', speaker: 'e\u0301' })), [
      '2: speaker e\u0301 differs from the one on line 1 in its Unicode normalisation only',
    ]);
  });

  it('finds all problems, not only the first', () => {
    const problems = problemsOf(...Array.from({ length: 50 }, (_, i) => line({ id: `a b${i}` })));
    assert.equal(problems.length, 50);
  });

  it('is read to work on only without problems, though speakers may be on both sides', () => {
    writeFileSync(path, `${line()}\n${line({ id: 'b', split: 'test' })}\n`);
    assert.equal(readCheckedManifest(path).length, 2);
    writeFileSync(path, `${line()}\n${line()}\n`);
    assert.throws(
      () => readCheckedManifest(path),
      /m\.jsonl:2: a-1: the same id as line 1\n1 problem in all: see `acanet data validate /,
    );
    assert.equal(describeProblem(checkManifest(path).problems[0]), `${path}:2: a-1: the same id as line 1`);
    assert.throws(
      () => readCheckedManifest(dir),
      /expected a manifest, got a folder\nMake a manifest .* data import folder/,
    );
    assert.throws(() => readCheckedManifest(join(dir, 'none')), /none: cannot read the manifest/);
  });
});
