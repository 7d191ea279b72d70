/**
 * @file Trial lists: which pairs of utterances are compared, and whether one speaker said both.
 *
 * The formats are those of `trial-formats.ts`. A trial that is listed twice counts twice (WSJ0-1talker's official list
 * repeats 396 lines); one pair with two labels is a mistake in either order, since a comparison is symmetric.
 */
import { likelyIds } from './closest-id.js';
import { existsSync } from 'node:fs';
import { UserError } from '../../errors.js';
import { openPendingFile } from '../../storage/atomic-write.js';
import { readTextLines } from '../../storage/text-lines.js';
import { enrolmentPathOf, type Enrolment } from './enrolment.js';
import type { Trial } from './trial.js';
import { counted, firstOf, throwProblems } from '../../problem-list.js';
import { formatTrials, headerOf, labelOf, parseTrials, type ParseReport, type TrialFormat } from './trial-formats.js';

export type { Trial } from './trial.js';

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

/** A list as it is written, with the places of its trials. */
export interface TrialList extends ParseReport {
  path: string;
  trials: Trial[];
  /** Line number of each trial, from 1. */
  lines: Int32Array;
}

const ROWS_PER_WRITE = 20_000;

/**
 * Reads a trial list. Throws UserError with file:line for a malformed line, mixed formats or contradictory labels.
 * @param models enrolment ids are models; by default where an enrolment map lies beside the list
 */
export function readTrials(path: string, { models = existsSync(enrolmentPathOf(path)) } = {}): Trial[] {
  const { trials, lines } = readTrialList(path);
  const { conflicts } = findRepeats(trials, { models });
  throwConflicts(trials, conflicts, (index) => `${path}:${lines[index]}`);
  return trials;
}

/** Reads a trial list, contradictory labels and all. Throws UserError with file:line for what cannot be understood. */
export function readTrialList(path: string): TrialList {
  const shown = path === '-' ? 'standard input' : path;
  const trials: Trial[] = [];
  const lines: number[] = [];
  // Every id is kept once, however often it occurs.
  const ids = new Map<string, string>();
  const once = (id: string) => {
    const known = ids.get(id);
    if (known !== undefined) return known;
    ids.set(id, id);
    return id;
  };
  const parsed = parseTrials(readTextLines(path, { what: 'the trial list' }), shown);
  for (let next = parsed.next(); ; next = parsed.next()) {
    if (next.done) {
      if (trials.length > 0) return { path: shown, trials, lines: Int32Array.from(lines), ...next.value };
      throw new UserError(`${shown}: expected trials (enroll test target|nontarget), got an empty file`);
    }
    const { enroll, test, target, line } = next.value;
    trials.push({ enroll: once(enroll), test: once(test), target });
    lines.push(line);
  }
}

/** A later trial (index) and the earlier one that it repeats or contradicts. */
export interface Repeat {
  index: number;
  earlier: number;
}

export interface Repeats {
  /** Trials whose (enroll, test) pair was listed before. */
  duplicates: Repeat[];
  /** Trials whose pair was listed before with its sides exchanged. */
  reversed: Repeat[];
  /** Trials whose pair, in either order, was listed before with the other label. */
  conflicts: Repeat[];
}

/**
 * Finds repeated pairs. Pairs are numbered and sorted as plain numbers, 8 bytes a trial, so that tens of millions fit.
 * @param models enrolment ids are models: a model and an utterance of one name are two things, and (a, b) is not (b, a)
 */
export function findRepeats(trials: readonly Trial[], { models = false } = {}): Repeats {
  const utterances = new Map<string, number>();
  const enrolled = models ? new Map<string, number>() : utterances;
  const number = (ids: Map<string, number>, id: string) => {
    const known = ids.get(id);
    if (known !== undefined) return known;
    ids.set(id, ids.size);
    return ids.size - 1;
  };
  const RADIX = 2 ** 26;
  const keys = new Float64Array(trials.length); // of (enroll, test)
  const pairs = new Float64Array(trials.length); // the same for both orders
  trials.forEach(({ enroll, test }, index) => {
    const a = number(enrolled, enroll);
    const b = number(utterances, test);
    keys[index] = a * RADIX + b;
    pairs[index] = models || a < b ? keys[index] : b * RADIX + a;
  });
  const sorted = pairs.slice().sort();
  const repeated = new Set<number>();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) repeated.add(sorted[i]);
  const found: Repeats = { duplicates: [], reversed: [], conflicts: [] };
  if (repeated.size === 0) return found;
  const firstOfPair = new Map<number, number>();
  const firstOfKey = new Map<number, number>();
  for (let index = 0; index < trials.length; index++) {
    if (!repeated.has(pairs[index])) continue;
    const same = firstOfKey.get(keys[index]);
    const earlier = same ?? firstOfPair.get(pairs[index]);
    if (earlier !== undefined && trials[earlier].target !== trials[index].target) {
      found.conflicts.push({ index, earlier });
    }
    if (same !== undefined) found.duplicates.push({ index, earlier: same });
    else {
      if (earlier !== undefined) found.reversed.push({ index, earlier });
      firstOfKey.set(keys[index], index);
    }
    if (!firstOfPair.has(pairs[index])) firstOfPair.set(pairs[index], index);
  }
  return found;
}

