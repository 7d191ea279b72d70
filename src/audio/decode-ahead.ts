/**
 * @file Decoding several small files at once that another program has to be started for, before they are read.
 *
 * A million files of AAC take ffmpeg some 60 ms each to be started and 10 ms to be decoded: together, 16 files share
 * one start. The samples are the same. Where ffmpeg complains about any of them nothing is kept, and each file is
 * decoded when it is read, which says what is wrong with it.
 */
import { UserError } from '../errors.js';
import { type AudioSource, withAudioSource } from './audio-format.js';
import { decodeTogether } from './run-ffmpeg.js';
import { keepDecoded, throughFfmpeg } from './ffmpeg.js';
import { formatOf, readsPieces } from './formats.js';

/** Bytes; a minute or two of sound. Longer files gain nothing, and their samples would fill the memory. */
const LARGEST = 2 ** 20;
/** Files that share a process; each takes two of its descriptors. */
const TOGETHER = 16;

/** The items, each after its file and those of the items behind it have been decoded, where that is done together. */
export async function* decodedAhead<Item extends { readonly path: string }>(
  items: readonly Item[],
): AsyncGenerator<Item, void> {
  for (let from = 0; from < items.length; from += TOGETHER) {
    const some = items.slice(from, from + TOGETHER);
    await decodeAhead([...new Set(some.map(({ path }) => path))]);
    yield* some;
  }
}

/**
 * Decodes those of the files, up to 16, that go through ffmpeg and are small. What an earlier call has decoded is
 * forgotten. Files that cannot be read are left to whoever reads them.
 */
export async function decodeAhead(paths: readonly string[]): Promise<void> {
  const sources: AudioSource[] = [];
  for (const path of paths.slice(0, TOGETHER)) {
    // By its name, no file for ffmpeg: most are not, and need not be opened to see.
    const source = readsPieces(path) ? undefined : await smallForFfmpeg(path);
    if (source) sources.push(source);
  }
  const decoded = sources.length > 1 ? await decodeTogether(sources.map(({ path }) => path)) : undefined;
  keepDecoded(decoded ? decoded.map((bytes, index) => ({ source: sources[index], bytes })) : []);
}

function smallForFfmpeg(path: string): Promise<AudioSource | undefined> {
  return withAudioSource(path, (file) => {
    const { format, source } = formatOf(file);
    return format === throughFfmpeg && file.size <= LARGEST ? source : undefined;
  }).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
}
