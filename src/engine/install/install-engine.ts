/**
 * @file Installs an engine into its folder, piece by piece, and tries it; removes it; lists what is there.
 *
 * Before anything is fetched it is said what will be downloaded and kept, and checked that the tools and the room are
 * there. What an earlier attempt has finished stays, if its files are as they were made.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { freeBytes, gigabytes } from '../../storage/free-space.js';
import { makeFolder } from '../../storage/make-folder.js';
import { describeEngine, type EngineDescription } from '../describe.js';
import {
  engineFolder,
  enginesFolder,
  type EngineRecord,
  INSTALLABLE,
  type InstallableEngine,
  installCommand,
  isEngineFolder,
  readEngineRecord,
  writeEngineRecord,
} from '../engines-folder/engines-folder.js';
import { hasGpu } from '../nvidia.js';
import { engineContents } from './contents.js';
import { fingerprint, folderBytes, isWhole, type Piece } from './piece.js';
import { requireTools, UNAVAILABLE } from './tools.js';

export interface InstallOptions {
  log(line: string): void;
}

export interface InstalledEngine {
  readonly name: InstallableEngine;
  readonly folder: string;
  readonly bytes: number;
  /** What was found when it was tried; a device that lacks a GPU does not work here. */
  readonly devices: readonly EngineDescription[];
}

/** @throws UserError naming what is missing; what is finished by then stays, and the next call goes on from there */
export async function installEngine(name: InstallableEngine, { log }: InstallOptions): Promise<InstalledEngine> {
  const { title, pieces, devices, everywhere } = engineContents[name];
  const folder = engineFolder(name);
  if (!everywhere) requireSystem();
  if (existsSync(folder) && !isEngineFolder(name)) {
    throw new UserError(
      `${folder}: is there, and acanet has not made it\nmove it away, or install into another folder with --dir`,
    );
  }
  const made = withoutStale(folder, readEngineRecord(name)?.pieces ?? {}, pieces);
  const write = (complete: boolean) => writeEngineRecord({ engine: name, complete, pieces: made });
  const missing: Piece[] = [];
  for (const piece of pieces) if (!(await isWhole(folder, made[piece.id]))) missing.push(piece);

  log(`${title}, into ${folder}`);
  const download = sum(missing.map((piece) => piece.download));
  const kept = sum(missing.map((piece) => piece.unpacked));
  // pip writes a wheel twice before it is unpacked.
  const room = kept + 2 * Math.max(0, ...missing.map((piece) => piece.download));
  if (missing.length < pieces.length)
    log(`  ${pieces.length - missing.length} of ${pieces.length} pieces are there already`);
  if (missing.length > 0) {
    const free = freeBytes(folder);
    log(`  to download: ${gigabytes(download)}; on the disk then: ${gigabytes(kept)}, ${gigabytes(room)} while it is made; free: ${gigabytes(free)}`); // prettier-ignore
    requireTools(missing.flatMap((piece) => piece.tools));
    checkRoom(folder, room, free);
  }
  makeFolder(folder);
  write(false);
  for (const piece of missing) {
    log(`  ${piece.id}${piece.download > 0 ? ` (${gigabytes(piece.download)})` : ''}`);
    made[piece.id] = await fingerprint(folder, await piece.make(folder));
    write(false);
  }
  rmSync(join(folder, 'downloads'), { recursive: true, force: true });

  // A GPU may be on another machine that shares this folder; what fails beside one that is here is an error.
  write(true);
  const found = await Promise.all(devices.map(({ engine, device }) => describeEngine({ name: engine, device })));
  const failed = found.find(({ works }, i) => !works && (!devices[i].needsGpu || hasGpu()));
  if (failed) {
    write(false);
    throw new UserError(
      `${title} is installed and does not work: ${failed.remark}\nto begin anew: ${removeCommand(name)}, then ${installCommand(name)}`,
    );
  }
  return { name, folder, bytes: folderBytes(folder), devices: found };
}

/** @throws UserError where `room` bytes do not fit into `free` ones */
export function checkRoom(folder: string, room: number, free: number): void {
  if (room <= free) return;
  throw new UserError(
    `${folder}: expected room for ${gigabytes(room)}, the disk has ${gigabytes(free)} left\nfree some, or install into another folder with --dir`,
    { exitCode: UNAVAILABLE },
  );
}

/** @throws UserError where none of these engines can run */
function requireSystem(): void {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (process.platform === 'linux' && process.arch === 'x64' && header.glibcVersionRuntime) return;
  throw new UserError(
    `the engines that can be installed are for Linux with glibc on x86-64; this is ${process.platform} on ${process.arch}\n` +
      'use --engine onnx, which runs here as it is',
    { exitCode: UNAVAILABLE },
  );
}

/** Removes the files of pieces of other versions. @returns the pieces that are left */
function withoutStale(folder: string, made: EngineRecord['pieces'], pieces: readonly Piece[]): EngineRecord['pieces'] {
  const wanted = new Set(pieces.map(({ id }) => id));
  const stale = Object.entries(made).filter(([id]) => !wanted.has(id));
  for (const file of stale.flatMap(([, { files }]) => files)) rmSync(join(folder, file), { force: true });
  return Object.fromEntries(Object.entries(made).filter(([id]) => wanted.has(id)));
}

/** @returns bytes that were freed */
export function removeEngine(name: InstallableEngine): number {
  const folder = engineFolder(name);
  if (!isEngineFolder(name)) {
    const there = INSTALLABLE.filter(isEngineFolder).join(', ');
    throw new UserError(
      `${folder}: there is no engine of acanet's\ninstalled in ${enginesFolder()}: ${there || 'none'}`,
    );
  }
  const bytes = folderBytes(folder);
  rmSync(folder, { recursive: true });
  return bytes;
}

export interface EngineListing {
  readonly name: InstallableEngine;
  readonly title: string;
  readonly folder: string;
  readonly state: 'installed' | 'unfinished' | 'not installed';
  readonly bytes: number;
  /** Bytes to download for what is not finished. */
  readonly download: number;
  readonly install: string;
}

/** Every engine that can be installed. */
export const listEngines = (): EngineListing[] =>
  INSTALLABLE.map((name) => {
    const { title, pieces } = engineContents[name];
    const folder = engineFolder(name);
    const record = readEngineRecord(name);
    const state = !record ? 'not installed' : record.complete ? 'installed' : 'unfinished';
    const download = sum(pieces.filter(({ id }) => !record?.pieces[id]).map((piece) => piece.download));
    return { name, title, folder, state, bytes: folderBytes(folder), download, install: installCommand(name) };
  });

const removeCommand = (name: InstallableEngine) => `acanet engine remove ${name}`;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
