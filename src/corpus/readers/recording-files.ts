/**
 * @file The recordings below a corpus's folder: its audio files, each recording in one format only.
 *
 * A corpus is often converted in place, so that `001.m4a` and `001.wav` lie side by side. They are one recording;
 * taking both would double it and taking either would be a guess, so `formats` has to say which. What it leaves out is
 * counted.
 */
import { extname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { listAudioFiles, type FolderListing } from './audio-files.js';
import { groupBy } from '../../group-by.js';
import { throwProblems } from '../../problem-list.js';

/** Recipe option: the extensions of the audio files to read; default: all that acanet reads. */
export const formatsOption = z
  .array(z.string().regex(/^\.?[A-Za-z0-9]+$/, 'expected a file extension such as wav'))
  .min(1)
  .optional();

/** All audio files below a folder that have one of the `formats`; the others are counted among `others`. */
export async function listRecordings(folder: string, formats?: readonly string[]): Promise<FolderListing> {
  const listing = await listAudioFiles(folder);
  if (!formats) return listing;
  const { audio, others } = listing;
  const wanted = new Set(formats.map((format) => `.${format.toLowerCase().replace(/^\./, '')}`));
  const kept = audio.filter((file) => wanted.has(extensionOf(file)));
  for (const file of audio) {
    const extension = extensionOf(file);
    if (!wanted.has(extension)) others.set(extension, (others.get(extension) ?? 0) + 1);
  }
  if (kept.length > 0 || audio.length === 0) return { ...listing, audio: kept };
  const found = [...new Set(audio.map(extensionOf))].join(', ');
  throw new UserError(
    `${folder}: corpus.formats leaves no audio file: expected ${[...wanted].join(', ')}, found ${found}`,
  );
}

/**
 * Throws where two files would be one recording.
 * @param idOf the utterance that a file is @param where names the corpus
 */
export function refuseTwins(files: readonly string[], idOf: (file: string) => string, where: string): void {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const id of files.map(idOf)) {
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  if (repeated.size === 0) return;
  const twins = groupBy(
    files.filter((file) => repeated.has(idOf(file))),
    idOf,
  );
  const formats = [...new Set([...twins.values()].flat().map(extensionOf))];
  const remedy =
    formats.length > 1
      ? `Say which format to read: --set 'corpus.formats=[${formats[0].slice(1)}]'`
      : 'Rename or move one of each, so that every recording has an id of its own.';
  throwProblems(
    [...twins].map(([id, own]) => `${id}: ${own.join(' and ')}`),
    { where, what: 'recordings are there more than once', one: 'recording is there more than once', remedy },
  );
}

const extensionOf = (file: string) => extname(file).toLowerCase();

/** A file's path without its extension. */
export const stem = (file: string): string => file.replace(/\.[^./]+$/, '');
