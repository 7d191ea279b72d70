/**
 * @file Corpus `folder`: one's own recordings, one folder a speaker: `source/speaker/…/utterance.{wav,flac,mp3,…}`.
 *
 * Description: the first folder level is the speaker; folders between it and the file, if any, are the session. An id
 * is the path below the source without its extension (`anna/monday/001`), white space replaced by `_`, so ids are
 * unique. Other layouts: `pattern` takes speaker and session out of the path, as in
 * `^(?<speaker>[^_]+)_(?<session>[^/]+)`. Licence: the user's own. Split: by folders (`train`, `dev`, `test` below the
 * source, each with the speakers' folders in it), or else the test speakers are named (`testSpeakers`), or those of the
 * trial list, or a seeded share of the speakers with two utterances. Trials: `trials: FILE`, or the source's
 * `trials.txt`, or made. A list may name utterances with or without extension. Genders are not known.
 */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError, messageOf } from '../../errors.js';
import { describeOthers, describeSameFiles, type FolderListing } from './audio-files.js';
import { isListThere } from '../../storage/text-lines.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import type { Split } from '../manifest/manifest.js';
import { counted, firstOf, throwProblems } from '../../problem-list.js';
import { formatsOption, listRecordings, refuseTwins, stem } from './recording-files.js';
import { splitOffTest, testSplitOptions, withoutSpaces } from './test-split.js';

const foldersOption = z.array(z.string().min(1)).min(1).optional();

const folderOptions = z.strictObject({
  type: z.literal('folder'),
  /** The folder that holds one folder a speaker. */
  source: z.string().optional(),
  /** Folders below the source that hold the speakers' folders of a split; default: the source, of all. */
  train: foldersOption,
  dev: foldersOption,
  test: foldersOption,
  /** Regular expression on the path below the source; its groups `speaker` and `session` are what they are called. */
  pattern: z.string().optional(),
  formats: formatsOption,
  ...testSplitOptions,
});
type FolderOptions = z.infer<typeof folderOptions>;

const PLACES = { source: 'a folder with one folder a speaker' };

export const folderReader: CorpusReader<typeof folderOptions> = {
  type: 'folder',
  options: folderOptions,
  places: PLACES,
  async prepare(options, context) {
    const source = resolve(requireSource(options.source, PLACES.source));
    const listed: ListedUtterance[] = [];
    const others = new Map<string, number>();
    const silent: string[] = [];
    const roots = foldersOf(source, options);
    let linked = roots.length > 1;
    for (const { folder, split } of roots) {
      const listing = await listRecordings(folder, options.formats);
      listed.push(...listFolder(folder, listing.audio, options.pattern, split));
      for (const [extension, count] of listing.others) others.set(extension, (others.get(extension) ?? 0) + count);
      silent.push(...foldersWithoutAudio(listing).map((name) => (roots.length > 1 ? join(folder, name) : name)));
      linked ||= listing.linked;
    }
    const same = linked ? await describeSameFiles(listed.map(({ path }) => path)) : [];
    const listPath = join(source, 'trials.txt');
    const lists = isListThere(listPath) ? [listPath] : [];
    const split = await splitOffTest(listed, options, { ...context, where: source, lists });
    const { utterances, notes } = await toUtterances(split.listed, { corpus: 'folder', where: source, context });
    const { notes: trialNotes, ...tests } = split.trialsOf(utterances);
    return {
      utterances,
      ...tests,
      notes: [
        ...split.notes,
        ...trialNotes,
        ...notes,
        ...same,
        ...(silent.length > 0 ? [`${counted(silent.length, 'folder')} without audio files: ${firstOf(silent)}`] : []),
        ...describeOthers({ others }),
      ],
    };
  },
};

/** The folders to read; without a split all of the source. */
function foldersOf(source: string, { train, dev, test }: FolderOptions): { folder: string; split?: Split }[] {
  const named = Object.entries({ train, dev, test }).flatMap(([split, folders]) =>
    (folders ?? []).map((folder) => ({ folder: resolve(source, folder), split: split as Split })),
  );
  if (named.length === 0) return [{ folder: source }];
  if (train) return named;
  throw new UserError('corpus.train is not set: expected the folders to train on, as corpus.dev or corpus.test is set');
}

/** Folders of speakers, as it seems, that have no recordings. */
function foldersWithoutAudio({ folders, audio }: FolderListing): string[] {
  const found = new Set(audio.map((file) => file.split('/', 1)[0]));
  return folders.filter((name) => !found.has(name));
}

function listFolder(
  folder: string,
  files: readonly string[],
  pattern: string | undefined,
  split: Split | undefined,
): ListedUtterance[] {
  if (files.length === 0) {
    throw new UserError(`${folder}: expected speaker/…/utterance.wav (or .flac, …) below it, found no audio file`);
  }
  const naming = pattern === undefined ? folderNaming(folder, files) : patternNaming(folder, files, pattern);
  const idOf = (file: string) => withoutSpaces(stem(file));
  refuseTwins(files, idOf, folder);
  checkSpeakerNames(
    naming.map(({ speaker }) => speaker),
    folder,
  );
  return files.map((file, index) => {
    const { speaker, session } = naming[index];
    return {
      id: idOf(file),
      speaker: withoutSpaces(speaker),
      path: join(folder, file),
      ...(session ? { session: `${speaker}/${session}` } : {}),
      ...(split ? { split } : {}),
    };
  });
}

interface Named {
  speaker: string;
  session?: string | undefined;
}

/** First folder: speaker; folders below it: session. */
function folderNaming(folder: string, files: readonly string[]): Named[] {
  const outside = files.filter((file) => !file.includes('/'));
  if (outside.length > 0) {
    throw new UserError(
      `${folder}: ${counted(outside.length, 'audio file is', 'audio files are')} in no speaker's folder: ${firstOf(outside)}\n` +
        "Expected speaker/…/utterance: is the source one level too deep, or is the speaker in the file's name (corpus.pattern)?",
    );
  }
  return files.map((file) => {
    const [speaker, ...below] = file.split('/');
    return { speaker, session: below.slice(0, -1).join('/') };
  });
}

function patternNaming(folder: string, files: readonly string[], pattern: string): Named[] {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    throw new UserError(`corpus.pattern: expected a regular expression: ${messageOf(error)}`, { cause: error });
  }
  if (!pattern.includes('(?<speaker>')) {
    throw new UserError(`corpus.pattern: expected a group (?<speaker>…), got ${JSON.stringify(pattern)}`);
  }
  const problems: string[] = [];
  const named = files.map((file): Named => {
    const groups = expression.exec(stem(file))?.groups;
    if (!groups?.speaker) problems.push(file);
    return { speaker: groups?.speaker ?? '', session: groups?.session };
  });
  throwProblems(problems, { where: folder, what: `of ${files.length} audio files do not fit corpus.pattern` });
  return named;
}

/** Two folders whose names differ in white space only would become one speaker. */
function checkSpeakerNames(names: readonly string[], where: string): void {
  const nameOf = new Map<string, string>();
  for (const name of new Set(names)) {
    const speaker = withoutSpaces(name);
    const other = nameOf.get(speaker) ?? name;
    nameOf.set(speaker, other);
    if (other === name) continue;
    throw new UserError(`${where}: "${other}" and "${name}" would both be speaker ${speaker}; rename one`);
  }
}
