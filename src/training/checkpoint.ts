/**
 * @file Checkpoints: folders `step-00001234` with `model.safetensors`, `optimizer.safetensors` and `state.json`.
 *
 * A checkpoint holds all that the rest of a run depends on, and nothing else (no times, no paths), so that an
 * interrupted and resumed run ends in the same bytes. It is written aside and renamed: a folder of that name is whole.
 * What a killed process left half-written or half-removed has a hidden name, is never listed, and is removed by `removeLeftovers`.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { replaceDirectory, writeJsonAtomic } from '../storage/atomic-write.js';
import { readSafetensors, writeSafetensors } from '../storage/safetensors.js';

/** What `state.json` holds: values of JSON, chosen by the trainer. */
export interface CheckpointState {
  /** Updates made so far. */
  step: number;
  /** EER on the development trials, a fraction; null or absent where it was not measured at this step. */
  devEer?: number | null;
  [key: string]: unknown;
}

export interface Checkpoint {
  /** Parameters, running statistics and counters. */
  model: HostTensors;
  /** Optimiser slots. */
  optimizer: HostTensors;
  state: CheckpointState;
}

/** A checkpoint on disk. */
export interface CheckpointEntry {
  dir: string;
  step: number;
  devEer: number | null;
}

const NAME = /^step-(\d{8,})$/;
const LEFTOVER = /^\.step-\d{8,}\..*\.part$/;

/** `step-00001234` */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** Writes a checkpoint into `trainDir`, whole or not at all; one of the same step is replaced. @returns its folder */
export async function saveCheckpoint(trainDir: string, { model, optimizer, state }: Checkpoint): Promise<string> {
  const dir = join(trainDir, checkpointName(state.step));
  await replaceDirectory(dir, (aside) => {
    writeSafetensors(join(aside, 'model.safetensors'), model);
    writeSafetensors(join(aside, 'optimizer.safetensors'), optimizer);
    writeJsonAtomic(join(aside, 'state.json'), state);
  });
  return dir;
}

/** Reads a checkpoint. @throws UserError naming the file that is missing or damaged */
export function loadCheckpoint(dir: string): Checkpoint {
  const state = readState(dir);
  return {
    model: readSafetensors(join(dir, 'model.safetensors')),
    optimizer: readSafetensors(join(dir, 'optimizer.safetensors')),
    state,
  };
}

/** The checkpoints in a folder by step, oldest first; none if the folder does not exist. */
export function listCheckpoints(trainDir: string): CheckpointEntry[] {
  if (!existsSync(trainDir)) return [];
  return readdirSync(trainDir)
    .filter((name) => NAME.test(name))
    .map((name) => {
      const dir = join(trainDir, name);
      const { step, devEer = null } = readState(dir);
      if (checkpointName(step) !== name) {
        throw new UserError(
          `${join(dir, 'state.json')}: expected the step of its folder, got ${step}\nremove the folder`,
        );
      }
      return { dir, step, devEer };
    })
    .sort((a, b) => a.step - b.step);
}

export interface Retention {
  /** Newest checkpoints to keep: at least 1. */
  keepLast: number;
  /** Checkpoints of the lowest development EER to keep besides; among equals the earlier. */
  keepBest: number;
}

/** The checkpoints that may go: neither among the last nor among the best. */
export function dispensableCheckpoints<T extends { step: number; devEer?: number | null }>(
  checkpoints: readonly T[],
  { keepLast, keepBest }: Retention,
): T[] {
  const last = checkpoints.toSorted((a, b) => b.step - a.step).slice(0, Math.max(1, keepLast));
  const kept = new Set([...last, ...bestCheckpoints(checkpoints, keepBest)]);
  return checkpoints.filter((checkpoint) => !kept.has(checkpoint));
}

/** The `count` checkpoints of the lowest development EER, best first; those without one are not among them. */
export function bestCheckpoints<T extends { step: number; devEer?: number | null }>(
  checkpoints: readonly T[],
  count: number,
): T[] {
  const eer = ({ devEer }: T) => devEer ?? NaN;
  return checkpoints
    .filter((checkpoint) => Number.isFinite(eer(checkpoint)))
    .sort((a, b) => eer(a) - eer(b) || a.step - b.step)
    .slice(0, count);
}

/** Deletes a checkpoint. It first gets a hidden name: whatever moment kills the process, none is left that is not whole. */
export function removeCheckpoint({ dir }: Pick<CheckpointEntry, 'dir'>): void {
  const hidden = join(dirname(dir), `.${basename(dir)}.removed.part`);
  rmSync(hidden, { recursive: true, force: true });
  renameSync(dir, hidden);
  rmSync(hidden, { recursive: true });
}

/**
 * Removes what a killed process left half-written or half-removed. Only for the one process that trains in this folder.
 * @returns the names removed
 */
export function removeLeftovers(trainDir: string): string[] {
  if (!existsSync(trainDir)) return [];
  const names = readdirSync(trainDir).filter((name) => LEFTOVER.test(name));
  for (const name of names) rmSync(join(trainDir, name), { recursive: true, force: true });
  return names;
}

function readState(dir: string): CheckpointState {
  const path = join(dir, 'state.json');
  const broken = (reason: string) =>
    new UserError(`${path}: not a checkpoint's state: ${reason}\nremove the folder ${dir} or resume from another one`);
  let state: unknown;
  try {
    state = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw broken(messageOf(error));
  }
  if (typeof state !== 'object' || state === null || !('step' in state) || !Number.isSafeInteger(state.step)) {
    throw broken('expected an object with a whole number `step`');
  }
  return state as CheckpointState;
}
