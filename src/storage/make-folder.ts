/**
 * @file A folder with all folders above it, made one by one.
 *
 * Node's own recursive mkdir never returns where the system answers ENOENT to the making of a folder in one that is
 * there, as `/proc` does.
 */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.js';

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

/** That files can be written into a folder, which need not be there yet; makes nothing. @throws the system's error */
export function checkWritable(folder: string): void {
  const path = resolve(folder);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) checkWritable(dirname(path));
  else if (stat.isDirectory()) accessSync(path, constants.W_OK | constants.X_OK);
  else throw new UserError(`${path}: expected a folder to write into, got a file`);
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
