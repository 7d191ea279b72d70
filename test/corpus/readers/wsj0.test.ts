/** @file WSJ0-1talker: utterances under every disc layout, the lists as they come, what is missing or double. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeWav } from '../../../src/audio/write-wav.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import {
  countLists,
  publishedCounts,
  readWsj0Lists,
  unpublishedLists,
} from '../../../src/corpus/readers/wsj0-lists.js';
import { skip } from '../../skip.js';

/** s1, s2 and so often: mixtures differ in their gain. */
const mixtures = (...rows: [s1: string, s2: string, times?: number][]) =>
  rows.flatMap(([s1, s2, times = 1]) => Array.from({ length: times }, (_, i) => `${s1}_${i}.5_${s2}_-${i}.5_${s1}`));
const TRAINING = mixtures(['011c0201', '012c0201', 3], ['011c0201', '012c0202', 1], ['012c0201', '011c0202']);
const DEVELOPMENT = mixtures(['011o0301', '012o0301', 2], ['012o0301', '011o0301']);
const ENROLMENT = ['050a0501', '050a0502', '440c0401', '440c0402'];
const TRIALS = [
  '050a0501 050a0502_050a0501 target',
  '440c0401 050a0502_440c0401 nontarget',
  '440c0402 440c0401_440c0402 target',
  '440c0402 440c0401_440c0402 target',
];
const UTTERANCES = ['011c0201', '012c0201', '011o0301', '012o0301', ...ENROLMENT];
const OTHER_TALKERS = ['012c0202', '011c0202'];

type Layout = (id: string) => string;
const setOf = (id: string) => (id.startsWith('0') && !id.startsWith('05') ? 'si_tr_s' : 'si_dt_05');
const discs: Layout = (id) =>
  `${setOf(id) === 'si_tr_s' ? '11-1.1' : '11-6.1'}/wsj0/${setOf(id)}/${id.slice(0, 3)}/${id}.wv1`;

