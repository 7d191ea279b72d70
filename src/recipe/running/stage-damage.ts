/**
 * @file Which results are not as they were written, of those that something is about to be made of, or that a command
 * shows.
 *
 * A stage that is up to date is not read for nothing: what a stage needs is checked before it runs, and of stages that
 * are up to date those that are wanted themselves. Results of earlier versions have no record of their files, and pass.
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { damageOf, SET_ASIDE } from '../../storage/written-files.js';
import { doneRecord } from '../artifacts/control-files.js';

export interface Damage {
  /** Relative to the stage's folder. */
  file: string;
  /** `is gone`, or what was expected and found. */
  problem: string;
}

/** What has changed among the files that the stage's record names. */
export function damageIn(folder: string): Damage[] {
  const files = doneRecord.readIfThere(folder)?.files ?? {};
  return Object.entries(files).flatMap(([file, expected]) => {
    const problem = damageOf(join(folder, file), expected);
    return problem === undefined ? [] : [{ file, problem }];
  });
}

/** Keeps damaged files to be looked at, under another name, where the rest of a result is built on. */
export function setAside(folder: string, damaged: readonly Damage[]): void {
  for (const { file } of damaged) {
    const path = join(folder, file);
    if (existsSync(path)) renameSync(path, `${path}${SET_ASIDE}`);
  }
}
