/**
 * @file Where WSJ0's utterances lie: found by their ids, whatever the folders around them are called.
 *
 * LDC93S6A comes as discs (`11-1.1/wsj0/si_tr_s/011/011c0201.wv1`); copies merge them, write names in capitals, call
 * the discs `NIST-Speech-Disc-11-1.1`, or hold converted files (`.wav`, `.flac`, `.wv1.wav`; `si_dt_05_8k` at 8 kHz).
 * So an audio file whose name begins with an id of eight characters is that utterance. `.wv2` is the second
 * microphone's recording of the same sentence: another channel, so never taken in place of the first.
 *
 * Of several files of one utterance the one taken is, in this order: the original `.wv1`; the highest sample rate; the
 * first path in code-unit order. Two originals, or two of one kind and rate, must hold the same samples.
 */
import { basename, extname, join } from 'node:path';
import type { AudioInfo } from '../../audio/probe.js';
import { readAudio } from '../../audio/read.js';
import { fileSha256 } from '../../storage/hashing.js';
import { type FolderListing, listAudioFiles, probeAudioFiles } from './audio-files.js';
import type { PrepareContext } from './corpus-reader.js';
import { compareIds } from '../manifest/manifest.js';
import { firstOf, throwProblems } from '../../problem-list.js';

/** What lies below a folder. */
export interface DiscFiles {
  /** The first microphone's files of each utterance that was asked for, absolute, in code-unit order. */
  paths: Map<string, string[]>;
  /** Utterances that were asked for and of which there is the second microphone only. */
  secondMicrophoneOnly: string[];
  /** Notes on files that are not used. */
  notes: string[];
  /** Audio files in all. */
  files: number;
}

/** An utterance's file and its header. */
export interface FoundUtterance {
  path: string;
  info: AudioInfo;
}

/** Looks for utterances below a folder. @throws UserError where it cannot be read */
export async function findUtterances(source: string, wanted: ReadonlySet<string>): Promise<DiscFiles> {
  const listing = await listAudioFiles(source);
  const paths = new Map<string, string[]>();
  const second = new Set<string>();
  const unused = { utterances: new Set<string>(), second: 0, other: 0 };
  for (const file of listing.audio) {
    const [id, ...extensions] = basename(file).toLowerCase().split('.');
    const isSecond = extensions.includes('wv2');
    if (isSecond) unused.second++;
    if (!/^[0-9a-z]{8}$/.test(id)) unused.other++;
    else if (!wanted.has(id)) unused.utterances.add(id);
    else if (isSecond) second.add(id);
    else paths.set(id, [...(paths.get(id) ?? []), join(source, file)]);
  }
  return {
    paths,
    secondMicrophoneOnly: [...second].filter((id) => !paths.has(id)).sort(compareIds),
    notes: describeUnused(unused, listing),
    files: listing.audio.length,
  };
}

function describeUnused(
  { utterances, second, other }: { utterances: Set<string>; second: number; other: number },
  { others }: FolderListing,
): string[] {
  const rest = [...others.values()].reduce((sum, count) => sum + count, other);
  return [
    ...(utterances.size > 0 ? [`${utterances.size} other WSJ0 utterances are not in the lists and not used`] : []),
    ...(second > 0 ? [`${second} files of the second microphone (.wv2) are not used`] : []),
    ...(rest > 0 ? [`${rest} files that are no WSJ0 audio are not used`] : []),
  ];
}

/**
 * Reads the headers, and chooses one file of each utterance.
 * @returns the files by utterance, and notes on utterances that were found more than once
 * @throws UserError listing unreadable files, and copies that differ
 */
export async function chooseFiles(
  paths: ReadonlyMap<string, readonly string[]>,
  { source, onProgress, signal }: { source: string } & Pick<PrepareContext, 'onProgress' | 'signal'>,
): Promise<{ found: Map<string, FoundUtterance>; notes: string[] }> {
  const all = [...paths.values()].flat();
  const infos = await probeAudioFiles(all, { where: source, onProgress, signal });
  const infoOf = new Map(all.map((path, index) => [path, infos[index]]));
  const found = new Map<string, FoundUtterance>();
  const copies: FoundUtterance[][] = [];
  for (const [id, own] of paths) {
    const files = own.map((path): FoundUtterance => ({ path, info: infoOf.get(path)! })).sort(preference);
    found.set(id, files[0]);
    if (files.length > 1) copies.push(files);
  }
  const differing: string[] = [];
  for (const [taken, ...rest] of copies) {
    for (const other of rest) {
      signal?.throwIfAborted();
      if (!(await sameContent(taken, other))) differing.push(`${taken.path} and ${other.path}`);
    }
  }
  throwProblems(differing, {
    where: source,
    what: 'utterances are there twice, with different samples',
    remedy: 'Remove the wrong copies, or point --source (corpus.source) at a folder with one copy.',
  });
  return { found, notes: [...describeCopies(copies, source), ...describeKinds(found.values())] };
}

const isOriginal = ({ path }: FoundUtterance) => /\.wv1$/i.test(path);

function preference(a: FoundUtterance, b: FoundUtterance): number {
  return (
    Number(isOriginal(b)) - Number(isOriginal(a)) || b.info.sampleRate - a.info.sampleRate || compareIds(a.path, b.path)
  );
}

/** Of one rate and length; of one kind also the same samples. Files of different rates cannot be compared. */
async function sameContent(a: FoundUtterance, b: FoundUtterance): Promise<boolean> {
  if (a.info.sampleRate !== b.info.sampleRate) return true;
  if (a.info.frames !== b.info.frames) return false;
  if (kindOf(a.path) !== kindOf(b.path)) return true;
  if ((await fileSha256(a.path)) === (await fileSha256(b.path))) return true;
  // The headers may still differ alone.
  const [one, other] = await Promise.all([a, b].map(({ path }) => readAudio(path, { channel: 0 })));
  return one.samples.every((sample, index) => sample === other.samples[index]);
}

const kindOf = (path: string) => extname(path).toLowerCase();

function describeCopies(copies: readonly FoundUtterance[][], source: string): string[] {
  if (copies.length === 0) return [];
  const [[taken, ...rest]] = copies;
  const below = (path: string) => path.slice(source.length + 1);
  return [
    `${copies.length} utterances are there more than once; of each the .wv1, else the highest sample rate, else the ` +
      `first path is read: ${below(taken.path)}, not ${firstOf(rest.map(({ path }) => below(path)))}`,
  ];
}

/** `files read: 7,925 .wv1 at 16000 Hz, …` */
function describeKinds(found: Iterable<FoundUtterance>): string[] {
  const counts = new Map<string, number>();
  for (const { path, info } of found) {
    const kind = `${kindOf(path)} at ${info.sampleRate} Hz`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`);
  const mixed = kinds.length > 1 ? '; audio of different origin in training and test can be told apart by a model' : '';
  return [`utterances read: ${kinds.join(', ')}${mixed}`];
}
