/**
 * @file A JSON file of a work folder: its name, what it must hold, and how it is made again where it is damaged.
 *
 * The files of one stage, or of the work folder itself, are described in one file of this folder each. What is checked
 * is what other parts rely on; keys beyond that pass, so that work folders of other versions of acanet stay readable.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { sealed, unsealed } from '../../storage/sealed-json.js';
import { isGone } from '../../storage/read-if-there.js';
import { checkAsWritten } from '../../storage/written-files.js';

export interface JsonArtifact<T> {
  readonly name: string;
  /** @throws UserError naming the file, what is wrong with it and how it is made again, also where it is not there */
  read(folder: string): T;
  /** The same; undefined where it is not there. */
  readIfThere(folder: string): T | undefined;
  /** Whole or not at all. */
  write(folder: string, value: T): void;
}

/**
 * @param options.remedy what the user is to do about a damaged file in `folder`
 * @param options.seal the file carries a checksum of its own: nothing else says what it was
 */
export function jsonArtifact<T>(
  name: string,
  { schema, remedy, seal = false }: { schema: z.ZodType<T>; remedy: (folder: string) => string; seal?: boolean },
): JsonArtifact<T> {
  const readIfThere = (folder: string): T | undefined => {
    const path = join(folder, name);
    const text = readText(path, remedy(folder));
    return text === undefined ? undefined : checked(text, { schema, path, remedy: remedy(folder) });
  };
  return {
    name,
    read(folder) {
      const value = readIfThere(folder);
      if (value !== undefined) return value;
      throw new UserError(`${join(folder, name)}: there is no such file\n  ${remedy(folder)}`);
    },
    readIfThere,
    write: (folder, value) => writeJsonAtomic(join(folder, name), seal ? sealed(value as object) : value),
  };
}

/** What a text of JSON holds, as it stands there. @throws UserError as `read` */
export function checked<T>(
  text: string,
  { schema, path, remedy }: { schema: z.ZodType<T>; path: string; remedy: string },
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = text.trim() === '' ? 'it is empty' : messageOf(error);
    throw new UserError(`${path}: damaged, ${problem}\n  ${remedy}`, { cause: error });
  }
  const { value: content, sealed } = unsealed(value);
  if (sealed === 'broken') {
    throw new UserError(`${path}: damaged, something in it has changed since it was written\n  ${remedy}`);
  }
  const result = schema.safeParse(content);
  // What was read rather than what zod makes of it: the order of the keys goes on into other files.
  if (result.success) return content as T;
  const [{ path: at, message }] = result.error.issues;
  throw new UserError(`${path}: damaged, ${message}${at.length > 0 ? ` at ${at.join('.')}` : ''}\n  ${remedy}`, {
    cause: result.error,
  });
}

/** Undefined where there is no such file: another process may remove it at any time, so it is not asked for first. */
function readText(path: string, remedy: string): string | undefined {
  try {
    checkAsWritten(path);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isGone(error) || !existsSync(path)) return undefined;
    throw new UserError(`${path}: cannot be read (${messageOf(error)})\n  ${remedy}`, { cause: error });
  }
}

/** The part of a T that is relied on, and so checked; the rest is as it was written. */
export const reliedOn = <T>(schema: z.ZodType): z.ZodType<T> => schema as z.ZodType<T>;

/** The remedy for what a stage wrote. @param kind of a run's stage: `score`; absent for a stage without runs */
export const runAgain =
  (kind?: string) =>
  (folder: string): string =>
    `make it again: acanet run --force ${kind === undefined ? '' : `${kind}/`}${basename(folder)}`;

/** The names of files as paths in a folder. */
export function pathsIn<Key extends string>(folder: string, names: Readonly<Record<Key, string>>): Record<Key, string> {
  const paths = Object.entries<string>(names).map(([key, name]) => [key, join(folder, name)]);
  return Object.fromEntries(paths) as Record<Key, string>;
}
