/**
 * @file The lists outside of the work folder that a stage was made from (manifests, trials, tables): which of them are
 * others now. What was moved away or cannot be seen from here is no change, so that results can be looked at without the
 * corpus.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { damageOf, recordFiles, type WrittenFiles } from '../../storage/written-files.js';

export interface StageSources {
  /** Where the command was given: relative paths of the settings start there. */
  directory: string;
  /** By absolute path. */
  files: WrittenFiles;
}

/** @param read absolute paths @returns undefined where all lie in the work folder */
export function recordSources(read: readonly string[], workFolder: string): StageSources | undefined {
  const inside = resolve(workFolder) + sep;
  const outside = read.filter((path) => !path.startsWith(inside)).sort();
  return outside.length === 0 ? undefined : { directory: process.cwd(), files: recordFiles('/', outside) };
}

/** What to say of each that has changed since. @param settings of the stage, which name some of them */
export function changedSources({ directory, files }: StageSources, settings: unknown): string[] {
  const named = textsIn(settings).filter((text) => text !== '' && !isAbsolute(text));
  return Object.entries(files).flatMap(([path, expected]) => {
    const now = placeNow(path, { directory, named });
    const problem = damageOf(now, expected);
    return problem === undefined || problem === 'is gone' ? [] : [`${now} has changed`];
  });
}

/** Where a file is that the settings name by a relative path, if the command is given in another folder now. */
function placeNow(path: string, { directory, named }: { directory: string; named: readonly string[] }): string {
  if (process.cwd() === directory) return path;
  for (const text of named) {
    const rest = relative(resolve(directory, text), path);
    if (rest.startsWith('..') || isAbsolute(rest)) continue;
    const now = resolve(text, rest);
    if (existsSync(now)) return now;
  }
  return path;
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];
}
