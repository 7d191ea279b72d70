/**
 * @file A part of an engine that is made as a whole, and known as finished by its files: one wheel, the packages of
 * npm, what is compiled or copied. An installation that was stopped goes on with the first piece that is not there or
 * not as it was made.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import type { EngineRecord } from '../engines-folder/engines-folder.js';
import type { Tool } from './tools.js';

export interface Piece {
  /** What it is made of, with versions: another version is another piece. */
  readonly id: string;
  /** Bytes that are downloaded for it. */
  readonly download: number;
  /** Bytes that it takes when it is there. */
  readonly unpacked: number;
  readonly tools: readonly Tool[];
  /** Makes it in the engine's folder. @returns its files, relative to that folder */
  make(folder: string): Promise<string[]>;
}

export type MadePiece = EngineRecord['pieces'][string];

/** Files, sorted, with the SHA-256 of their names and contents. @throws the system's error where one is not there */
export async function fingerprint(folder: string, names: readonly string[]): Promise<MadePiece> {
  const files = [...names].sort();
  const hashes: string[] = [];
  for (const file of files) hashes.push(`${await fileSha256(join(folder, file))}  ${file}\n`);
  return { files, sha256: sha256Hex(...hashes) };
}

/** Whether a piece is there as it was made. */
export async function isWhole(folder: string, made: MadePiece | undefined): Promise<boolean> {
  if (!made) return false;
  try {
    return (await fingerprint(folder, made.files)).sha256 === made.sha256;
  } catch {
    return false;
  }
}

/** The files below `start`, links left out, relative to `folder`. */
export function listFiles(folder: string, start: string): string[] {
  return readdirSync(join(folder, start), { withFileTypes: true }).flatMap((entry) => {
    const name = join(start, entry.name);
    if (entry.isDirectory()) return listFiles(folder, name);
    return entry.isFile() ? [name] : [];
  });
}

/** Bytes of the files below a folder; 0 where it is not there. */
export function folderBytes(folder: string): number {
  try {
    return listFiles(folder, '').reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0);
  } catch {
    return 0;
  }
}
