/**
 * @file Creating a file whole or not at all, where only one of many processes, on any machine, may succeed.
 *
 * Relied on, also over NFS: `link` fails where the name is there. A link that a server made, but whose answer was lost,
 * is reported as failed; the number of links of the file then tells that it was made.
 */
import { linkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { asideName } from './unfinished-files.js';

/** @returns whether the file is this process's; otherwise it was there */
export function createOnce(path: string, text: string): boolean {
  const aside = asideName(path);
  try {
    writeFileSync(aside, text);
    linkSync(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return statSync(aside).nlink === 2;
  } finally {
    rmSync(aside, { force: true });
  }
}
