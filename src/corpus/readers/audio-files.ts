/**
 * @file Finding the audio files of a corpus and reading their headers.
 *
 * Files are found by extension (those of the formats in src/audio), symbolic links followed; everything else is
 * counted, links that lead in a circle too, so that a reader can say what it left out. Folders are listed and headers
 * read several at a time, as a corpus may lie on a network disk; many slow headers in threads, as some formats have to
 * be decoded to know their length.
 */
import { realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname, join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { audioExtensions } from '../../audio/formats.js';
import type { AudioInfo } from '../../audio/probe.js';
import { messageOf, UserError } from '../../errors.js';
import { compareIds } from '../manifest/manifest.js';
import { counted, firstOf, throwProblems } from '../../problem-list.js';
import { createThreadPool } from '../../thread-pool.js';
import { probeBatch } from './probe-task.js';

/** So many headers are read to see how long one takes. */
const TRIED = 512;
/**
 * Milliseconds a header from which threads are worth their cost: a local disk takes a fiftieth of it, a network disk or
 * a format that is decoded to be measured more.
 */
const SLOW = 1;
/** More than cores: reading headers is mostly waiting. */
const THREADS = 8;
const BATCH = 64;
const FOLDERS_AT_ONCE = 64;
/** Deeper than any corpus. */
const DEEPEST = 16;

export interface FolderListing {
  /** Paths relative to the folder, with `/`, in code-unit order. */
  audio: string[];
  /** Number of other files by extension; `hidden`: of files and folders whose names begin with a dot. */
  others: Map<string, number>;
  /** Names of the folders directly below, in code-unit order. */
  folders: string[];
  /** Whether symbolic links were followed, so that one file may be there under two paths. */
  linked: boolean;
}

/** A folder to be listed. */
interface FolderBelow {
  /** Relative to the root. */
  path: string;
  /** The real folders that held the links which were followed to get here. */
  left: string[];
}

/** All audio files below a folder. Throws UserError where the folder is missing or unreadable. */
export async function listAudioFiles(folder: string): Promise<FolderListing> {
  const listing: FolderListing = { audio: [], others: new Map(), folders: [], linked: false };
  // The folders of one level are listed together, level by level.
  let level: FolderBelow[] = [{ path: '', left: [] }];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) {
      throw new UserError(`${join(folder, level[0].path)}: more than ${DEEPEST} folders deep; is this a corpus?`);
    }
    const below: FolderBelow[] = [];
    for (let from = 0; from < level.length; from += FOLDERS_AT_ONCE) {
      const some = level.slice(from, from + FOLDERS_AT_ONCE);
      const found = await Promise.all(some.map((each) => listFolder(folder, each, listing)));
      for (const folders of found) for (const each of folders) below.push(each);
    }
    if (depth === 0) listing.folders = below.map(({ path }) => path).sort(compareIds);
    level = below;
  }
  listing.audio.sort(compareIds);
  return listing;
}

/** Adds a folder's files to the listing; returns the folders in it. */
async function listFolder(root: string, below: FolderBelow, listing: FolderListing): Promise<FolderBelow[]> {
  const folder = join(root, below.path);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'no such folder' : error.code === 'ENOTDIR' ? 'not a folder' : messageOf(error);
    throw new UserError(`${folder}: cannot read the corpus: ${reason}`, { cause: error });
  });
  const folders: FolderBelow[] = [];
  const count = (kind: string) => listing.others.set(kind, (listing.others.get(kind) ?? 0) + 1);
  for (const entry of entries) {
    if (entry.name.startsWith('.')) {
      // Those that macOS leaves behind (`.DS_Store`, a twin `._x.wav` of each x.wav) are no one's data.
      if (!/^\.(_|DS_Store$)/.test(entry.name)) count('hidden');
      continue;
    }
    const path = below.path === '' ? entry.name : `${below.path}/${entry.name}`;
    const isLink = entry.isSymbolicLink();
    const isFolder = isLink ? await leadsToFolder(join(root, path)) : entry.isDirectory();
    const extension = extname(entry.name).toLowerCase();
    if (isLink) listing.linked = true;
    if (isFolder && isLink) {
      const left = [...below.left, await realpath(folder)];
      if (isWithin(left, await realpath(join(root, path)))) count(`link in a circle: ${path}`);
      else folders.push({ path, left });
    } else if (isFolder) folders.push({ path, left: below.left });
    else if (audioExtensions.includes(extension)) listing.audio.push(path);
    else count(extension);
  }
  return folders;
}

