/**
 * @file Results that lie under another name: hours of training are not repeated because a system, a seed's run or an
 * axis of a grid was renamed, nor because a setting was changed and changed back.
 *
 * Only stages whose results are set aside rather than removed are looked for, among the folders beside theirs that no
 * stage of the recipe has: those of earlier names, and those set aside. What tells them is the hash of all that they
 * depend on, in `.started.json`.
 */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join, posix } from 'node:path';
import { UserError } from '../../errors.js';
import { doneRecord, startedRecord } from '../artifacts/control-files.js';

/**
 * @returns the name of the folder in the work folder, such as `train/aca-small+size=16`; a finished one where there is
 * one
 */
export function findTwin(
  workFolder: string,
  stage: string,
  { inputHash, taken }: { inputHash: string; taken: ReadonlySet<string> },
): string | undefined {
  const kind = posix.dirname(stage);
  const beside = join(workFolder, kind);
  if (!existsSync(beside)) return undefined;
  const twins = readdirSync(beside)
    .sort()
    .map((entry) => posix.join(kind, entry))
    .filter((name) => !taken.has(name) && hashOf(join(workFolder, name)) === inputHash);
  return twins.find((name) => existsSync(join(workFolder, name, doneRecord.name))) ?? twins[0];
}

/** Undefined also where the record cannot be read: no stage has that folder, so nothing is to be mended in it. */
function hashOf(folder: string): string | undefined {
  try {
    return startedRecord.readIfThere(folder)?.inputHash;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Gives a twin's folder the stage's name, which no folder may have. A process beside this one may have been faster. */
export function takeOverTwin(workFolder: string, stage: string, twin: string): void {
  const folder = join(workFolder, stage);
  try {
    renameSync(join(workFolder, twin), folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const done = doneRecord.readIfThere(folder);
  if (done) doneRecord.write(folder, { ...done, stage });
}
