/** @file VoxCeleb under its usual folder names: parts, ids, genders, named trial lists, and who may not train. */
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { idsOf, noteOf, prepare, corpusTree, type CorpusTree } from './corpus-tree.js';
import { voxcelebId } from '../../../src/corpus/readers/voxceleb-trials.js';

describe('corpus voxceleb', () => {
  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  const speaker = (folder: string, id: string) => {
    for (const file of ['aaaaaaaaaaa/00001', 'bb-bb_bbbbb/00002']) tree.wav(`${folder}/${id}/${file}.wav`);
  };
  const trial = (label: number, a: string, b: string, ending = '') =>
    `${label} ${a}/aaaaaaaaaaa/00001.wav ${b}/bb-bb_bbbbb/00002.wav${ending}`;
  /** Both corpora in separate folders, as unpacked. */
  const unpacked = () => {
    speaker('v1/vox1_dev_wav/wav', 'id10001');
    for (const id of ['id10270', 'id10309']) speaker('v1/vox1_test_wav/wav', id);
    for (const id of ['id00012', 'id00015']) speaker('v2/dev/aac', id);
    speaker('v2/test/aac', 'id00017');
    tree.text('v1/veri_test2.txt', trial(1, 'id10270', 'id10270'), trial(0, 'id10270', 'id10309'));
  };
  const sources = () => ({ type: 'voxceleb', source: tree.at('v1'), source2: tree.at('v2') });

  it('finds what a converter named 00001.m4a.wav under the names of the lists', () => {
    for (const name of ['00001.wav', '00001.m4a', '00001.m4a.wav', '00001']) {
      assert.equal(voxcelebId(`wav/id10270/aaaaaaaaaaa/${name}`), 'id10270/aaaaaaaaaaa/00001');
    }
  });

  it('trains on VoxCeleb2 dev and tests what the list names', async () => {
    unpacked();
    tree.text(
      'v1/vox1_meta.csv',
      'VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet',
      'id10270\tEartha_Kitt\tf\tUSA\ttest',
      'id10309\tEzra_Miller\tm\tUSA\ttest',
    );
    tree.text('v2/vox2_meta.csv', 'VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set ', 'id00012 ,n000012 ,m ,dev ');
    const corpus = await prepare(sources());
    assert.deepEqual(idsOf(corpus, 'train'), [
      'id00012/aaaaaaaaaaa/00001',
      'id00012/bb-bb_bbbbb/00002',
      'id00015/aaaaaaaaaaa/00001',
      'id00015/bb-bb_bbbbb/00002',
    ]);
    assert.deepEqual(idsOf(corpus, 'test'), [
      'id10270/aaaaaaaaaaa/00001',
      'id10270/bb-bb_bbbbb/00002',
      'id10309/bb-bb_bbbbb/00002',
    ]);
    assert.deepEqual(corpus.trials, [
      { enroll: 'id10270/aaaaaaaaaaa/00001', test: 'id10270/bb-bb_bbbbb/00002', target: true },
      { enroll: 'id10270/aaaaaaaaaaa/00001', test: 'id10309/bb-bb_bbbbb/00002', target: false },
    ]);
    const genders = new Map(corpus.utterances.map((utterance) => [utterance.speaker, utterance.gender]));
    assert.deepEqual([...genders].sort(), [
      ['id00012', 'm'],
      ['id00015', undefined],
      ['id10270', 'f'],
      ['id10309', 'm'],
    ]);
    assert.equal(
      corpus.utterances.find(({ id }) => id === 'id10309/bb-bb_bbbbb/00002')!.session,
      'id10309/bb-bb_bbbbb',
    );
    assert.match(
      noteOf(corpus, /^trials: /),
      /^trials: 2 of Vox1-O-cleaned \(veri_test2\.txt\), SHA-256 [0-9a-f]{64}$/,
    );
    for (const note of [
      'left out 2 recordings of vox1-dev: in neither training nor the trials',
      'left out 1 recordings of vox1-test: in neither training nor the trials',
      'left out 2 recordings of vox2-test: in neither training nor the trials',
    ]) {
      assert.ok(corpus.notes.includes(note), `${note} in:\n${corpus.notes.join('\n')}`);
    }
  });

  it('says that a list is not as long as the published one', async () => {
    unpacked();
    const corpus = await prepare(sources());
    const warning = noteOf(corpus, /WARNING/);
    assert.match(warning, /Vox1-O-cleaned was published with 37611 trials, this list has 2; do not compare/);
    assert.equal(corpus.partial, 'Vox1-O-cleaned was published with 37611 trials, this list has 2');
    // The trap: the original list under the cleaned one's name.
    const lines = Array.from({ length: 37_720 }, () => trial(0, 'id10270', 'id10309'));
    tree.text('v1/veri_test2.txt', trial(1, 'id10270', 'id10270'), ...lines.slice(1));
    assert.match(
      noteOf(await prepare(sources()), /WARNING/),
      /has 37720, which is the length of Vox1-O; do not compare/,
    );
    copyFileSync(tree.at('v1/veri_test2.txt'), tree.at('v1/veri_test.txt'));
    const original = await prepare({ ...sources(), trials: 'o' });
    assert.ok(original.notes.includes('Vox1-O has as many trials as published'), original.notes.join('\n'));
    assert.equal(original.partial, undefined);
    const byFile = await prepare({ ...sources(), trials: tree.at('v1/veri_test2.txt') });
    assert.ok(byFile.notes.includes('the trial list is as long as Vox1-O as published'), byFile.notes.join('\n'));
  });

  it('reads merged folders, Windows line endings, byte-order marks and gzip', async () => {
    for (const id of ['id10001', 'id10002', 'id10270', 'id10309', 'id00012', 'id00017']) speaker('all', id);
    const text = `\uFEFF${trial(1, 'id10270', 'id10270', '\r')}\n${trial(0, 'id10270', 'id10309', '\r')}\n`;
    writeFileSync(tree.at('all/veri_test.txt.gz'), gzipSync(text));
    const options = { type: 'voxceleb', source: tree.at('all'), trials: 'O' };
    const corpus = await prepare(options);
    assert.equal(idsOf(corpus, 'train').length, 4);
    assert.match(noteOf(corpus, /all are trained on/), /^4 recordings of VoxCeleb2 are in no folder dev or test/);
    const vox1 = await prepare({ ...options, train: 'vox1-dev' });
    assert.deepEqual([...new Set(idsOf(vox1, 'train').map((id) => id.slice(0, 7)))], ['id10001', 'id10002']);
    tree.text(
      'meta/vox2_meta.csv',
      'VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set ',
      'id00017 ,x ,f ,test ',
      'id00012 ,y ,m ,dev ',
    );
    copyFileSync(tree.at('all/veri_test.txt.gz'), tree.at('meta/veri_test.txt'));
    const withMeta = await prepare({ ...options, lists: tree.at('meta'), train: ['vox1-dev', 'vox2-dev'] });
    assert.deepEqual(
      [...new Set(idsOf(withMeta, 'train').map((id) => id.slice(0, 7)))],
      ['id00012', 'id10001', 'id10002'],
    );
  });

  it('refuses to train on the speakers of Vox1-E and -H', async () => {
    unpacked();
    tree.text('v1/list_test_all2.txt', trial(1, 'id10001', 'id10001'), trial(0, 'id10001', 'id10270'));
    const corpus = await prepare({ ...sources(), trials: 'E-cleaned' });
    assert.equal(idsOf(corpus, 'test').length, 3);
    await assert.rejects(
      prepare({ ...sources(), trials: 'E-cleaned', train: ['vox2-dev', 'vox1-dev'] }),
      /Vox1-E-cleaned: 1 speakers are both in training \(vox2-dev, vox1-dev\) and in test: id10001\nVox1-E and Vox1-H test/,
    );
  });

  it('names what is missing', async () => {
    unpacked();
    await assert.rejects(
      prepare({ ...sources(), trials: 'H' }),
      /Vox1-H is the list list_test_hard\.txt; it is not in .*v1,/,
    );
    await assert.rejects(
      prepare({ ...sources(), trials: 'X' }),
      /expected O, O-cleaned, .*, got "X", which is no file/,
    );
    await assert.rejects(
      prepare({ type: 'voxceleb', source: tree.at('v1') }),
      /expected recordings of vox2-dev to train on, found only vox1-dev, vox1-test/,
    );
    tree.text('v1/veri_test2.txt', ...Array.from({ length: 12 }, (_, i) => trial(0, `id${10270 + i}`, 'id10309')));
    await assert.rejects(prepare(sources()), (error: Error) => {
      assert.match(
        error.message,
        /veri_test2\.txt: 11 of its 13 utterances are not in .*v1 and .*v2:\n {2}id10271\/aaa/,
      );
      assert.match(error.message, /… and 1 more\nO needs VoxCeleb1 test/);
      return error.name === 'UserError';
    });
    tree.text('v1/veri_test2.txt', '1 id00800-enroll test/id00800-singing-01-001.wav');
    await assert.rejects(prepare(sources()), /This is not a list of VoxCeleb1: expected names such as id10270/);
    tree.text('empty/readme', 'nothing');
    await assert.rejects(
      prepare({ type: 'voxceleb', source: tree.at('empty') }),
      /expected idXXXXX\/<video>\/<number>\.wav/,
    );
  });

  it('refuses a second folder that lies in the first', async () => {
    unpacked();
    const within = { type: 'voxceleb', source: tree.root, source2: tree.at('v2') };
    await assert.rejects(prepare(within), /corpus\.source2: .*v2 lies in corpus\.source, .*, which is read whole\n/);
  });

  it('asks which format where m4a was converted in place, and counts what is not in the layout', async () => {
    unpacked();
    tree.wav('v2/stray.wav');
    writeFileSync(tree.at('v2/dev/aac/id00012/aaaaaaaaaaa/00001.flac'), 'not looked at');
    await assert.rejects(
      prepare(sources()),
      /1 recording is there more than once:\n.*00001\.flac and .*00001\.wav\nSay which/,
    );
    const corpus = await prepare({ ...sources(), formats: ['wav'] });
    assert.match(noteOf(corpus, /not idXXXXX/), /^left out 1 audio files that are not idXXXXX.*stray\.wav$/);
  });

  it('knows an utterance by any of its names', () => {
    for (const name of [
      'wav/id10270/5r0dWxy17C8/00001.wav',
      'id10270/5r0dWxy17C8/00001',
      'id10270-5r0dWxy17C8-00001',
    ]) {
      assert.equal(voxcelebId(name), 'id10270/5r0dWxy17C8/00001');
    }
    assert.equal(voxcelebId('id10270-a-b_cdefghij-00001'), 'id10270/a-b_cdefghij/00001');
    assert.equal(voxcelebId('1089-134686-0000'), undefined);
  });
});
