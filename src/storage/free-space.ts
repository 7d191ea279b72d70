/** @file How much room a disk has, and amounts of bytes in words. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes that this user may still write to the disk of a folder, or of the nearest one above it that is there. */
export function freeBytes(folder: string): number {
  const above = dirname(folder);
  if (above !== folder && !existsSync(folder)) return freeBytes(above);
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** `12.3 GB`, `45 MB`. */
export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
