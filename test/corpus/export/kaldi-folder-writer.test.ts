/** @file Kaldi data folders written: against the rules of Kaldi's validate_data_dir.sh, read anew, and back again. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readKaldiFolder } from '../../../src/corpus/readers/kaldi-folder.js';
import { writeKaldiFolder } from '../../../src/corpus/export/kaldi-folder-writer.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { corpusTree, type CorpusTree } from '../readers/corpus-tree.js';

const utterance = (id: string, speaker: string, more: Partial<Utterance> = {}): Utterance => ({
  id,
  speaker,
  path: `/audio/${id}.wav`,
  duration: 1.5,
  sampleRate: 16000,
  channels: 1,
  corpus: 'test',
  split: 'train',
  ...more,
});

/** The rules of Kaldi's utils/validate_data_dir.sh --no-text --no-feats, by brute force. */
function assertKaldiAccepts(folder: string): void {
  const lines = (file: string) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    assert.ok(text.endsWith('\n'), `${file} ends with a newline`);
    return text.slice(0, -1).split('\n');
  };
  const first = (file: string) => lines(file).map((line) => line.split(' ')[0]);
  const byBytes = (items: string[]) => items.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const assertSortedUnique = (file: string) =>
    assert.deepEqual(first(file), [...new Set(byBytes(first(file)))], `${file} is sorted and unique`);
  for (const file of ['utt2spk', 'spk2utt', 'wav.scp', 'utt2dur']) assertSortedUnique(file);
  assert.ok(lines('utt2spk').every((line) => line.split(' ').length === 2));
  // `sort -k2`: by speaker first, ties by the whole line.
  const bySpeaker = lines('utt2spk').toSorted((a, b) => {
    const key = (line: string) => Buffer.from(line.slice(line.indexOf(' ')));
    return Buffer.compare(key(a), key(b)) || Buffer.compare(Buffer.from(a), Buffer.from(b));
  });
  assert.deepEqual(lines('utt2spk'), bySpeaker, 'utt2spk is sorted by speaker too');
  const inverse = lines('spk2utt').flatMap((line) => {
    const [speaker, ...ids] = line.split(' ');
    return ids.map((id) => `${id} ${speaker}`);
  });
  assert.deepEqual(lines('utt2spk'), inverse, 'spk2utt and utt2spk match');
  assert.deepEqual(first('utt2dur'), first('utt2spk'));
  if (existsSync(`${folder}/segments`)) {
    assertSortedUnique('segments');
    const segments = lines('segments').map((line) => line.split(' '));
    assert.ok(segments.every((fields) => fields.length === 4 && Number(fields[3]) > Number(fields[2])));
    assert.deepEqual(first('segments'), first('utt2spk'));
    assert.deepEqual(byBytes([...new Set(segments.map(([, recording]) => recording))]), first('wav.scp'));
  } else assert.deepEqual(first('wav.scp'), first('utt2spk'));
  if (existsSync(`${folder}/spk2gender`)) {
    assertSortedUnique('spk2gender');
    assert.deepEqual(first('spk2gender'), first('spk2utt'));
    assert.ok(lines('spk2gender').every((line) => /^\S+ [fm]$/.test(line)));
  }
}

