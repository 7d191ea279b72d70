/** @file Lists, tables and corpora, for the fuzzer. Commands in Kaldi's tables are parsed and never run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkManifest } from '../../../src/corpus/manifest/manifest-lines.js';
import { readManifest } from '../../../src/corpus/manifest/manifest.js';
import { readKaldiFolder } from '../../../src/corpus/readers/kaldi-folder.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import { readWsj0Lists } from '../../../src/corpus/readers/wsj0-lists.js';
import { readEnrolment } from '../../../src/corpus/trials/enrolment.js';
import { readTrials } from '../../../src/corpus/trials/trials.js';
import { writeWav } from '../../../src/audio/write-wav.js';
import { readScores } from '../../../src/scoring/scores/scores-file.js';
import { readScp } from '../../../src/storage/kaldi-archive.js';
import { listEmbeddingInputs } from '../../../src/tasks/embedding/input-lists.js';
import { mutateBytes, mutateJson, mutateText } from './mutations.js';
import { fileParser, type FuzzedParser } from './parser.js';

const SPEAKERS = ['ann', 'bob', 'cy', 'dee'];
const lines = (rows: readonly (string | object)[]) =>
  Buffer.from(rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
/** A row for each of eight utterances. */
const rows = <T>(make: (speaker: string, id: string) => T): T[] =>
  SPEAKERS.flatMap((speaker) => [make(speaker, `${speaker}-1`), make(speaker, `${speaker}-2`)]);

/** Parsers of single lists. @param folder a new one, for the files */
export function listParsers(folder: string): FuzzedParser[] {
  const manifest = rows((speaker, id) => ({
    ...{ id, speaker, path: join(folder, `${id}.wav`), duration: 0.5, sampleRate: 8000, channels: 1 },
    ...{ corpus: 'own', split: speaker < 'cy' ? 'train' : 'test', offset: 0.25, session: `${id}-a`, gender: 'f' },
  }));
  return [
    fileParser(folder, {
      name: 'trial lists',
      file: 'trials.txt',
      seeds: [
        lines(rows((speaker, id) => `${id} ann-1 ${speaker === 'ann' ? 'target' : 'nontarget'}`)),
        lines(rows((speaker, id) => `${speaker === 'ann' ? 1 : 0} id1/${id}.wav id2/ann.wav`)),
        lines(rows((speaker, id) => `${id} test/ann ${speaker === 'ann' ? 1 : 0}`)),
        lines(['Enrollment Test Key', ...rows((speaker, id) => `${id} x_${id} ${speaker < 'bob' ? '' : 'non'}target`)]),
        lines(['test,enroll,"label",snr', ...rows((_, id) => `${id},"a""b",1,${id.length}`)]),
      ],
      mutate: mutateText,
      read: (path) => readTrials(path),
      weight: 20,
    }),
    fileParser(folder, {
      name: "gzip'd lists",
      file: 'trials.gz',
      seeds: [gzipSync(lines(rows((_, id) => `${id} ann-1 target`)))],
      mutate: mutateBytes,
      read: (path) => readTrials(path),
      weight: 10,
    }),
    fileParser(folder, {
      name: 'enrolment maps',
      file: 'enroll.map',
      seeds: [lines(SPEAKERS.map((speaker) => `${speaker} ${speaker}-1 ${speaker}-2`))],
      mutate: mutateText,
      read: readEnrolment,
      weight: 10,
    }),
    fileParser(folder, {
      name: 'score files',
      file: 'scores.txt',
      seeds: [
        lines(rows((_, id) => `${id} ann-1 ${id.length / 7}`)),
        lines(rows((speaker, id) => `${id} ann-1 ${-id.length / 7} ${speaker === 'ann' ? 'target' : 'nontarget'}`)),
        lines(rows((speaker, id) => `${speaker === 'ann' ? 1 : 0} ${id} ann-1 ${id.length / 7}`)),
        lines(rows((_, id) => `inf ${id} ann-1`)),
      ],
      mutate: mutateText,
      read: readScores,
      weight: 20,
    }),
    fileParser(folder, {
      name: 'manifests',
      file: 'manifest.jsonl',
      seeds: [lines(manifest)],
      mutate: mutateJson,
      read: (path) => {
        checkManifest(path);
        return readManifest(path);
      },
      weight: 10,
    }),
    fileParser(folder, {
      name: 'Kaldi tables of archives',
      file: 'feats.scp',
      seeds: [lines(['a x.ark:12', 'b x.ark:345[0:9]', 'c dir/y.ark:6[1:2,0:3]', 'd "z z".ark:7'])],
      mutate: mutateText,
      read: readScp,
      weight: 10,
    }),
    fileParser(folder, {
      name: 'lists of files to embed',
      file: 'embed.scp',
      seeds: [lines(['a embed.scp', 'b\tenroll.map', 'c ./scores.txt'])],
      mutate: mutateText,
      read: (path) => listEmbeddingInputs([path]),
      weight: 5,
    }),
  ];
}