describe('corpus wsj0', () => {
  let root: string;
  let source: string;
  let lists: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'wsj0-'));
    source = join(root, 'audio');
    lists = join(root, 'lists');
    writeLists({});
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const prepare = (options: Record<string, unknown> = {}) =>
    prepareCorpus(corpusOptions.parse({ type: 'wsj0', source, lists, ...options }), { audioDir: root });

  function writeLists({
    training = TRAINING,
    development = DEVELOPMENT,
    enrolment = ENROLMENT,
    trials = TRIALS,
    encode = (text: string): string | Buffer => text,
    extension = '',
  }): void {
    const write = (name: string, lines: string[]) => {
      mkdirSync(dirname(join(lists, name)), { recursive: true });
      writeFileSync(join(lists, name + extension), encode(lines.map((line) => `${line}\n`).join('')));
    };
    write(
      'tr/ref.scp',
      training.map((id) => `${id}\t/export/home/x y/tr/s1/${id}.wav`),
    );
    write(
      'cv/ref.scp',
      development.map((id) => `${id}\tC:\\data\\cv\\s1\\${id}.wav`),
    );
    write(
      'enrol/mix.scp',
      enrolment.map((id) => `${id} /export/si_dt_05_8k/${id.slice(0, 3)}/${id}.wav`),
    );
    write('trials_1talker/trials', trials);
  }

  /** A sine whose length and frequency depend on the id: copies are equal, others are not. */
  function audio(
    path: string,
    { id = /[0-9a-z]{8}(?=\.)/i.exec(path)![0].toLowerCase(), rate = 16_000, gain = 0.1 } = {},
  ): void {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    const length = (0.5 + 0.1 * Number(id.at(-1))) * rate;
    writeWav(
      join(source, path),
      Float32Array.from({ length }, (_, i) => gain * Math.sin(i / 9)),
      rate,
    );
  }
  const writeAudio = (layout: Layout, ids = UTTERANCES) => ids.forEach((id) => audio(layout(id)));

  const layouts: [name: string, layout: Layout][] = [
    ['discs', discs],
    ['merged discs', (id) => discs(id).replace(/^[^/]*\//, '')],
    ['capitals', (id) => discs(id).toUpperCase()],
    ['folders of the LDC in capitals', (id) => `NIST-Speech-Disc-${discs(id).toUpperCase()}`],
    ['converted files', (id) => `wav/${setOf(id)}_16k/${id.slice(0, 3)}/${id}.wav`],
    ['converted files that keep the old extension', (id) => `${id}.wv1.wav`],
  ];
  for (const [name, layout] of layouts) {
    it(`finds every utterance in ${name}`, async () => {
      writeAudio(layout);
      const { utterances, trials } = await prepare();
      assert.deepEqual(
        utterances.map(({ id, split }) => `${id} ${split}`),
        ['011c0201 train', '012c0201 train', '011o0301 dev', '012o0301 dev', ...ENROLMENT.map((id) => `${id} test`)],
      );
      assert.ok(utterances.every(({ id, path }) => path === join(source, layout(id))));
      assert.equal(utterances[0].speaker, '011');
      assert.equal(utterances[0].session, '011-02');
      assert.equal(trials!.length, 4);
    });
  }

  it('takes an utterance as often as it is listed, or once', async () => {
    writeAudio(discs);
    const official = await prepare();
    assert.deepEqual(
      official.utterances.filter(({ split }) => split === 'train').map(({ repeats }) => repeats),
      [4, undefined],
    );
    const unique = await prepare({ repeats: 'unique' });
    assert.ok(unique.utterances.every(({ repeats }) => repeats === undefined));
    assert.match(unique.notes.join('\n'), /5 files are 2 distinct utterances; each is trained on once an epoch/);
  });

  it('appends the silence up to the length of the other talker', async () => {
    writeAudio(discs, [...UTTERANCES, ...OTHER_TALKERS]);
    const { utterances } = await prepare({ trailingSilence: 'max' });
    const train = utterances.filter(({ split }) => split === 'train');
    assert.deepEqual(
      train.map(({ id, repeats, trailingSilence }) => [id, repeats, trailingSilence]),
      [
        ['011c0201', 3, undefined], // 0.6 s, as long as 012c0201
        ['011c0201+012c0202', undefined, 0.1],
        ['012c0201+011c0202', undefined, 0.1],
      ],
    );
    assert.ok(utterances.every(({ split, trailingSilence }) => split === 'train' || trailingSilence === undefined));
    rmSync(join(source, discs('011c0202')));
    await assert.rejects(
      prepare({ trailingSilence: 'max' }),
      /1 of 10 utterances are not there \(other talkers 1\):\n {2}011c0202/,
    );
    const { notes, partial } = await prepare({ trailingSilence: 'max', allowMissing: true });
    assert.match(notes.join('\n'), /of 1 files it is not known, as the other talker's utterance is missing/);
    assert.match(partial!, /1 of 10 utterances missing/);
  });

  it('lists ten missing utterances and the count, or goes on and says that this is partial', async () => {
    const enrolment = [...ENROLMENT, ...Array.from({ length: 12 }, (_, i) => `441c04${String(i).padStart(2, '0')}`)];
    writeLists({ enrolment });
    writeAudio(
      discs,
      UTTERANCES.filter((id) => id !== '440c0402'),
    );
    await assert.rejects(prepare(), {
      name: 'UserError',
      message:
        /13 of 20 utterances are not there \(test 13\):\n {2}440c0402 \(test\)\n( {2}441c04.. \(test\)\n){9}… and 3 more\nNothing at all of 1 speakers: 441\n.*--allow-missing/,
    });
    const { trials, partial } = await prepare({ allowMissing: true });
    assert.equal(trials!.length, 2);
    assert.match(
      partial!,
      /^partial WSJ0-1talker: 2 of 51,000 trials, 5 of 20,000 training files; .*; 13 of 20 utterances missing$/,
    );
  });

  it('says which part is not covered at all', async () => {
    writeAudio(
      discs,
      UTTERANCES.filter((id) => !id.startsWith('4') && !id.startsWith('05')),
    );
    await assert.rejects(
      prepare({ allowMissing: true }),
      /no trial of the lists is covered.*\n.*si_dt_05 and si_et_05/,
    );
  });

  it('never takes the second microphone for the first', async () => {
    writeAudio(discs);
    writeAudio((id) => discs(id).replace('.wv1', '.wv2'));
    const { utterances, notes } = await prepare();
    assert.ok(utterances.every(({ path }) => path.endsWith('.wv1')));
    assert.ok(notes.includes('8 files of the second microphone (.wv2) are not used'));
    rmSync(join(source, discs('011c0201')));
    await assert.rejects(prepare(), /011c0201 \(training\): only the second microphone, \.wv2/);
  });

  it('counts what it does not use', async () => {
    writeAudio(discs);
    audio('11-6.1/wsj0/si_dt_20/050/050c0a01.wv1', { id: 'xxxxxxx1' });
    audio('noise.1.wav', { id: '1' });
    writeFileSync(join(source, 'readme.txt'), '');
    const { notes } = await prepare();
    assert.ok(notes.includes('1 other WSJ0 utterances are not in the lists and not used'));
    assert.ok(notes.includes('2 files that are no WSJ0 audio are not used'));
  });

  it('takes the original before the converted, and 16 kHz before 8 kHz', async () => {
    for (const id of UTTERANCES) audio(`si_dt_05_8k/${id}.wav`, { rate: 8000 });
    writeAudio((id) => `converted/${id}.wav`);
    assert.ok((await prepare()).utterances.every(({ path }) => path.includes('converted')));
    writeAudio((id) => `zzz/${id}.wv1`);
    const { utterances, notes } = await prepare();
    assert.ok(utterances.every(({ path }) => path.endsWith('.wv1')));
    assert.match(notes.join('\n'), /8 utterances are there more than once; .*: zzz\/011c0201\.wv1, not converted/);
  });

  it('takes the first of equal copies, and refuses copies that differ', async () => {
    writeAudio(discs);
    writeAudio((id) => `merged/${id}.wv1`);
    assert.ok((await prepare()).utterances.every(({ path }) => path.includes('/11-')));
    audio('merged/050a0501.wv1', { gain: 0.2 });
    audio('merged/440c0401.wv1', { id: '440c0409' });
    await assert.rejects(
      prepare(),
      /2 utterances are there twice, with different samples:\n.*050a0501\.wv1 and .*merged\/050a0501\.wv1\n.*440c0401/,
    );
  });

  const encodings: [name: string, encode: (text: string) => string | Buffer, extension?: string][] = [
    ['Windows line endings and a byte-order mark', (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
    ['gzip', (text) => gzipSync(text), '.gz'],
    ['capitals', (text) => text.replace(/\b[0-9a-z]{8}(?=[_\s.])/g, (id) => id.toUpperCase())],
  ];
  for (const [name, encode, extension = ''] of encodings) {
    it(`reads lists with ${name}`, async () => {
      writeAudio(discs);
      const { utterances, trials } = await prepare();
      rmSync(lists, { recursive: true });
      writeLists({ encode, extension });
      const again = await prepare();
      assert.deepEqual(again.utterances, utterances);
      assert.deepEqual(again.trials, trials);
    });
  }

  it('finds the lists in a clone of their repository', async () => {
    writeAudio(discs);
    cpSync(lists, join(root, 'clone/egs/WSJ0-2mix-extr/data'), { recursive: true });
    assert.equal((await prepare({ lists: join(root, 'clone') })).trials!.length, 4);
  });

  const badLists: [what: string, lists: Parameters<typeof writeLists>[0], message: RegExp][] = [
    [
      'mixtures of another corpus',
      { training: ['1272-128104-0000_84-121123-0001'] },
      /tr\/ref\.scp:1: expected a mixture of WSJ0 .*got "1272-.*\nAre these the lists of another corpus\?/,
    ],
    [
      'trials of another corpus',
      { trials: ['1272-128104-0000 84-121123-0001 target'] },
      /trials:1: expected .* with WSJ0 utterances .*\nAre these/,
    ],
    [
      'enrolments of another corpus',
      { enrolment: ['id10270/x/00001'] },
      /enrol\/mix\.scp:1: expected a WSJ0 utterance/,
    ],
    [
      'a label that the ids contradict',
      { trials: [...TRIALS, '050a0501 440c0402_050a0501 target'] },
      /1 trials whose label is not what .*\n.*trials:5: 050a0501 440c0402 target/,
    ],
    [
      'another enrolment in the pair',
      { trials: ['050a0501 050a0502_440c0401 target'] },
      /trials:1: expected the test 050a0502_050a0501/,
    ],
    [
      'a line that is cut short',
      { trials: ['050a0501 050a0502_050a0501'] },
      /trials:1: expected "enrolment test_enrolment .*got 2 fields/,
    ],
    ['an empty list', { development: [] }, /cv\/ref\.scp: the development list is empty/],
    ['a mixture twice', { training: [...TRAINING, TRAINING[0]] }, /tr\/ref\.scp:6: the mixture .* is listed twice/],
    [
      'an utterance in training and development',
      { development: [...DEVELOPMENT, ...mixtures(['011c0201', '012o0301'])] },
      /1 utterances are both in tr\/ref\.scp and in cv\/ref\.scp:\n {2}011c0201/,
    ],
    [
      'an enrolment that is not listed',
      { enrolment: ENROLMENT.slice(1) },
      /1 utterances enrol in trials but are not in the enrolment list/,
    ],
    [
      'a speaker in training and test',
      { training: [...TRAINING, ...mixtures(['050a0509', '011c0201'])] },
      /1 speaker is both in training and in test:\n {2}050: 050a0509/,
    ],
  ];
  for (const [what, written, message] of badLists) {
    it(`refuses ${what}`, async () => {
      writeAudio(discs, [...UTTERANCES, '050a0509']);
      writeLists(written);
      await assert.rejects(prepare(), { name: 'UserError', message });
    });
  }

  it('explains wrong folders', async () => {
    writeAudio(discs);
    await assert.rejects(
      prepare({ lists: undefined }),
      /corpus\.lists is not set: expected a clone of the WSJ0-1talker/,
    );
    await assert.rejects(
      prepare({ source: lists, lists: source }),
      /found the lists\nAre --source .* and --lists .* swapped\?/,
    );
    await assert.rejects(prepare({ lists: source }), /expected the WSJ0-1talker lists .*, found 11-1\.1, 11-6\.1\n/);
    await assert.rejects(prepare({ lists: join(root, 'none') }), /none: expected .*, found no such folder/);
    rmSync(source, { recursive: true });
    audio('speech.wav', { id: '1' });
    await assert.rejects(prepare(), /found 1 audio files and none of those that the lists name/);
  });
});

describe('corpus wsj0, published data', () => {
  const shared = (path: string) => resolve('../shared', path);

  it('knows the published lists by their counts and ids', function () {
    const protocol = shared('wsj0-1talker');
    if (!existsSync(protocol)) skip(this, 'the lists are not part of the project');
    const root = mkdtempSync(join(tmpdir(), 'wsj0-lists-'));
    try {
      const lines = (file: string) =>
        gunzipSync(readFileSync(join(protocol, file)))
          .toString()
          .trim()
          .split('\n');
      const write = (file: string, rows: string[]) => {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), `${rows.join('\n')}\n`);
      };
      const scp = (id: string) => `${id}\t/x/${id}.wav`;
      write('tr/ref.scp', lines('tr_mix_ids.list.gz').map(scp));
      write('cv/ref.scp', lines('cv_mix_ids.list.gz').map(scp));
      write('enrol/mix.scp', lines('enrol.list.gz').map(scp));
      const trials = lines('trials.tsv.gz').map((line) => line.split('\t'));
      write(
        'trials_1talker/trials',
        trials.map(([enrol, test, label]) => `${enrol} ${test}_${enrol} ${label}`),
      );
      const lists = readWsj0Lists(root);
      assert.deepEqual(countLists(lists), publishedCounts);
      assert.deepEqual(unpublishedLists(lists), []);
      lists.trials.pop();
      assert.deepEqual(unpublishedLists(lists), ['trials']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('reads the small stand-in', async function () {
    const small = shared('mini-wsj0');
    if (!existsSync(small)) skip(this, 'the stand-in is not part of the project');
    const options = { type: 'wsj0', source: join(small, 'wsj0'), lists: join(small, 'lists') };
    const { utterances, trials, partial } = await prepareCorpus(corpusOptions.parse(options), { audioDir: '' });
    const inSplit = (split: string) => utterances.filter((utterance) => utterance.split === split);
    assert.deepEqual(
      ['train', 'dev', 'test'].map((split) => inSplit(split).length),
      [303, 101, 237],
    );
    assert.equal(
      inSplit('train').reduce((sum, { repeats = 1 }) => sum + repeats, 0),
      1203,
    );
    assert.equal(trials!.length, 2348);
    assert.match(
      partial!,
      /^partial WSJ0-1talker: 2,348 of 51,000 trials, 1,203 of 20,000 training files; lists cut down/,
    );
  });
});