describe('writeKaldiFolder', () => {
  it('reads what is no WAV through the commands of Kaldi’s recipes', () => {
    const tree = corpusTree();
    try {
      // By the first bytes, and by the name where there is no such file.
      tree.wav('real.wav');
      tree.text('sphere.wav', 'NIST_1A');
      tree.text('packed.wav', 'fLaC');
      const paths = {
        a: tree.at('real.wav'),
        b: tree.at('sphere.wav'),
        c: tree.at('packed.wav'),
        d: '/gone/d e.flac',
        e: '/gone/e.wv1',
        f: '/gone/f.m4a',
        g: '/gone/g h.wav',
      };
      const out = tree.at('kaldi');
      const { notes } = writeKaldiFolder(
        out,
        Object.entries(paths).map(([id, path]) => utterance(id, id, { path })),
      );
      assert.equal(
        readFileSync(`${out}/wav.scp`, 'utf8'),
        `a ${paths.a}\nb sph2pipe -f wav -p ${paths.b} |\nc flac -c -d -s ${paths.c} |\n` +
          `d flac -c -d -s '/gone/d e.flac' |\ne sph2pipe -f wav -p /gone/e.wv1 |\n` +
          `f ffmpeg -v 8 -i /gone/f.m4a -ar 16000 -f wav -acodec pcm_s16le - |\ng /gone/g h.wav\n`,
      );
      assert.match(notes.join(), /5 lines of wav\.scp read through a command/);
    } finally {
      tree.remove();
    }
  });

  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  it('writes whole files without segments, sorted by bytes, and keeps ids that sort by speaker', () => {
    const utterances = ['b-2', 'a-10', 'B-1', 'a-9', 'ä-1', '\u{1F600}-1', '\uFF5E-1'].map((id) =>
      utterance(id, id.split('-')[0], { gender: 'f' }),
    );
    const written = writeKaldiFolder(tree.at('out'), utterances);
    assertKaldiAccepts(tree.at('out'));
    assert.equal(written.renamed, false);
    assert.deepEqual(written.files, ['wav.scp', 'utt2spk', 'spk2utt', 'utt2dur', 'spk2gender']);
    assert.equal(readFileSync(tree.at('out/utt2spk'), 'utf8').split('\n')[0], 'B-1 B');
  });

  it('gives ids their speaker where sorting by id does not sort speakers, in trials too', () => {
    const utterances = [utterance('1', 'z'), utterance('2', 'a'), utterance('3', 'z', { gender: 'm' })];
    const trials = [{ enroll: '1', test: '3', target: true }];
    const { renamed, idOf, notes } = writeKaldiFolder(tree.at('out'), utterances, { trials });
    assertKaldiAccepts(tree.at('out'));
    assert.ok(renamed);
    assert.deepEqual(
      [...idOf],
      [
        ['1', 'z-1'],
        ['2', 'a-2'],
        ['3', 'z-3'],
      ],
    );
    assert.equal(readFileSync(tree.at('out/trials'), 'utf8'), 'z-1 z-3 target\n');
    assert.deepEqual(notes, [
      'ids were made to begin with their speaker, as Kaldi sorts utterances and speakers at once',
      'no spk2gender: the genders of 1 of 2 speakers are not known',
    ]);
    assert.ok(!existsSync(tree.at('out/spk2gender')));
  });

  it('writes pieces of files as segments of recordings', () => {
    const shared = { path: '/audio/long name.wav' };
    const utterances = [
      utterance('b-1', 'b', { ...shared, offset: 1.25, duration: 0.1 }),
      utterance('a-1', 'a', { ...shared, offset: 0.1, duration: 0.2 }),
      utterance('c-1', 'c'),
    ];
    writeKaldiFolder(tree.at('out'), utterances);
    assertKaldiAccepts(tree.at('out'));
    assert.equal(readFileSync(tree.at('out/segments'), 'utf8'), 'a-1 a-1 0.1 0.3\nb-1 a-1 1.25 1.35\nc-1 c-1 0 1.5\n');
    assert.equal(readFileSync(tree.at('out/wav.scp'), 'utf8'), 'a-1 /audio/long name.wav\nc-1 /audio/c-1.wav\n');
    const read = readKaldiFolder(tree.at('out'));
    assert.deepEqual(
      read.listed.map(({ id, speaker, path, offset, duration }) => [id, speaker, path, offset, duration?.toFixed(9)]),
      [
        ['a-1', 'a', '/audio/long name.wav', 0.1, '0.200000000'],
        ['b-1', 'b', '/audio/long name.wav', 1.25, '0.100000000'],
        ['c-1', 'c', '/audio/c-1.wav', 0, '1.500000000'],
      ],
    );
  });

  it('reads back what it wrote', () => {
    const utterances = ['ann-1', 'ann-2', 'bob-1'].map((id) => utterance(id, id.slice(0, 3), { gender: 'm' }));
    writeKaldiFolder(tree.at('out'), utterances);
    assert.deepEqual(
      readKaldiFolder(tree.at('out')).listed.map(({ id, speaker, path, gender }) => ({ id, speaker, path, gender })),
      utterances.map(({ id, speaker, path, gender }) => ({ id, speaker, path, gender })),
    );
  });

  it("refuses what Kaldi's files cannot say, and folders that hold something", () => {
    const stereo = utterance('a-1', 'a', { channels: 2, channel: 1 });
    assert.throws(
      () => writeKaldiFolder(tree.at('out'), [stereo]),
      /1 thing that Kaldi's files cannot say:\n {2}a-1: is channel 1 of/,
    );
    assert.throws(
      () => writeKaldiFolder(tree.at('out'), [utterance('a-1', 'a', { path: '/audio/x |' })]),
      /a-1: its path would be read as something else/,
    );
    assert.throws(() => writeKaldiFolder(tree.at('out'), []), /no utterances to write/);
    tree.text('full/notes', 'mine');
    assert.throws(
      () => writeKaldiFolder(tree.at('full'), [utterance('a-1', 'a')]),
      /full: is not empty; name a new folder/,
    );
    // '!' sorts before the '-' that separates speaker and id, so that a!-1 would come before a-1.
    assert.throws(
      () => writeKaldiFolder(tree.at('out'), [utterance('1', 'a'), utterance('2', 'a!'), utterance('0', 'b')]),
      /speakers a! and a sort differently/,
    );
    assert.ok(!existsSync(tree.at('out')));
  });
});