/** Parsers of corpora, whose lists name audio that is there. @param folder a new one */
export function corpusParsers(folder: string): FuzzedParser[] {
  const tone = Float32Array.from({ length: 4000 }, (_, i) => 0.5 * Math.sin(i / 5));
  mkdirSync(folder, { recursive: true });
  const audio = (id: string) => join(folder, `${id}.wav`);
  for (const id of rows((_, each) => each)) writeWav(audio(id), tone, 8000);
  const prepare = (options: object) =>
    prepareCorpus(corpusOptions.parse({ testSpeakers: ['cy', 'dee'], ...options }), { audioDir: folder });

  const table = (name: string, file: string, delimiter: string, seeds: string[][][]) =>
    fileParser(folder, {
      name,
      file,
      seeds: seeds.map((fields) => lines(fields.map((row) => row.join(delimiter)))),
      mutate: mutateText,
      read: (source) => prepare({ type: 'csv', source, root: folder }),
    });
  const manifest = rows((speaker, id) => ({
    ...{ id, speaker, path: audio(id), duration: 0.5, sampleRate: 8000, channels: 1, corpus: 'own' },
    split: speaker < 'cy' ? 'train' : 'test',
  }));

  const others = (place: string, own: string, all: Record<string, Buffer>) => {
    for (const [name, content] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, place, name)), { recursive: true });
      if (name !== own) writeFileSync(join(folder, place, name), content);
    }
  };
  /** A parser of each of several lists that are read together. */
  const together = (
    label: string,
    all: Record<string, Buffer>,
    how: { mutate: FuzzedParser['mutate']; read: (place: string) => unknown; weight?: number },
  ) =>
    Object.keys(all).map((name) => {
      const place = `${label}-${name}`.replaceAll(/\W/g, '-');
      others(place, name, all);
      return fileParser(folder, {
        name: `${label} ${name}`,
        file: join(place, name),
        seeds: [all[name]],
        mutate: how.mutate,
        read: () => how.read(join(folder, place)),
        ...(how.weight === undefined ? {} : { weight: how.weight }),
      });
    });

  const recording = (id: string) => ({
    ...{ id, sources: [{ type: 'file', channels: [0], source: audio(id) }] },
    ...{ sampling_rate: 8000, num_samples: 4000, duration: 0.5 },
  });
  const supervision = (speaker: string, id: string) => ({
    ...{ id, recording_id: id, start: 0, duration: 0.5, channel: 0, text: 'words', speaker },
    custom: { gender: 'female' },
  });
  const mixture = (id: string) => `${id}_1.2_012c0203_-1.2_011a0102`;
  return [
    table('CSV', 'table.csv', ',', [
      [['speaker', 'path', 'gender', 'text'], ...rows((speaker, id) => [speaker, `${id}.wav`, 'f', '"a, ""b"""'])],
      [
        ['ID', 'duration', 'wav', 'start', 'stop', 'spk_id'],
        ...rows((speaker, id) => [id, '0.5', `$data_root/${id}.wav`, '0', '4000', speaker]),
      ],
    ]),
    table('TSV', 'table.tsv', '\t', [
      [['client_id', 'path', 'sentence'], ...rows((speaker, id) => [speaker, `${id}.wav`, `He said "no${id}`])],
    ]),
    fileParser(folder, {
      name: 'corpora of a manifest',
      file: 'manifest.jsonl',
      seeds: [lines(manifest)],
      mutate: mutateJson,
      read: (source) => prepareCorpus(corpusOptions.parse({ type: 'manifest', source }), { audioDir: folder }),
      weight: 2,
    }),
    ...together(
      'Kaldi folder',
      {
        'wav.scp': lines(
          rows((_, id) => (id === 'ann-1' ? `${id} sph2pipe -f wav ${id}.sph |` : `${id} ${audio(id)}`)),
        ),
        utt2spk: lines(rows((speaker, id) => `${id} ${speaker}`)),
        segments: lines(rows((_, id) => `${id} ${id} 0.1 ${id.endsWith('1') ? '-1' : '0.4'}`)),
        spk2gender: lines(SPEAKERS.map((speaker) => `${speaker} f`)),
      },
      { mutate: mutateText, read: (place) => readKaldiFolder(place), weight: 3 },
    ),
    ...together(
      'lhotse',
      {
        'x_recordings.jsonl': lines(rows((_, id) => recording(id))),
        'x_supervisions.jsonl': lines(rows(supervision)),
      },
      { mutate: mutateJson, read: (source) => prepare({ type: 'lhotse', source }) },
    ),
    ...together(
      'lhotse',
      {
        'x_cuts.jsonl': lines(
          rows((speaker, id) => ({
            ...{ id, start: 0, duration: 0.5, channel: 0, type: 'MonoCut' },
            ...{ supervisions: [supervision(speaker, id)], recording: recording(id) },
          })),
        ),
      },
      { mutate: mutateJson, read: (source) => prepare({ type: 'lhotse', source }) },
    ),
    ...together(
      'WSJ0-1talker',
      {
        'tr/ref.scp': lines(['011a0101', '011c0201'].map((id) => `${mixture(id)}\t/x y/${mixture(id)}.wav`)),
        'cv/ref.scp': lines(['013a0101', '013c0201'].map((id) => `${mixture(id)}\tC:\\x\\${mixture(id)}.wav`)),
        'enrol/mix.scp': lines(['050a0501', '051a0501'].map((id) => `${id} /x/${id}.wav`)),
        'trials_1talker/trials': lines(
          ['050a0501', '051a0501'].map((id) => `${id} 050a0502_${id} ${id < '051' ? '' : 'non'}target`),
        ),
      },
      { mutate: mutateText, read: readWsj0Lists, weight: 3 },
    ),
  ];
}
