/**
 * @file Checkpoints: folders `step-00001234` with `model.safetensors`, `optimizer.safetensors` and `state.json`.
 *
 * A checkpoint holds all that the rest of a run depends on, and nothing else (no times, no paths), so that an
 * interrupted and resumed run ends in the same bytes. It is written aside and renamed: a folder of that name is whole.
 * What a killed process left half-written or half-removed has a hidden name, is never listed, and is removed by
 * `removeLeftovers`.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { HostTensors } from '../engine/program/host-tensor.js';
import { messageOf, UserError } from '../errors.js';
import { replaceDirectory, writeJsonAtomic } from '../storage/atomic-write.js';
import { sealed, unsealed } from '../storage/sealed-json.js';
import { DamagedFile, damageOf, recordFiles, SET_ASIDE, type WrittenFiles } from '../storage/written-files.js';
import { readSafetensors, writeSafetensors } from '../storage/safetensors.js';

/** What `state.json` holds: values of JSON, chosen by the trainer. */
export interface CheckpointState {
  /** Updates made so far. */
  step: number;
  /** EER on the development trials, a fraction; null or absent where it was not measured at this step. */
  devEer?: number | null;
  /** The phase that it lies in; absent where the training has none. */
  phase?: string;
  /** Of the tensors: those of another checkpoint are told from its own. Added on writing. */
  files?: WrittenFiles;
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
  /** Of a training that has several. */
  phase?: string;
}

const TENSORS = { model: 'model.safetensors', optimizer: 'optimizer.safetensors' } as const;
const STATE = 'state.json';
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
    writeSafetensors(join(aside, TENSORS.model), model);
    writeSafetensors(join(aside, TENSORS.optimizer), optimizer);
    const files = recordFiles(aside, Object.values(TENSORS));
    writeJsonAtomic(join(aside, STATE), sealed({ ...state, files }));
  });
  return dir;
}

/** Reads a checkpoint. @throws UserError naming the file that is missing, damaged or of another checkpoint */
export function loadCheckpoint(dir: string): Checkpoint {
  const { files: _, ...state } = checkedState(dir);
  return {
    model: readSafetensors(join(dir, TENSORS.model)),
    optimizer: readSafetensors(join(dir, TENSORS.optimizer)),
    state,
  };
}

/** What a checkpoint's state says, once its tensors are found to be those that it was written with. */
function checkedState(dir: string): CheckpointState {
  const state = readState(dir);
  for (const file of Object.values(TENSORS)) {
    const path = join(dir, file);
    const expected = state.files?.[file]; // not in checkpoints of earlier versions
    const problem = expected ? damageOf(path, expected) : existsSync(path) ? undefined : 'is gone';
    if (problem === undefined) continue;
    throw new DamagedFile(`${path}: ${problem}\n  train again: training goes on from the checkpoint before it`, path);
  }
  return state;
}

/**
 * Finds the first checkpoint that is damaged or of another training, sets it aside under another name, and removes
 * those after it, which training makes again from the one before. Only for the one process that trains in this folder.
 * @returns what is to be said of it
 */
export function setDamagedAside(trainDir: string, configHash: string): string[] {
  const names = existsSync(trainDir)
    ? readdirSync(trainDir)
        .filter((name) => NAME.test(name))
        .sort()
    : [];
  const problems = names.map((name) => problemOf(join(trainDir, name), configHash));
  const first = problems.findIndex((problem) => problem !== undefined);
  // Where all are of another training, it is the folder that is wrong.
  if (first < 0 || problems.every((problem, i) => problem === otherTraining(join(trainDir, names[i])))) return [];
  const dir = join(trainDir, names[first]);
  const aside = freeName(`${dir}${SET_ASIDE}`);
  renameSync(dir, aside);
  const later = names.slice(first + 1);
  for (const name of later) removeCheckpoint({ dir: join(trainDir, name) });
  const before = first > 0 ? `goes on from ${names[first - 1]}` : 'begins anew, as there is no checkpoint before it';
  const dropped = later.length > 0 ? `; the ${later.length} after it are made again` : '';
  return [`! ${problems[first]}`, `  it is kept as ${aside}, and training ${before}${dropped}`];
}

