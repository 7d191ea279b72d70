/**
 * @file Corpus `librispeech`: read English audiobooks, 16 kHz FLAC (Panayotov, Chen, Povey, Khudanpur, ICASSP 2015).
 *
 * Description: about 1000 hours by 2484 speakers; ids are `speaker-chapter-utterance`, a session is a chapter.
 * Licence: CC BY 4.0; openslr.org/12.
 * Split: two layouts are read.
 *  - The released one, `SPEAKERS.TXT` and `subset/speaker/chapter/id.flac`: training is the subsets `train-*`, test the
 *    subsets `test-*`, or those named by `train` and `test`; LibriSpeech brings no trials: they are made, or read from the
 *    list that `trials` names.
 *  - A small excerpt with lists: `train.list` and `test.list` of `id speaker path` lines, `speakers.csv`
 *    (`speaker,gender,…`), and `trials.txt` (or `trials: FILE`); the lists are the split.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError, messageOf } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { listAudioFiles } from './audio-files.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { parseGender, type Gender } from '../manifest/gender.js';
import { toUtterances } from './listed-utterance.js';
import { compareIds } from '../manifest/manifest.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import { formatsOption, listRecordings, refuseTwins, stem } from './recording-files.js';
import { madeTestTrials, readTestTrials, testTrialList, testTrialOptions } from '../trials/test-trials.js';

const librispeechOptions = z.strictObject({
  type: z.literal('librispeech'),
  /** The folder with SPEAKERS.TXT (or the one above it), or with train.list. */
  source: z.string().optional(),
  /** Subsets to train on and to test on (released layout); default: all that begin with `train-` and `test-`. */
  train: z.array(z.string()).min(1).optional(),
  test: z.array(z.string()).min(1).optional(),
  formats: formatsOption,
  seed: z.int().min(0).default(1),
  ...testTrialOptions({ sessions: 'cross' }),
});
type LibrispeechOptions = z.infer<typeof librispeechOptions>;

/** An utterance before its header is read. */
interface Listed {
  id: string;
  speaker: string;
  path: string;
  split: 'train' | 'test';
}

const PLACES = { source: "LibriSpeech's folder" };

export const librispeechReader: CorpusReader<typeof librispeechOptions> = {
  type: 'librispeech',
  language: 'English',
  options: librispeechOptions,
  places: PLACES,
  async prepare(options, context) {
    const source = resolve(requireSource(options.source, PLACES.source));
    const isExcerpt = existsSync(join(source, 'train.list'));
    const layout = await (isExcerpt ? readExcerpt(source, options) : readRelease(source, options));
    const { genders } = layout;
    const listed = layout.listed.map((item) => {
      const gender = genders.get(item.speaker);
      return { ...item, session: item.id.split('-').slice(0, 2).join('-'), ...(gender ? { gender } : {}) };
    });
    const { utterances, notes } = await toUtterances(listed, { corpus: 'librispeech', where: source, context });
    const list = testTrialList(options, layout.trialsPath);
    const testIds = () => new Set(utterances.filter(({ split }) => split === 'test').map(({ id }) => id));
    const { notes: trialNotes, ...tests } =
      list !== undefined
        ? await readTestTrials(list, testIds(), options)
        : context.makeTrials === false
          ? { notes: [] }
          : madeTestTrials(utterances, options);
    return { utterances, ...tests, notes: [...layout.notes, ...trialNotes, ...notes] };
  },
};

interface Layout {
  listed: Listed[];
  genders: Map<string, Gender>;
  trialsPath?: string;
  notes: string[];
}

async function readRelease(given: string, { train, test, formats }: LibrispeechOptions): Promise<Layout> {
  const source = existsSync(join(given, 'LibriSpeech')) ? join(given, 'LibriSpeech') : given;
  const subsets = foldersOf(source);
  const named = [...(train ?? []), ...(test ?? [])].filter((subset) => !subsets.includes(subset));
  if (named.length > 0) {
    throw new UserError(`${source}: no subset ${firstOf(named)}; found: ${firstOf(subsets) || 'no folders'}`);
  }
  const chosen = {
    train: train ?? subsets.filter((subset) => subset.startsWith('train-')),
    test: test ?? subsets.filter((subset) => subset.startsWith('test-')),
  };
  for (const split of ['train', 'test'] as const) {
    if (chosen[split].length > 0) continue;
    throw new UserError(
      `${source}: expected LibriSpeech's subsets (${split}-…/speaker/chapter/id.flac) or train.list, found: ` +
        `${firstOf(subsets) || 'no folders'}\nPoint corpus.source at the folder with SPEAKERS.TXT, or name the subsets with corpus.${split}.`,
    );
  }
  const listed: Listed[] = [];
  for (const split of ['train', 'test'] as const) {
    for (const subset of chosen[split]) listed.push(...(await readSubset(join(source, subset), split, formats)));
  }
  const unused = subsets.filter((subset) => !chosen.train.includes(subset) && !chosen.test.includes(subset));
  const speakersPath = join(source, 'SPEAKERS.TXT');
  const haveSpeakers = existsSync(speakersPath);
  return {
    listed,
    genders: haveSpeakers ? readSpeakersTxt(speakersPath) : new Map<string, Gender>(),
    notes: [
      `training: ${chosen.train.join(', ')}; test: ${chosen.test.join(', ')}`,
      ...(unused.length > 0 ? [`subsets not used: ${firstOf(unused)}`] : []),
      ...(haveSpeakers ? [] : [`no ${speakersPath}: genders are not known`]),
    ],
  };
}

