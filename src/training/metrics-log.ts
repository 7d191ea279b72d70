/**
 * @file `metrics.jsonl`: one JSON object a line for everything a run measures, each with the `step` it belongs to.
 *
 * Rows are appended as they arise. A run that resumes from the checkpoint of step n repeats the steps after n; opening
 * the log for it first cuts the rows beyond n (the file is rewritten aside and renamed), so each step is there once.
 * A killed process may leave a torn last line: readers leave it out. A torn line elsewhere is an error.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { guardWriting } from '../storage/atomic-write.js';
import { writeJsonl } from '../storage/jsonl.js';
import { makeFolder } from '../storage/make-folder.js';
import { checkAsWritten } from '../storage/written-files.js';

/** One measurement. `step` counts the updates made when it was taken. */
export interface MetricsRow {
  step: number;
  [key: string]: unknown;
}

export interface MetricsLog {
  readonly path: string;
  append(row: MetricsRow): void;
}

/**
 * Opens the log of a run. Creates the folder.
 * @param resumeStep keep the rows up to this step and cut those beyond; absent: a new run, whose log starts empty
 * @returns the log, and how many rows were kept and cut
 */
export function openMetricsLog(
  path: string,
  { resumeStep = -Infinity }: { resumeStep?: number } = {},
): MetricsLog & { kept: number; cut: number } {
  guardWriting(path, () => makeFolder(dirname(path)));
  const rows = existsSync(path) ? readMetricsLog(path) : [];
  const kept = rows.filter(({ step }) => step <= resumeStep);
  writeJsonl(path, kept);
  return {
    path,
    kept: kept.length,
    cut: rows.length - kept.length,
    append: (row) => guardWriting(path, () => appendFileSync(path, `${JSON.stringify(row)}\n`)),
  };
}

/** All whole rows, in the order of the file. @throws UserError naming file:line */
export function readMetricsLog(path: string): MetricsRow[] {
  checkAsWritten(path);
  const lines = readFileSync(path, 'utf8').split('\n');
  const torn = lines.pop(); // '' if the last line is whole
  const rows = lines.map((line, index) => parseRow(line, `${path}:${index + 1}`));
  const last = torn ? parse(torn) : undefined;
  return isRow(last) ? [...rows, last] : rows;
}

function parseRow(line: string, where: string): MetricsRow {
  const row = parse(line);
  if (isRow(row)) return row;
  throw new UserError(`${where}: expected a JSON object with a step, got: ${line.slice(0, 60)}\nremove the line`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): value is MetricsRow {
  return typeof value === 'object' && value !== null && 'step' in value && typeof value.step === 'number';
}
