/**
 * @file Where engines beside the default lie, each in a folder of its own, and what is known of it.
 *
 * The folder of engines is `$ACANET_ENGINES`, else `acanet/engines` in the user's cache folder (`$XDG_CACHE_HOME`, else
 * `~/.cache`). What lies there can be made again with `acanet engine install`, so it may be removed at any time. An
 * engine's folder holds `acanet-engine.json`, by which it is known as one of ours, and which says what of it is
 * finished.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';

/** TensorFlow for the processor, for NVIDIA's GPUs, the CUDA part of ONNX Runtime, and ONNX Runtime for browsers. */
export const INSTALLABLE = ['tensorflow', 'tensorflow-gpu', 'cuda', 'web'] as const;
export type InstallableEngine = (typeof INSTALLABLE)[number];

const engineRecord = z.strictObject({
  engine: z.enum(INSTALLABLE),
  /** All of it is there and has been tried. */
  complete: z.boolean(),
  /** What is finished, by what it is made of: its files, and one SHA-256 of their names and contents. */
  pieces: z.record(z.string(), z.strictObject({ files: z.array(z.string()), sha256: z.string() })),
});
export type EngineRecord = z.infer<typeof engineRecord>;

export function enginesFolder(): string {
  const { ACANET_ENGINES: chosen, XDG_CACHE_HOME: cache } = process.env;
  return resolve(chosen || join(cache || join(homedir(), '.cache'), 'acanet', 'engines'));
}

export const engineFolder = (name: InstallableEngine): string => join(enginesFolder(), name);

const recordPath = (name: InstallableEngine) => join(engineFolder(name), 'acanet-engine.json');

/** What is known of an engine's folder; undefined where there is no such folder, or it is not one of ours. */
export function readEngineRecord(name: InstallableEngine): EngineRecord | undefined {
  const path = recordPath(name);
  if (!existsSync(path)) return undefined;
  try {
    return engineRecord.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new UserError(
      `${path}: cannot be read as the record of an engine\nremove it with: acanet engine remove ${name}`,
      { cause },
    );
  }
}

export function writeEngineRecord(record: EngineRecord): void {
  writeJsonAtomic(recordPath(record.engine), record);
}

/** Whether the folder is one of ours, finished or not. */
export const isEngineFolder = (name: InstallableEngine): boolean => existsSync(recordPath(name));

/** The command that installs it. */
export const installCommand = (name: InstallableEngine): string =>
  `acanet engine install ${name === 'tensorflow-gpu' ? 'tensorflow --gpu' : name}`;