function foldersOf(source: string): string[] {
  try {
    return readdirSync(source, { withFileTypes: true })
      .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort(compareIds);
  } catch (error) {
    throw new UserError(`${source}: cannot read the corpus: ${messageOf(error)}`, { cause: error });
  }
}

async function readSubset(folder: string, split: 'train' | 'test', formats?: string[]): Promise<Listed[]> {
  const { audio } = await listRecordings(folder, formats);
  if (audio.length === 0)
    throw new UserError(`${folder}: expected speaker/chapter/id.flac below it, found no such file`);
  const problems: string[] = [];
  const listed = audio.map((file): Listed => {
    const [speaker, chapter] = file.split('/');
    const id = stem(basename(file));
    if (file.split('/').length !== 3 || !id.startsWith(`${speaker}-${chapter}-`)) problems.push(join(folder, file));
    return { id, speaker, path: join(folder, file), split };
  });
  throwProblems(problems, { where: folder, what: 'files are not at speaker/chapter/speaker-chapter-number.flac' });
  refuseTwins(audio, stem, folder);
  return listed;
}

/** `14 | F | train-clean-360 | 25.03 | Name`, comments after `;`. */
function readSpeakersTxt(path: string): Map<string, Gender> {
  const genders = new Map<string, Gender>();
  for (const { text, where } of linesOf(path)) {
    if (text.startsWith(';')) continue;
    const [speaker, gender] = text.split('|').map((field) => field.trim());
    setGender(genders, speaker, gender, where);
  }
  return genders;
}

async function readExcerpt(source: string, { train, test }: LibrispeechOptions): Promise<Layout> {
  if (train ?? test)
    throw new UserError(`${source}: has train.list and test.list; remove corpus.train and corpus.test`);
  const listed = (['train', 'test'] as const).flatMap((split) =>
    linesOf(join(source, `${split}.list`)).map(({ text, where }): Listed => {
      const fields = text.split(/\s+/);
      if (fields.length !== 3) {
        throw new UserError(
          `${where}: expected 3 fields (id speaker path), got ${fields.length}: ${JSON.stringify(text)}`,
        );
      }
      const [id, speaker, path] = fields;
      return { id, speaker, path: join(source, path), split };
    }),
  );
  const paths = new Set(listed.map(({ path }) => path));
  const unlisted = (await listAudioFiles(source)).audio.filter((file) => !paths.has(join(source, file)));
  const trialsPath = join(source, 'trials.txt');
  const speakersPath = join(source, 'speakers.csv');
  const genders = existsSync(speakersPath) ? readSpeakersCsv(speakersPath) : new Map<string, Gender>();
  const haveTrials = existsSync(trialsPath);
  return {
    listed,
    genders,
    ...(haveTrials ? { trialsPath } : {}),
    notes: [
      'split from train.list and test.list',
      ...(unlisted.length > 0
        ? [`left out ${unlisted.length} audio files that are in neither list: ${firstOf(unlisted)}`]
        : []),
      ...(genders.size > 0 ? [] : [`no ${speakersPath}: genders are not known`]),
    ],
  };
}

/** `speaker,gender,…` with a header line. */
function readSpeakersCsv(path: string): Map<string, Gender> {
  const [header, ...rows] = linesOf(path);
  if (!header.text.startsWith('speaker,gender')) {
    throw new UserError(`${header.where}: expected the header "speaker,gender,…", got ${JSON.stringify(header.text)}`);
  }
  const genders = new Map<string, Gender>();
  for (const { text, where } of rows) {
    const [speaker, gender] = text.split(',');
    setGender(genders, speaker, gender, where);
  }
  return genders;
}

function setGender(genders: Map<string, Gender>, speaker: string, field: string | undefined, where: string): void {
  const gender = parseGender(field, where);
  if (gender) genders.set(speaker, gender);
}

/** The lines of a text file that are not blank, with file:line. Throws UserError where there are none. */
function linesOf(path: string): { text: string; where: string }[] {
  const lines = [...readTextLines(path)]
    .map(({ text, number }) => ({ text: text.trim(), where: `${path}:${number}` }))
    .filter(({ text }) => text !== '');
  if (lines.length === 0) throw new UserError(`${path}: the file is empty`);
  return lines;
}