/** `nontarget "b a" is target at list:1`, with the place in front. */
export function describeConflict(
  trials: readonly Trial[],
  { index, earlier }: Repeat,
  placeOf: (index: number) => string,
) {
  const { enroll, test, target } = trials[index];
  return `${placeOf(index)}: ${labelOf(target)} "${enroll} ${test}" is ${labelOf(!target)} at ${placeOf(earlier)}`;
}

/** @returns the repeats of a list that does not contradict itself. @throws UserError for one that does, in either order */
export function refuseConflicts(trials: readonly Trial[], where: string, options: { models: boolean }): Repeats {
  const repeats = findRepeats(trials, options);
  throwConflicts(trials, repeats.conflicts, (index) => `${where}, trial ${index + 1}`);
  return repeats;
}

function throwConflicts(trials: readonly Trial[], conflicts: Repeat[], placeOf: (index: number) => string): void {
  const problems = conflicts.map((conflict) => describeConflict(trials, conflict, placeOf));
  throwProblems(problems, {
    where: 'trials',
    what: 'pairs are both target and nontarget',
    one: 'pair is both target and nontarget',
  });
}

/** Writes a list, one line a trial, in the trials' order, aside and renamed. */
export function writeTrials(path: string, trials: readonly Trial[], format: TrialFormat = 'kaldi'): void {
  const file = openPendingFile(path);
  try {
    for (const block of trialBlocks(trials, format)) file.write(Buffer.from(block, 'utf8'));
  } catch (error) {
    file.abort();
    throw error;
  }
  file.commit();
}

/** The text of a list in pieces. */
export function* trialBlocks(trials: readonly Trial[], format: TrialFormat): Generator<string, void> {
  const header = headerOf(format);
  if (header !== '') yield header;
  for (let from = 0; from < trials.length; from += ROWS_PER_WRITE) {
    yield formatTrials(format, trials.slice(from, from + ROWS_PER_WRITE));
  }
}

/**
 * Checks that every trial names known utterances and that no pair has two labels, and counts what the list holds.
 * `where` names the list in messages; with an enrolment map, enrolment ids are its models. Throws UserError.
 */
export function checkTrials(
  trials: readonly Trial[],
  knownIds: ReadonlySet<string>,
  where: string,
  enrolment?: Enrolment,
): TrialSummary {
  const unknown = new Map<string, number>();
  trials.forEach(({ enroll, test }, index) => {
    if (!(enrolment ?? knownIds).has(enroll) && !unknown.has(enroll)) unknown.set(enroll, index);
    if (!knownIds.has(test) && !unknown.has(test)) unknown.set(test, index);
  });
  if (unknown.size > 0) {
    const [[, first]] = unknown;
    const meant = likelyIds(unknown.keys(), knownIds);
    throw new UserError(
      `${where}: ${counted(unknown.size, 'id is', 'ids are')} not in the manifest: ${firstOf([...unknown.keys()])}\n` +
        `First in trial ${first + 1} of ${trials.length}: "${trials[first].enroll} ${trials[first].test}". ` +
        (!enrolment && trials.every(({ test }) => knownIds.has(test))
          ? 'If these are models of several utterances, give their map: --enroll-map, or corpus.enrolment in a recipe.'
          : meant
            ? `The manifest has other names: ${meant}. Name the trials so, or the files as the list does.`
            : 'Is this the trial list of this corpus?'),
    );
  }
  const targets = trials.reduce((count, { target }) => count + Number(target), 0);
  const { duplicates } = refuseConflicts(trials, where, { models: enrolment !== undefined });
  return {
    trials: trials.length,
    targets,
    nontargets: trials.length - targets,
    duplicates: duplicates.length,
    selfTrials: trials.filter((trial) => isSelfTrial(trial, enrolment)).length,
  };
}

/** The test utterance is (among) what the speaker was enrolled with. */
export const isSelfTrial = ({ enroll, test }: Omit<Trial, 'target'>, enrolment?: Enrolment): boolean =>
  enrolment ? (enrolment.get(enroll)?.includes(test) ?? false) : enroll === test;

/** `51000 trials (3000 target, 48000 nontarget); 396 repeat an earlier one and count again`. */
export function describeTrials({ trials, targets, nontargets, duplicates, selfTrials }: TrialSummary): string {
  return [
    `${trials} trials (${targets} target, ${nontargets} nontarget)`,
    ...(duplicates > 0 ? [`${duplicates} repeat an earlier one and count again`] : []),
    ...(selfTrials > 0 ? [`${selfTrials} compare an utterance with itself`] : []),
  ].join('; ');
}