/** Whether a link to `target` leads back to one of the folders, or above it. */
const isWithin = (folders: readonly string[], target: string): boolean =>
  folders.some((folder) => `${folder}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`));

/** A broken link counts as a file: reading it fails later, by name. */
async function leadsToFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

/** A note on the files that are not audio, if any: `left out 14 other files (.txt 12, .csv 2)`. */
export function describeOthers({ others }: Pick<FolderListing, 'others'>): string[] {
  if (others.size === 0) return [];
  const kinds = [...others].sort(([a, n], [b, m]) => m - n || compareIds(a, b));
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  const shown = kinds.map(([kind, count]) => `${kind || 'no extension'} ${count}`);
  return [`left out ${counted(total, 'other file')} (${firstOf(shown)})`];
}

/** A note on files that are there under several paths, by symbolic links, if any are. @param paths of existing files */
export async function describeSameFiles(paths: readonly string[]): Promise<string[]> {
  const firstPath = new Map<string, string>();
  const same: string[] = [];
  for (const [index, path] of paths.entries()) {
    // Lets signals through.
    if (index % 1024 === 1023) await setImmediate();
    const real = realPathOf(path);
    const first = firstPath.get(real);
    if (first === undefined) firstPath.set(real, path);
    else same.push(`${path} is ${first}`);
  }
  if (same.length === 0) return [];
  return [`${counted(same.length, 'file')} reached twice, by symbolic links, and so taken twice: ${firstOf(same)}`];
}

/** Of a broken link the path: reading it fails later, by name. */
function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/**
 * Reads the headers of all files, in their order. Throws one UserError that lists the first ten files that cannot be
 * read or hold no samples and counts all. `where` names the corpus; headers that take more than `slow` milliseconds
 * each are read in threads.
 */
export async function probeAudioFiles(
  paths: readonly string[],
  {
    where,
    onProgress,
    signal,
    slow = SLOW,
  }: { where: string; onProgress?: (done: number, total: number) => void; signal?: AbortSignal; slow?: number },
): Promise<AudioInfo[]> {
  const infos: AudioInfo[] = [];
  const problems: string[] = [];
  const take = (results: readonly (AudioInfo | string)[]) => {
    signal?.throwIfAborted();
    for (const result of results) {
      if (typeof result === 'string') problems.push(result);
      else infos.push(result);
    }
    onProgress?.(infos.length + problems.length, paths.length);
  };
  const began = performance.now();
  const tried = Math.min(TRIED, paths.length);
  await probeHere(paths.slice(0, tried), take);
  const rest = paths.slice(tried);
  const isSlow = performance.now() - began > slow * tried;
  await (isSlow && rest.length > TRIED ? probeInThreads : probeHere)(rest, take);
  throwProblems(problems, {
    where,
    what: `of ${paths.length} audio files cannot be used`,
    remedy: 'Mend or remove these files.',
  });
  return infos;
}

/** Takes the results of one batch after the other, in the order of the files. */
type TakeResults = (results: readonly (AudioInfo | string)[]) => void;

async function probeHere(paths: readonly string[], take: TakeResults): Promise<void> {
  for (const batch of batchesOf(paths)) {
    take(await probeBatch(batch));
    // Lets signals and the progress bar through.
    await setImmediate();
  }
}

async function probeInThreads(paths: readonly string[], take: TakeResults): Promise<void> {
  const pool = createThreadPool<string[], (AudioInfo | string)[]>({
    module: new URL('./probe-worker.js', import.meta.url),
    threads: [1, Math.max(THREADS, availableParallelism())],
  });
  const batches = batchesOf(paths);
  const underWay: Promise<(AudioInfo | string)[]>[] = [];
  const start = () => {
    const { value: batch } = batches.next();
    if (!batch) return;
    const results = pool.run(batch);
    results.catch(() => undefined); // it is awaited below, unless an earlier one fails
    underWay.push(results);
  };
  try {
    for (let i = 0; i < 4 * THREADS; i++) start();
    for (let next = underWay.shift(); next; next = underWay.shift()) {
      take(await next);
      start();
    }
  } finally {
    await pool.destroy();
  }
}

function* batchesOf(paths: readonly string[]): Generator<string[], undefined> {
  for (let from = 0; from < paths.length; from += BATCH) yield paths.slice(from, from + BATCH);
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
    ...(multichannel > 0
      ? [`${counted(multichannel, 'file')} with more than one channel, of which the first is used`]
      : []),
    ...(rates.length > 1 ? [`the files have different sample rates: ${rates.join(', ')} Hz`] : []),
  ];
}
