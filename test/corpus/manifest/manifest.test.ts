/** @file Manifests: round trip, problems with their lines, disjoint speakers, counts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  checkSpeakersDisjoint,
  describeCorpus,
  readManifest,
  streamManifest,
  validateManifest,
  writeManifest,
  type Utterance,
} from '../../../src/corpus/manifest/manifest.js';
import { UserError } from '../../../src/errors.js';

const utterance = (change: Partial<Utterance> = {}): Utterance => ({
  id: 'a-1',
  speaker: 'a',
  path: '/corpus/a/1.wav',
  duration: 2,
  sampleRate: 16000,
  channels: 1,
  corpus: 'test',
  split: 'train',
  ...change,
});

describe('manifest', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'manifest-'))));
  after(() => rmSync(dir, { recursive: true }));

  it('comes back as it was written', () => {
    const path = join(dir, 'manifest.jsonl');
    const utterances = [
      utterance({ offset: 1.25, channel: 1, channels: 2, gender: 'f', session: 's1' }),
      utterance({ id: 'b-1', speaker: 'b', split: 'test' }),
    ];
    writeManifest(path, utterances);
    assert.deepEqual(readManifest(path), utterances);
  });

  it('has paths that start at its folder, wherever it is read from', () => {
    const path = join(dir, 'relative.jsonl');
    writeManifest(path, [utterance({ path: 'wav/1.wav' }), utterance({ id: 'a-2', path: '../2.wav' })]);
    const paths = readManifest(relative('.', path)).map((each) => each.path);
    assert.deepEqual(paths, [join(dir, 'wav/1.wav'), join(dir, '../2.wav')]);
  });

  it('names file, line and field of what is not an utterance', () => {
    const path = join(dir, 'bad.jsonl');
    const incomplete = { ...utterance(), duration: undefined };
    writeFileSync(path, `${JSON.stringify(utterance())}\n${JSON.stringify({ ...incomplete, id: 'x', lenght: 3 })}\n`);
    assert.throws(
      () => readManifest(path),
      /bad\.jsonl:2: not an utterance: missing field duration; unknown field lenght$/,
    );
  });

  it('names what is on a line in place of an object', () => {
    const path = join(dir, 'bad.jsonl');
    writeFileSync(path, '[3]\n');
    assert.throws(() => readManifest(path), /bad\.jsonl:1: not an utterance: expected one JSON object, got: \[3\]$/);
  });

  it('refuses an empty manifest', () => {
    const path = join(dir, 'empty.jsonl');
    writeFileSync(path, '');
    assert.throws(() => readManifest(path), { name: 'UserError', message: /the manifest is empty/ });
  });

  it('names both lines of a duplicate id', () => {
    const twice = [utterance(), utterance({ id: 'a-2' }), utterance({ path: '/corpus/other.wav' })];
    assert.throws(
      () => validateManifest(twice, { where: 'm.jsonl' }),
      /m\.jsonl: 1 problem:\n {2}utterance 3 \(a-1\): the same id as utterance 1 \(\/corpus\/other\.wav\)/,
    );
  });

  const mistakes: [Partial<Utterance>, RegExp][] = [
    [{ id: '' }, /expected an id without white space, got ""/],
    [{ id: 'a b' }, /expected an id without white space, got "a b"/],
    [{ id: 'a/../b' }, /expected an id that is no relative path, got "a\/\.\.\/b"/],
    [{ id: '..' }, /expected an id that is no relative path/],
    [{ id: 'a\u0007b' }, /expected an id without control characters/],
    [{ speaker: 'a\tb' }, /expected a speaker without white space/],
    [{ duration: 0 }, /expected a duration above 0 s, got 0/],
    [{ duration: NaN }, /expected a duration above 0 s, got NaN/],
    [{ offset: -1 }, /expected an offset of 0 s or more, got -1/],
    [{ sampleRate: 0 }, /expected a sample rate in Hz, got 0/],
    [{ channels: 2, channel: 2 }, /expected a channel from 0 to 1, got 2/],
  ];
  for (const [change, message] of mistakes) {
    it(`reports ${JSON.stringify(change)}`, () => {
      assert.throws(() => validateManifest([utterance(change)], { where: 'm' }), message);
    });
  }

  it('refuses ids and speakers that differ in Unicode normalisation only, each spelling once', () => {
    const [one, two] = ['é', 'e\u0301'];
    const utterances = [one, two, two].map((speaker, index) => utterance({ id: `u-${index}`, speaker }));
    const ids = [one, two].map((id) => utterance({ id: `${id}-1` }));
    assert.throws(
      () => validateManifest([...utterances, ...ids], { where: 'm' }),
      /^UserError: m: 2 problems:\n.*utterance 2 \(u-1\): speaker .* on utterance 1 in its Unicode.*\n.*utterance 5 .*: id .*-1 .* utterance 4 .*$/,
    );
    const spelt = [one, one].map((speaker, index) => utterance({ id: `u-${index}`, speaker }));
    assert.doesNotThrow(() => validateManifest(spelt, { where: 'm' }));
  });

  it('takes slashes, letters of any script and names with dots as ids', () => {
    const ids = ['id10270/5r0dWxy17C8/00001.wav', 'Přemysl-01', '话者1/一', 'a..b', '.hidden'];
    validateManifest(
      ids.map((id) => utterance({ id })),
      { where: 'm' },
    );
  });

  it('streams utterance by utterance, giving out nothing after the first mistake', () => {
    const path = join(dir, 'streamed.jsonl');
    const lines = [utterance(), utterance({ id: 'a-2' }), utterance({ id: 'a-2' }), utterance({ id: 'a-4' })];
    writeFileSync(path, lines.map((line) => `\r\n${JSON.stringify(line)}\r\n`).join(''));
    const seen: string[] = [];
    assert.throws(() => {
      for (const { id } of streamManifest(path)) seen.push(id);
    }, /line 6 \(a-2\): the same id as line 4/);
    assert.deepEqual(seen, ['a-1', 'a-2']);
  });

  it('reads a manifest packed with gzip', () => {
    const path = join(dir, 'manifest.jsonl.gz');
    writeFileSync(path, gzipSync(JSON.stringify(utterance())));
    assert.deepEqual(readManifest(path), [utterance()]);
  });

  it('reports a speaker with two genders', () => {
    const both = [utterance({ gender: 'f' }), utterance({ id: 'a-2', gender: 'm' })];
    assert.throws(
      () => validateManifest(both, { where: 'm' }),
      /utterance 2 \(a-2\): speaker a has gender m, but f on utterance 1/,
    );
  });

  it('lists ten problems and counts all', () => {
    const many = Array.from({ length: 25 }, (_, i) => utterance({ id: `u${i}`, duration: 0 }));
    assert.throws(
      () => validateManifest(many, { where: 'm' }),
      (error: Error) =>
        error instanceof UserError &&
        error.message.startsWith('m: 25 problems') &&
        error.message.endsWith('… and 15 more') &&
        error.message.split('\n').length === 12,
    );
  });

  it('refuses a speaker in training and test', () => {
    const mixed = [
      utterance(),
      utterance({ id: 'a-2', split: 'test' }),
      utterance({ id: 'b', speaker: 'b', split: 'test' }),
    ];
    assert.throws(
      () => checkSpeakersDisjoint(mixed, { where: 'm' }),
      /1 speaker is both.*\n {2}a: a-1 \(train\) and a-2 \(test\)/,
    );
    checkSpeakersDisjoint([mixed[0], mixed[2]], { where: 'm' });
  });

  it('is described by counts for each split', () => {
    const lines = describeCorpus([
      utterance({ gender: 'f', duration: 1800 }),
      utterance({ id: 'a-2', gender: 'f', duration: 1800 }),
      utterance({ id: 'b', speaker: 'b', split: 'test', duration: 900, sampleRate: 8000 }),
    ]);
    assert.match(
      describeCorpus([utterance({ gender: 'f' }), utterance({ id: 'a-2' })])[0],
      /^train: 1 speaker \(1 f, 0 m\), 2/,
    );
    assert.deepEqual(lines, [
      'train: 1 speaker (1 f, 0 m), 2 utterances, 1.00 h, 16000 Hz',
      'test: 1 speaker, 1 utterance, 0.25 h, 8000 Hz',
    ]);
  });
});
