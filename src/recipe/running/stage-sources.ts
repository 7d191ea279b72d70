/**
 * @file The user's own lists that a stage was made from (manifests, trials, tables): which of them are others now. What was moved away or cannot be seen from here is no change, so that results can be looked at without the
 * corpus.
 */
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isInStage } from '../../storage/overwriting.js';
import { damageOf, recordFiles, type WrittenFiles } from '../../storage/written-files.js';

export interface StageSources {
  /** Where the command was given: relative paths of the settings start there. */
  directory: string;
  /** By absolute path. */
  files: WrittenFiles;
  /** Lists that would have been read if they had been there. */
  absent?: string[];
}

/**
 * To be asked as soon as the lists are read, as they may be edited while the work goes on.
 * @returns undefined where all were made by stages of the work folder
 */
export function recordSources(
  { read, absent }: { read: ReadonlySet<string>; absent: ReadonlySet<string> },
  workFolder: string,
): StageSources | undefined {
  const audio = resolve(workFolder, 'audio') + sep;
  const isOwn = (path: string) => path.startsWith(audio) || isInStage(path);
  // What comes through a pipe cannot be read twice.
  const files = [...read].filter((path) => !isOwn(path) && statSync(path, { throwIfNoEntry: false })?.isFile());
  const missing = [...absent].filter((path) => !isOwn(path)).sort();
  if (files.length + missing.length === 0) return undefined;
  return {
    directory: process.cwd(),
    files: recordFiles('/', files.sort()),
    ...(missing.length > 0 && { absent: missing }),
  };
}

/** What to say of each that has changed since. @param settings of the stage, which name some of them */
export function changedSources({ directory, files, absent = [] }: StageSources, settings: unknown): string[] {
  const named = textsIn(settings).filter((text) => text !== '' && !isAbsolute(text));
  const changed = Object.entries(files).flatMap(([path, expected]) => {
    const now = placeNow(path, { directory, named });
    const problem = damageOf(now, expected);
    return problem === undefined || problem === 'is gone' ? [] : [`${now} has changed`];
  });
  return [...changed, ...absent.filter(existsSync).map((path) => `${path} is there now`)];
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
