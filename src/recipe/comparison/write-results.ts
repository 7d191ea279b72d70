/** @file Writes a comparison into a file of results, with where it comes from (`report/results-section.ts`). */
import { existsSync, readFileSync } from 'node:fs';
import type { Comparison } from '../../report/comparison.js';
import { replaceSection, resultsSection } from '../../report/results-section.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { acanetCommit, describeMachine, versions } from '../running/provenance.js';

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

/** @throws UserError where the markers in the file do not pair */
export function writeResults({ comparison, path, name, title = name, command }: WriteResultsOptions): void {
  const commit = acanetCommit();
  const section = resultsSection(comparison, {
    title,
    command,
    machine: describeMachine(),
    versions: versions(),
    ...(commit && { commit }),
  });
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  writeFileAtomic(path, replaceSection(before, { name, section, where: path }));
}
