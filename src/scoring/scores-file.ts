/**
 * @file Files of scores.
 *
 * - `scores.txt`: `enroll test score` lines, the form that Kaldi, WeSpeaker and SpeechBrain users know. A fourth field
 *   `target|nontarget` (as WeSpeaker writes) is understood when reading.
 * - `scores.csv`: columns enroll,test,label,score.
 *
 * Scores are written with as many digits as it takes to read the same number back, so that metrics of the file equal
 * metrics of the scores. Files are read and written in pieces: tens of millions of lines need not fit into one string.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { stringify } from 'csv-stringify/sync';
import { firstOf } from '../corpus/problem-list.js';
import type { Trial } from '../corpus/trials.js';
import { internal, messageOf, UserError } from '../errors.js';
import { openPendingFile } from '../storage/atomic-write.js';

/** One line of a score file. */
export interface ScoredPair {
  readonly enroll: string;
  readonly test: string;
  readonly score: number;
  /** Only where the file has a fourth field; all of its lines have it or none. */
  readonly target?: boolean;
}

const ROWS_PER_WRITE = 20_000;

/** Writes `enroll test score` lines in the trials' order, whole or not at all. */
export function writeScores(path: string, trials: readonly Trial[], scores: ArrayLike<number>): void {
  writeRows(path, '', trials, scores, (rows) =>
    rows.map(({ enroll, test, score }) => `${field(path, enroll)} ${field(path, test)} ${score}\n`).join(''),
  );
}

/** Writes a table of enroll,test,label,score in the trials' order, whole or not at all. */
export function writeScoresCsv(path: string, trials: readonly Trial[], scores: ArrayLike<number>): void {
  writeRows(path, stringify([['enroll', 'test', 'label', 'score']]), trials, scores, (rows) =>
    stringify(rows.map(({ enroll, test, target, score }) => [enroll, test, target ? 'target' : 'nontarget', score])),
  );
}

/** Reads `enroll test score [target|nontarget]` lines. @throws UserError with file:line, also if there are no lines. */
export function readScores(path: string): ScoredPair[] {
  const pairs: ScoredPair[] = [];
  let fields = 0; // as many as the first line has
  forEachLine(path, (text, line) => {
    const parts = text.trim().split(/\s+/);
    if (parts[0] === '') return;
    fields ||= parts.length;
    if (parts.length !== fields || fields < 3 || fields > 4) {
      const expected = fields === 4 ? '4 fields (enroll test score label)' : '3 fields (enroll test score)';
      throw new UserError(`${path}:${line}: expected ${expected}, got ${parts.length}: ${JSON.stringify(text.trim())}`);
    }
    const [enroll, test, number, label] = parts;
    const score = Number(number);
    if (!Number.isFinite(score)) {
      throw new UserError(`${path}:${line}: expected a finite number as the score, got "${number}"`);
    }
    if (label !== undefined && label !== 'target' && label !== 'nontarget') {
      throw new UserError(`${path}:${line}: expected target or nontarget in the fourth field, got "${label}"`);
    }
    pairs.push({ enroll, test, score, ...(label && { target: label === 'target' }) });
  });
  if (pairs.length === 0) throw new UserError(`${path}: expected scores (enroll test score), got an empty file`);
  return pairs;
}

/**
 * The scores in the trials' order, whatever their order in the file. A trial that is listed twice needs two lines.
 * @param where names the score file, for messages.
 * @throws UserError if a trial has no score, a score has no trial, a pair has two different scores, or a label in the
 *   score file contradicts the trial's.
 */
export function joinScores(
  scores: readonly ScoredPair[],
  trials: readonly Trial[],
  where = 'scores',
): Float64Array<ArrayBuffer> {
  const joined = sameOrder(scores, trials) ? scores : joinByPair(scores, trials, where);
  const contradicted = trials.filter(({ target }, i) => joined[i].target !== undefined && joined[i].target !== target);
  if (contradicted.length > 0) {
    throw new UserError(`${where}: ${contradicted.length} labels differ from the trials': ${listPairs(contradicted)}`);
  }
  return Float64Array.from(joined, ({ score }) => score);
}

