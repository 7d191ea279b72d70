/**
 * @file Finding the audio files of a corpus and reading their headers.
 *
 * Files are found by extension (those of the formats in src/audio), symbolic links followed; everything else is counted, so that a reader can
 * say what it left out. Headers are read several at a time, as a corpus may lie on a network disk.
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { audioExtensions } from '../audio/formats.js';
import { type AudioInfo, probeAudio } from '../audio/probe.js';
import { UserError, messageOf } from '../errors.js';
import { compareIds } from './manifest.js';
import { firstOf, throwProblems } from './problem-list.js';

const CONCURRENT_PROBES = 16;
/** Deeper than any corpus; a symbolic link to its own parent gets there. */
const DEEPEST = 16;

export interface FolderListing {
  /** Paths relative to the folder, with `/`, in code-unit order. */
  audio: string[];
  /** Number of other files by extension. */
  others: Map<string, number>;
}

/** All audio files below a folder. Throws UserError where the folder is missing or unreadable. */
export async function listAudioFiles(folder: string): Promise<FolderListing> {
  const listing: FolderListing = { audio: [], others: new Map() };
  await walk(folder, '', 0, listing);
  listing.audio.sort(compareIds);
  return listing;
}

async function walk(root: string, below: string, depth: number, listing: FolderListing): Promise<void> {
  const folder = join(root, below);
  if (depth > DEEPEST)
    throw new UserError(`${folder}: more than ${DEEPEST} folders deep; a symbolic link in a circle?`);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'no such folder' : error.code === 'ENOTDIR' ? 'not a folder' : error.message;
    throw new UserError(`${folder}: cannot read the corpus: ${reason}`, { cause: error });
  });
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(root, path)) : entry.isDirectory();
    const extension = extname(entry.name).toLowerCase();
    // Names with a leading dot belong to the system (.DS_Store, macOS's ._x.wav twins), not to the corpus.
    if (entry.name.startsWith('.')) continue;
    if (isFolder) await walk(root, path, depth + 1, listing);
    else if (audioExtensions.includes(extension)) listing.audio.push(path);
    else listing.others.set(extension, (listing.others.get(extension) ?? 0) + 1);
  }
}

/** A broken link counts as a file: reading it fails later, by name. */
async function leadsToFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

/** A note on the files that are not audio, if any: `left out 14 other files (.txt 12, .csv 2)`. */
export function describeOthers({ others }: FolderListing): string[] {
  if (others.size === 0) return [];
  const kinds = [...others].sort(([a, n], [b, m]) => m - n || compareIds(a, b));
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  return [
    `left out ${total} other files (${firstOf(kinds.map(([kind, count]) => `${kind || 'no extension'} ${count}`))})`,
  ];
}

/**
 * Reads the headers of all files, in their order. Throws one UserError that lists the first ten files that cannot be
 * read or hold no samples and counts all. `where` names the corpus.
 */
export async function probeAudioFiles(
  paths: readonly string[],
  {
    where,
    onProgress,
    signal,
  }: { where: string; onProgress?: (done: number, total: number) => void; signal?: AbortSignal },
): Promise<AudioInfo[]> {
  const infos = new Array<AudioInfo>(paths.length);
  const problems: { index: number; problem: string }[] = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      const index = next++;
      const problem = await probeAudio(paths[index]).then(
        (info) => {
          infos[index] = info;
          return info.frames > 0 ? undefined : `${paths[index]}: zero-length audio`;
        },
        (error: unknown) => oneLine(paths[index], messageOf(error)),
      );
      if (problem !== undefined) problems.push({ index, problem });
      onProgress?.(++done, paths.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_PROBES }, worker));
  problems.sort((a, b) => a.index - b.index);
  throwProblems(
    problems.map(({ problem }) => problem),
    { where, what: `of ${paths.length} audio files cannot be used`, remedy: 'Mend or remove these files.' },
  );
  return infos;
}

function oneLine(path: string, message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ');
  return line.includes(path) ? line : `${path}: ${line}`;
}

/** The fields of an utterance that a file's header gives. Of several channels the first is read. */
export function audioFields(info: AudioInfo): {
  duration: number;
  sampleRate: number;
  channels: number;
  channel?: number;
} {
  const { duration, sampleRate, channels } = info;
  return { duration, sampleRate, channels, ...(channels > 1 ? { channel: 0 } : {}) };
}

/** Notes on what downstream stages care about: several channels, several sample rates. */
export function describeAudio(infos: readonly AudioInfo[]): string[] {
  const multichannel = infos.filter(({ channels }) => channels > 1).length;
  const rates = [...new Set(infos.map(({ sampleRate }) => sampleRate))].sort((a, b) => a - b);
  return [
    ...(multichannel > 0 ? [`${multichannel} files have more than one channel; their first channel is used`] : []),
    ...(rates.length > 1 ? [`the files have different sample rates: ${rates.join(', ')} Hz`] : []),
  ];
}
