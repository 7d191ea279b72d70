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
import { stringify } from 'csv-stringify/sync';
import { firstOf } from '../../problem-list.js';
import { labelOf } from '../../corpus/trials/trial-formats.js';
import type { Trial } from '../../corpus/trials/trials.js';
import { internal, UserError } from '../../errors.js';
import { openPendingFile } from '../../storage/atomic-write.js';
import { readTextLines } from '../../storage/text-lines.js';
import { ascendingOrder } from './radix-sort.js';
import { createColumn, createNumbering, describePair, pairKeys, type Pairs, type TrialTable } from './trial-table.js';

/** Scores as columns; labels only where the file has a fourth field, which all of its lines have or none. */
export interface ScoreTable extends Pairs {
  /** [trials] */
  readonly scores: Float64Array;
  readonly labels?: Uint8Array;
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

/** Writes the scores of a table of trials, with labels where they are given, whole or not at all. */
export function writeScoreTable(path: string, pairs: Pairs, scores: ArrayLike<number>, labels?: Uint8Array): void {
  const file = openPendingFile(path);
  try {
    for (let from = 0; from < scores.length; from += ROWS_PER_WRITE) {
      let lines = '';
      for (let i = from; i < Math.min(from + ROWS_PER_WRITE, scores.length); i++) {
        lines += `${describePair(pairs, i)} ${scores[i]}${labels ? ` ${labelOf(labels[i] === 1)}` : ''}\n`;
      }
      file.write(Buffer.from(lines, 'utf8'));
    }
    file.commit();
  } catch (error) {
    file.abort();
    throw error;
  }
}

/** Reads `enroll test score [target|nontarget]` lines. @throws UserError with file:line, also if there are no lines. */
export function readScores(path: string): ScoreTable {
  const { ids, numberOf } = createNumbering();
  const enroll = createColumn((length) => new Uint32Array(length));
  const test = createColumn((length) => new Uint32Array(length));
  const scores = createColumn((length) => new Float64Array(length));
  const labels = createColumn((length) => new Uint8Array(length));
  let fields = 0; // as many as the first line has
  for (const { text, number: line } of readTextLines(path, { what: 'the scores' })) {
    const parts = text.trim().split(/\s+/);
    if (parts[0] === '') continue;
    fields ||= parts.length;
    if (parts.length !== fields || fields < 3 || fields > 4) {
      const expected = fields === 4 ? '4 fields (enroll test score label)' : '3 fields (enroll test score)';
      throw new UserError(`${path}:${line}: expected ${expected}, got ${parts.length}: ${JSON.stringify(text.trim())}`);
    }
    const score = Number(parts[2]);
    if (!Number.isFinite(score)) {
      throw new UserError(`${path}:${line}: expected a finite number as the score, got "${parts[2]}"`);
    }
    const label = parts[3];
    if (label !== undefined && label !== 'target' && label !== 'nontarget') {
      throw new UserError(`${path}:${line}: expected target or nontarget in the fourth field, got "${label}"`);
    }
    enroll.push(numberOf(parts[0]));
    test.push(numberOf(parts[1]));
    scores.push(score);
    if (label !== undefined) labels.push(Number(label === 'target'));
  }
  if (fields === 0) throw new UserError(`${path}: expected scores (enroll test score), got an empty file`);
  return {
    ids,
    enroll: enroll.take(),
    test: test.take(),
    scores: scores.take(),
    ...(fields === 4 && { labels: labels.take() }),
  };
}

/**
 * The scores in the trials' order, whatever their order in the file. A trial that is listed twice needs two lines.
 * @param where names the score file, for messages.
 * @throws UserError if a trial has no score, a score has no trial, a pair has two different scores, or a label in the
 *   score file contradicts the trial's.
 */
export function joinScores(scores: ScoreTable, trials: TrialTable, where = 'scores'): Float64Array {
  const lineOf = sameOrder(scores, trials) ? undefined : linesOfTrials(scores, trials, where);
  const { labels } = scores;
  if (labels) {
    const contradicted: string[] = [];
    trials.labels.forEach((label, i) => {
      if (labels[lineOf?.[i] ?? i] !== label) contradicted.push(describePair(trials, i));
    });
    if (contradicted.length > 0) {
      throw new UserError(`${where}: ${contradicted.length} labels differ from the trials': ${firstOf(contradicted)}`);
    }
  }
  return lineOf ? Float64Array.from(lineOf, (line) => scores.scores[line]) : scores.scores;
}

function sameOrder(a: Pairs, b: Pairs): boolean {
  if (a.enroll.length !== b.enroll.length) return false;
  for (let i = 0; i < a.enroll.length; i++) {
    if (a.ids[a.enroll[i]] !== b.ids[b.enroll[i]] || a.ids[a.test[i]] !== b.ids[b.test[i]]) return false;
  }
  return true;
}

/** For each trial the index of its score: both are put into the order of their pairs and walked through together. */
function linesOfTrials(table: ScoreTable, trials: TrialTable, where: string): Uint32Array {
  const { ids, numberOf } = createNumbering();
  const renumbered = ({ ids: own, enroll, test }: Pairs): Pairs => {
    const numbers = own.map(numberOf);
    return { ids, enroll: enroll.map((id) => numbers[id]), test: test.map((id) => numbers[id]) };
  };
  const both = [renumbered(table), renumbered(trials)];
  const [scoreKeys, trialKeys] = both.map((pairs) => pairKeys(pairs, { ordered: true }));
  const scoreOrder = ascendingOrder(scoreKeys);
  const trialOrder = ascendingOrder(trialKeys);
  for (let i = 1; i < scoreOrder.length; i++) {
    const [a, b] = [scoreOrder[i - 1], scoreOrder[i]];
    if (scoreKeys[a] !== scoreKeys[b] || table.scores[a] === table.scores[b]) continue;
    throw new UserError(
      `${where}: two scores for ${describePair(table, b)}: ${table.scores[a]} and ${table.scores[b]}`,
    );
  }
  const lines = new Uint32Array(trialOrder.length);
  const missing: string[] = [];
  const extra: string[] = [];
  let s = 0;
  for (const trial of trialOrder) {
    for (; s < scoreOrder.length && scoreKeys[scoreOrder[s]] < trialKeys[trial]; s++) {
      extra.push(describePair(table, scoreOrder[s]));
    }
    if (s < scoreOrder.length && scoreKeys[scoreOrder[s]] === trialKeys[trial]) lines[trial] = scoreOrder[s++];
    else missing.push(describePair(trials, trial));
  }
  for (; s < scoreOrder.length; s++) extra.push(describePair(table, scoreOrder[s]));
  const problems = [
    ...(missing.length > 0 ? [`${missing.length} of ${lines.length} trials have no score: ${firstOf(missing)}`] : []),
    ...(extra.length > 0 ? [`${extra.length} of ${scoreOrder.length} scores have no trial: ${firstOf(extra)}`] : []),
  ];
  if (problems.length > 0) throw new UserError(`${where}: ${problems.join('\n')}`);
  return lines;
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
