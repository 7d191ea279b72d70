/**
 * @file Trial lists: which pairs of utterances are compared, and whether one speaker said both.
 *
 * Two text formats are read, told apart by themselves: `enroll test target|nontarget` (Kaldi) and `1|0 enroll test`
 * (VoxCeleb). A trial that is listed twice counts twice (WSJ0-1talker's official list repeats 396 lines); one pair with
 * two labels is a mistake in either order, since a comparison is symmetric.
 */
import { readFileSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';
import { writeFileAtomic } from '../storage/atomic-write.js';
import { firstOf, throwProblems } from './problem-list.js';

export interface Trial {
  /** Utterance ids. */
  enroll: string;
  test: string;
  /** The same speaker in both. */
  target: boolean;
}

/** What a trial list holds, for the log. */
export interface TrialSummary {
  trials: number;
  targets: number;
  nontargets: number;
  /** Lines that repeat an earlier (enroll, test) pair. */
  duplicates: number;
  /** Trials of an utterance against itself: they score 1 and make a list easier than it looks. */
  selfTrials: number;
}

interface LineFormat {
  name: string;
  parse(fields: string[]): Trial | undefined;
}

const kaldi: LineFormat = {
  name: 'enroll test target|nontarget',
  parse: ([enroll, test, label]) =>
    label === 'target' || label === 'nontarget' ? { enroll, test, target: label === 'target' } : undefined,
};
const voxceleb: LineFormat = {
  name: '1|0 enroll test',
  parse: ([label, enroll, test]) =>
    label === '1' || label === '0' ? { enroll, test, target: label === '1' } : undefined,
};

/** Reads a trial list. Throws UserError with file:line for a malformed line, mixed formats or contradictory labels. */
export function readTrials(path: string): Trial[] {
  const lines: number[] = [];
  const rows: string[][] = [];
  readText(path)
    .split('\n')
    .forEach((text, index) => {
      const trimmed = text.trim();
      if (trimmed === '') return;
      const fields = trimmed.split(/\s+/);
      if (fields.length !== 3) {
        throw new UserError(
          `${path}:${index + 1}: expected 3 fields (enroll test label), got ${fields.length}: ${JSON.stringify(trimmed)}`,
        );
      }
      rows.push(fields);
      lines.push(index + 1);
    });
  if (rows.length === 0)
    throw new UserError(`${path}: expected trials (enroll test target|nontarget), got an empty file`);
  const format = detectFormat(path, rows, lines);
  const trials = rows.map((fields) => format.parse(fields)!);
  findRepeats(trials, (index) => `${path}:${lines[index]}`);
  return trials;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UserError(`${path}: cannot read the trial list: ${messageOf(error)}`, { cause: error });
  }
}

/** The format that every line has. A line such as `1 b target` fits both and decides nothing. */
function detectFormat(path: string, rows: string[][], lines: number[]): LineFormat {
  let decided: { format: LineFormat; line: number } | undefined;
  rows.forEach((fields, index) => {
    const fitting = [kaldi, voxceleb].filter((format) => format.parse(fields) !== undefined);
    const got = JSON.stringify(fields.join(' '));
    if (fitting.length === 0) {
      throw new UserError(`${path}:${lines[index]}: expected "${kaldi.name}" or "${voxceleb.name}", got ${got}`);
    }
    if (fitting.length === 2) return;
    decided ??= { format: fitting[0], line: lines[index] };
    if (fitting[0] === decided.format) return;
    throw new UserError(
      `${path}:${lines[index]}: expected "${decided.format.name}" as on line ${decided.line}, got ${got}\n` +
        'A trial list has one format; convert one half.',
    );
  });
  return decided?.format ?? kaldi;
}

/** Counts repeated pairs; throws where one pair has both labels. */
function findRepeats(trials: readonly Trial[], placeOf: (index: number) => string): number {
  const numberOf = new Map<string, number>();
  const number = (id: string) => {
    const known = numberOf.get(id);
    if (known !== undefined) return known;
    numberOf.set(id, numberOf.size);
    return numberOf.size - 1;
  };
  // A pair's key is one number: cheaper by far than a joined string where lists have millions of lines.
  const RADIX = 2 ** 26;
  const firstAt = new Map<number, number>();
  const conflicts: string[] = [];
  let duplicates = 0;
  trials.forEach(({ enroll, test, target }, index) => {
    const a = number(enroll);
    const b = number(test);
    const same = firstAt.get(a * RADIX + b);
    const other = same ?? firstAt.get(b * RADIX + a);
    if (other !== undefined && trials[other].target !== target) {
      conflicts.push(
        `${placeOf(index)}: ${labelOf(target)} "${enroll} ${test}" is ${labelOf(!target)} at ${placeOf(other)}`,
      );
    }
    if (same !== undefined) duplicates++;
    else firstAt.set(a * RADIX + b, index);
  });
  throwProblems(conflicts, { where: 'trials', what: 'pairs are both target and nontarget' });
  return duplicates;
}

const labelOf = (target: boolean) => (target ? 'target' : 'nontarget');

/** Writes `enroll test target|nontarget`, one line a trial, aside and renamed. */
export function writeTrials(path: string, trials: readonly Trial[]): void {
  writeFileAtomic(path, trials.map(({ enroll, test, target }) => `${enroll} ${test} ${labelOf(target)}\n`).join(''));
}

/**
 * Checks that every trial names known utterances and that no pair has two labels, and counts what the list holds.
 * `where` names the list in messages. Throws UserError.
 */
export function checkTrials(trials: readonly Trial[], knownIds: ReadonlySet<string>, where: string): TrialSummary {
  const unknown = new Map<string, number>();
  trials.forEach(({ enroll, test }, index) => {
    for (const id of [enroll, test]) if (!knownIds.has(id) && !unknown.has(id)) unknown.set(id, index);
  });
  if (unknown.size > 0) {
    const [[, first]] = unknown;
    throw new UserError(
      `${where}: ${unknown.size} ids are not in the manifest: ${firstOf([...unknown.keys()])}\n` +
        `First in trial ${first + 1} of ${trials.length}: "${trials[first].enroll} ${trials[first].test}". ` +
        'Is this the trial list of this corpus?',
    );
  }
  const targets = trials.filter(({ target }) => target).length;
  return {
    trials: trials.length,
    targets,
    nontargets: trials.length - targets,
    duplicates: findRepeats(trials, (index) => `${where}, trial ${index + 1}`),
    selfTrials: trials.filter(({ enroll, test }) => enroll === test).length,
  };
}

/** `51000 trials (3000 target, 48000 nontarget); 396 repeat an earlier one and count again`. */
export function describeTrials({ trials, targets, nontargets, duplicates, selfTrials }: TrialSummary): string {
  return [
    `${trials} trials (${targets} target, ${nontargets} nontarget)`,
    ...(duplicates > 0 ? [`${duplicates} repeat an earlier one and count again`] : []),
    ...(selfTrials > 0 ? [`${selfTrials} compare an utterance with itself`] : []),
  ].join('; ');
}
