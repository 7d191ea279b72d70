/**
 * @file Corpus `librispeech`: read English audiobooks, 16 kHz FLAC (Panayotov, Chen, Povey, Khudanpur, ICASSP 2015).
 *
 * Description: about 1000 hours by 2484 speakers; ids are `speaker-chapter-utterance`, a session is a chapter.
 * Licence: CC BY 4.0.
 * Split: two layouts are read.
 *  - The released one, `SPEAKERS.TXT` and `subset/speaker/chapter/id.flac`: training is the subsets `train-*`, test the
 *    subsets `test-*`, or those named by `train` and `test`; LibriSpeech brings no trials, so they are made.
 *  - A small excerpt with lists: `train.list` and `test.list` of `id speaker path` lines, `speakers.csv`
 *    (`speaker,gender,…`), and `trials.txt`; the lists are the split.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError, messageOf } from '../errors.js';
import { audioFields, describeAudio, listAudioFiles, probeAudioFiles } from './audio-files.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { compareIds, type Utterance } from './manifest.js';
import { firstOf, throwProblems } from './problem-list.js';
import { makeTrials, trialOptions } from './trial-making.js';
import { readTrials } from './trials.js';

const librispeechOptions = z.strictObject({
  type: z.literal('librispeech'),
  /** The folder with SPEAKERS.TXT (or the one above it), or with train.list. */
  source: z.string().optional(),
  /** Subsets to train on and to test on (released layout); default: all that begin with `train-` and `test-`. */
  train: z.array(z.string()).min(1).optional(),
  test: z.array(z.string()).min(1).optional(),
  seed: z.int().default(1),
  trials: trialOptions({ sessions: 'cross' }),
});
type LibrispeechOptions = z.infer<typeof librispeechOptions>;

type Gender = 'f' | 'm';

/** An utterance before its header is read. */
interface Listed {
  id: string;
  speaker: string;
  path: string;
  split: 'train' | 'test';
}

export const librispeechReader: CorpusReader<typeof librispeechOptions> = {
  type: 'librispeech',
  options: librispeechOptions,
  async prepare(options, { onProgress, signal }) {
    const source = resolve(requireSource(options.source, "LibriSpeech's folder"));
    const isExcerpt = existsSync(join(source, 'train.list'));
    const layout = await (isExcerpt ? readExcerpt(source, options) : readRelease(source, options));
    const { listed, genders, trialsPath, notes } = layout;
    const infos = await probeAudioFiles(
      listed.map(({ path }) => path),
      { where: source, onProgress, signal },
    );
    const utterances = listed.map(({ id, speaker, path, split }, index): Utterance => {
      const gender = genders.get(speaker);
      return {
        id,
        speaker,
        path,
        ...audioFields(infos[index]),
        ...(gender ? { gender } : {}),
        session: id.split('-').slice(0, 2).join('-'),
        corpus: 'librispeech',
        split,
      };
    });
    const test = utterances.filter(({ split }) => split === 'test');
    const trials = trialsPath ? readTrials(trialsPath) : makeTrials(test, { seed: options.seed, ...options.trials });
    return { utterances, trials, notes: [...notes, ...describeAudio(infos)] };
  },
};

interface Layout {
  listed: Listed[];
  genders: Map<string, Gender>;
  trialsPath?: string;
  notes: string[];
}

async function readRelease(given: string, { train, test }: LibrispeechOptions): Promise<Layout> {
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
    for (const subset of chosen[split]) listed.push(...(await readSubset(join(source, subset), split)));
  }
  const unused = subsets.filter((subset) => !chosen.train.includes(subset) && !chosen.test.includes(subset));
  const speakersPath = join(source, 'SPEAKERS.TXT');
  const haveSpeakers = existsSync(speakersPath);
  return {
    listed,
    genders: haveSpeakers ? readSpeakersTxt(speakersPath) : new Map<string, Gender>(),
    notes: [
      `training: ${chosen.train.join(', ')}; test: ${chosen.test.join(', ')}; trials made among the test utterances`,
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

async function readSubset(folder: string, split: 'train' | 'test'): Promise<Listed[]> {
  const { audio } = await listAudioFiles(folder);
  if (audio.length === 0)
    throw new UserError(`${folder}: expected speaker/chapter/id.flac below it, found no such file`);
  const problems: string[] = [];
  const listed = audio.map((file): Listed => {
    const [speaker, chapter] = file.split('/');
    const id = basename(file).replace(/\.[^.]+$/, '');
    if (file.split('/').length !== 3 || !id.startsWith(`${speaker}-${chapter}-`)) problems.push(join(folder, file));
    return { id, speaker, path: join(folder, file), split };
  });
  throwProblems(problems, { where: folder, what: 'files are not at speaker/chapter/speaker-chapter-number.flac' });
  return listed;
}

/** `14 | F | train-clean-360 | 25.03 | Name`, comments after `;`. */
function readSpeakersTxt(path: string): Map<string, Gender> {
  const genders = new Map<string, Gender>();
  for (const { text, where } of linesOf(path)) {
    if (text.startsWith(';')) continue;
    const [speaker, gender] = text.split('|').map((field) => field.trim());
    genders.set(speaker, genderOf(gender, where, text));
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
      `split from train.list and test.list; trials ${haveTrials ? 'from trials.txt' : 'made among the test utterances'}`,
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
  return new Map(
    rows.map(({ text, where }) => {
      const [speaker, gender] = text.split(',');
      return [speaker, genderOf(gender, where, text)];
    }),
  );
}

function genderOf(field: string | undefined, where: string, line: string): Gender {
  if (field === 'F') return 'f';
  if (field === 'M') return 'm';
  throw new UserError(`${where}: expected gender F or M in the second field, got ${JSON.stringify(line)}`);
}

/** The lines of a text file that are not blank, with file:line. Throws UserError where there are none. */
function linesOf(path: string): { text: string; where: string }[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const lines = content
    .split('\n')
    .map((line, index) => ({ text: line.trim(), where: `${path}:${index + 1}` }))
    .filter(({ text }) => text !== '');
  if (lines.length === 0) throw new UserError(`${path}: the file is empty`);
  return lines;
}
