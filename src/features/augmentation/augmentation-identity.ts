/**
 * @file What an augmentation is known by: its options, and the recordings that it draws from in place of where they
 * lie.
 *
 * A folder is known by the names (below it) and sizes of its files, one recording by its size, a list by its content
 * and that of nothing it names. NOTE: recordings are not read, as a noise corpus has gigabytes, and times of change do
 * not count, as copying a corpus to another machine must not make its trainings out of date. So a recording that is
 * replaced by another one of the same name and size is not noticed, as it is not in the corpus itself.
 */
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { audioExtensions } from '../../audio/formats.js';
import { UserError, messageOf } from '../../errors.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import type { AugmentationOptions } from './options.js';

const SOURCED = ['noise', 'music', 'speech', 'babble', 'reverberation'] as const;

/** What stands for a folder or list of recordings. */
export interface SourceIdentity {
  files: number;
  sha256: string;
}

export type AugmentationIdentity = Record<string, unknown>;

/**
 * The options with their sources as names and sizes; for settings that decide whether a result is out of date.
 * @throws UserError where a source cannot be read
 */
export function augmentationIdentity(options: AugmentationOptions): AugmentationIdentity {
  const sourced = SOURCED.flatMap((technique) => {
    const given = options[technique];
    if (!given?.source) return [];
    return [[technique, { ...given, source: sourceIdentity(`augmentation.${technique}`, given.source) }]];
  });
  return { ...options, ...Object.fromEntries(sourced) };
}

/**
 * The part of an identity that decides what a cached copy is: not how many copies there are, nor what is drawn later.
 */
export function copyIdentity(options: AugmentationOptions): AugmentationIdentity {
  const { when: _, copies: __, specAugment: ___, speed, ...drawn } = augmentationIdentity(options);
  return { ...drawn, speed: options.speed?.newSpeakers ? null : speed };
}

/** @param key that names the source in the recipe. @throws UserError where it cannot be read or holds no audio */
export function sourceIdentity(key: string, source: string): SourceIdentity {
  try {
    if (!statSync(source).isDirectory()) {
      // A recording itself may be larger than memory.
      const content = isAudio(source) ? `${statSync(source).size}` : readFileSync(source);
      return { files: 1, sha256: sha256Hex(content) };
    }
    const files = listFiles(source, '').sort();
    if (files.length === 0) throw new UserError('the folder is empty');
    if (!files.some((file) => isAudio(file.slice(0, file.lastIndexOf(' '))))) {
      throw new UserError(`none of its ${files.length} files is audio (${audioExtensions.join(', ')})`);
    }
    return { files: files.length, sha256: sha256Hex(stableJson(files)) };
  } catch (error) {
    throw new UserError(
      `${key}.source: ${resolve(source)} cannot be read: ${messageOf(error)}\n` +
        '  name a folder or a list of recordings, or take it out',
      { cause: error },
    );
  }
}

const isAudio = (file: string): boolean => audioExtensions.includes(extname(file).toLowerCase());

/** `name size` of every file below a folder; links that lead nowhere, or in a circle, are no files. */
function listFiles(folder: string, below: string, above: readonly string[] = []): string[] {
  const here = realpathSync(join(folder, below));
  if (above.includes(here)) return [];
  return readdirSync(here, { withFileTypes: true }).flatMap((entry) => {
    const name = join(below, entry.name);
    if (entry.name.startsWith('.')) return [];
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (!stat) return [];
    return stat.isDirectory() ? listFiles(folder, name, [...above, here]) : [`${name} ${stat.size}`];
  });
}