interface Pair {
  readonly enroll: string;
  readonly test: string;
}

const listPairs = (pairs: readonly Pair[]) => firstOf(pairs.map(({ enroll, test }) => `${enroll} ${test}`));

const sameOrder = (scores: readonly Pair[], trials: readonly Pair[]) =>
  scores.length === trials.length &&
  trials.every(({ enroll, test }, i) => enroll === scores[i].enroll && test === scores[i].test);

function joinByPair(scores: readonly ScoredPair[], trials: readonly Trial[], where: string): ScoredPair[] {
  const keyOf = ({ enroll, test }: Pair) => `${enroll} ${test}`; // ids hold no white space
  const byPair = new Map<string, { scored: ScoredPair; left: number }>();
  for (const scored of scores) {
    const earlier = byPair.get(keyOf(scored));
    if (!earlier) byPair.set(keyOf(scored), { scored, left: 1 });
    else if (earlier.scored.score === scored.score) earlier.left++;
    else throw new UserError(`${where}: two scores for ${keyOf(scored)}: ${earlier.scored.score} and ${scored.score}`);
  }
  const joined: ScoredPair[] = [];
  const missing: Trial[] = [];
  for (const trial of trials) {
    const entry = byPair.get(keyOf(trial));
    if (entry && entry.left > 0) {
      entry.left--;
      joined.push(entry.scored);
    } else {
      missing.push(trial);
    }
  }
  const extra = [...byPair.values()].flatMap(({ scored, left }) => Array<ScoredPair>(left).fill(scored));
  const problems = [
    ...(missing.length > 0
      ? [`${missing.length} of ${trials.length} trials have no score: ${listPairs(missing)}`]
      : []),
    ...(extra.length > 0 ? [`${extra.length} of ${scores.length} scores have no trial: ${listPairs(extra)}`] : []),
  ];
  if (problems.length > 0) throw new UserError(`${where}: ${problems.join('\n')}`);
  return joined;
}

type Row = Trial & { score: number };

function writeRows(
  path: string,
  header: string,
  trials: readonly Trial[],
  scores: ArrayLike<number>,
  format: (rows: Row[]) => string,
): void {
  if (scores.length !== trials.length) throw internal(`${scores.length} scores for ${trials.length} trials`);
  const file = openPendingFile(path);
  try {
    file.write(Buffer.from(header, 'utf8'));
    for (let from = 0; from < trials.length; from += ROWS_PER_WRITE) {
      const rows = trials.slice(from, from + ROWS_PER_WRITE).map((trial, i) => ({ ...trial, score: scores[from + i] }));
      file.write(Buffer.from(format(rows), 'utf8'));
    }
    file.commit();
  } catch (error) {
    file.abort();
    throw error;
  }
}

function field(path: string, id: string): string {
  if (id === '' || /\s/.test(id)) {
    throw new UserError(
      `${path}: the id ${JSON.stringify(id)} is empty or holds white space, which separates the fields`,
    );
  }
  return id;
}

/** Calls `use` with every line and its number from 1; a byte-order mark is dropped. */
function forEachLine(path: string, use: (text: string, line: number) => void): void {
  const file = guarded(path, () => openSync(path, 'r'));
  try {
    const decoder = new StringDecoder('utf8');
    const bytes = Buffer.alloc(1 << 20);
    let line = 0;
    let rest = '';
    for (;;) {
      const count = guarded(path, () => readSync(file, bytes));
      const lines = (rest + (count > 0 ? decoder.write(bytes.subarray(0, count)) : decoder.end())).split('\n');
      rest = count > 0 ? lines.pop()! : '';
      for (const text of lines) use(line++ === 0 ? text.replace(/^\uFEFF/, '') : text, line);
      if (count === 0) return;
    }
  } finally {
    closeSync(file);
  }
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UserError(`${path}: cannot read the scores: ${messageOf(error)}`, { cause: error });
  }
}
