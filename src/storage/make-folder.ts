/**
 * @file A folder with all folders above it, made one by one.
 *
 * Node's own recursive mkdir never returns where the system answers ENOENT to the making of a folder in one that is there,
 * as `/proc` does.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder unless it is there. @throws the system's error, such as EACCES, ENOTDIR or ENOENT */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
