/**
 * @file Writes a comparison into a file of results, with where it comes from (`report/comparison/results-section.ts`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { messageOf, UserError } from '../../errors.js';
import type { Comparison } from '../../report/comparison/comparison.js';
import { replaceSection, resultsSection } from '../../report/comparison/results-section.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { whileHolding } from '../../storage/file-lock.js';
import { acanetCommit, describeMachine, versions } from '../../machine.js';

export interface WriteResultsOptions {
  comparison: Comparison;
  /** The file; made if it is not there. */
  path: string;
  /** Heading of the section; default: its name. */
  title?: string;
  /** Names the section. */
  name: string;
  /** The command line as it may be shown. */
  command: string;
}

/** The file's text, '' where there is none. @throws UserError where it cannot be read or its markers do not pair */
export function readResults(path: string): string {
  if (!existsSync(path)) return '';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    const problem = error instanceof TypeError ? 'it is not UTF-8 text' : messageOf(error);
    throw new UserError(`${path}: cannot be read as a file of results: ${problem}`, { cause: error });
  }
  replaceSection(text, { name: '', section: '', where: path });
  return text;
}

/** @throws UserError as `readResults` */
export function writeResults({ comparison, path, name, title = name, command }: WriteResultsOptions): void {
  const commit = acanetCommit();
  const section = resultsSection(comparison, {
    title,
    command,
    machine: describeMachine(),
    versions: versions(),
    ...(commit && { commit }),
  });
  whileHolding(path, () => writeFileAtomic(path, replaceSection(readResults(path), { name, section, where: path })));
}