/** Removes the checkpoints after one that is gone, named by a file that was in it: training makes them again. */
export function removeLaterCheckpoints(trainDir: string, gone: string): void {
  for (const name of readdirSync(trainDir).filter((each) => NAME.test(each) && each > dirname(gone)))
    removeCheckpoint({ dir: join(trainDir, name) });
}

const otherTraining = (dir: string) => `${dir}: belongs to another training`;

function problemOf(dir: string, configHash: string): string | undefined {
  try {
    const state = checkedState(dir);
    if (checkpointName(state.step) !== basename(dir)) return `${dir}: is the checkpoint of step ${state.step}`;
    return state.configHash === undefined || state.configHash === configHash ? undefined : otherTraining(dir);
  } catch (error) {
    if (error instanceof UserError) return error.message.split('\n')[0];
    throw error;
  }
}

function freeName(path: string, count = 1): string {
  const name = count === 1 ? path : `${path}-${count}`;
  return existsSync(name) ? freeName(path, count + 1) : name;
}

/** The checkpoints in a folder by step, oldest first; none if the folder does not exist. */
export function listCheckpoints(trainDir: string): CheckpointEntry[] {
  if (!existsSync(trainDir)) return [];
  return readdirSync(trainDir)
    .filter((name) => NAME.test(name))
    .map((name) => {
      const dir = join(trainDir, name);
      const { step, devEer = null, phase } = readState(dir);
      if (checkpointName(step) !== name) {
        throw new UserError(
          `${join(dir, 'state.json')}: expected the step of its folder, got ${step}\nremove the folder`,
        );
      }
      return { dir, step, devEer, ...(phase !== undefined && { phase }) };
    })
    .sort((a, b) => a.step - b.step);
}

export interface Retention {
  /** Newest checkpoints to keep: at least 1. */
  keepLast: number;
  /** Checkpoints of the newest phase with the lowest development EER to keep besides; among equals the earlier. */
  keepBest: number;
}

/** The checkpoints that may go: neither among the last nor among the best. */
export function dispensableCheckpoints<T extends Pick<CheckpointState, 'step' | 'devEer' | 'phase'>>(
  checkpoints: readonly T[],
  { keepLast, keepBest }: Retention,
): T[] {
  const last = checkpoints.toSorted((a, b) => b.step - a.step).slice(0, Math.max(1, keepLast));
  const kept = new Set([...last, ...bestCheckpoints(ofLastPhase(checkpoints), keepBest)]);
  return checkpoints.filter((checkpoint) => !kept.has(checkpoint));
}

/** Those of the phase that the newest lies in: only they are alike, and are averaged. */
export function ofLastPhase<T extends Pick<CheckpointState, 'step' | 'phase'>>(checkpoints: readonly T[]): T[] {
  const newest = checkpoints.toSorted((a, b) => a.step - b.step).at(-1);
  return checkpoints.filter(({ phase }) => phase === newest?.phase);
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

/**
 * Deletes a checkpoint. It first gets a hidden name: whatever moment kills the process, none is left that is not whole.
 */
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
  const path = join(dir, STATE);
  const broken = (reason: string) =>
    new UserError(`${path}: not a checkpoint's state: ${reason}\nremove the folder ${dir} or resume from another one`);
  let state: unknown;
  try {
    const { value, sealed: seal } = unsealed(JSON.parse(readFileSync(path, 'utf8')));
    if (seal === 'broken') throw new Error('something in it has changed since it was written');
    state = value;
  } catch (error) {
    throw broken(messageOf(error));
  }
  if (typeof state !== 'object' || state === null || !('step' in state) || !Number.isSafeInteger(state.step)) {
    throw broken('expected an object with a whole number `step`');
  }
  return state as CheckpointState;
}
