/** @file Outputs that must not take the place of inputs: a mistake would cost the only copy. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { RECORD } from './written-files.js';

/** The file that a path leads to, through links of files and folders; it need not be there yet. */
export function realPath(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole)) return realpathSync(whole);
  return dirname(whole) === whole ? whole : join(realPath(dirname(whole)), basename(whole));
}

type Paths = readonly (string | undefined)[];

/** @param inputs files; `-` is the standard input. @throws UserError naming the output that is an input too */
export function refuseOverwriting(outputs: Paths, inputs: Paths): void {
  const there = outputs.filter((path) => path !== undefined && existsSync(path));
  if (there.length === 0) return;
  const read = new Set(inputs.filter((path) => path !== undefined && path !== '-').map((path) => realPath(path!)));
  const lost = there.find((path) => path !== undefined && read.has(realPath(path)));
  if (lost !== undefined) throw new UserError(`${lost}: is an input, and would be overwritten\n  name another output`);
}

/** The same, for commands. @throws UserError also for an output that lies in the result of an experiment's stage */
export function refuseReplacing(outputs: Paths, inputs: Paths): void {
  refuseOverwriting(outputs, inputs);
  for (const path of outputs) {
    if (path === undefined || path === '-') continue;
    if (isInStage(path))
      throw new UserError(`${path}: lies in a result of an experiment, which would be damaged\n  name another place`);
  }
}

/** Figures and checkpoints lie in folders of their stage's. */
export function isInStage(path: string): boolean {
  const folder = dirname(resolve(path));
  return [folder, dirname(folder)].some(isStage);
}

const isStage = (folder: string): boolean => [RECORD, '.started.json'].some((name) => existsSync(join(folder, name)));

/** @throws UserError where a folder is the result of an experiment's stage, which only the experiment may replace */
export function refuseStageFolder(out: string): void {
  if (isStage(out))
    throw new UserError(`${out}: is a result of an experiment, and would be replaced\n  name another --out`);
}
