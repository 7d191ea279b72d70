/**
 * @file Files of scores.
 *
 * - `scores.txt`: `enroll test score` lines, the form that Kaldi and WeSpeaker users know. When reading, the score may
 *   come first, and a label may come with it: `enroll test score target|nontarget` (WeSpeaker), `enroll test 1|0 score`
 *   (SpeechBrain), and so on. A score may be infinite, as a log-likelihood ratio can be.
 * - `scores.csv`: columns enroll,test,label,score, by its first line; the label may be missing.
 *
 * Scores are written with as many digits as it takes to read the same number back, so that metrics of the file equal
 * metrics of the scores. Files are read and written in pieces: tens of millions of lines need not fit into one string.
 */
import { counted, firstOf } from '../../problem-list.js';
import { labelOf, splitQuoted } from '../../corpus/trials/trial-formats.js';
import type { Trial } from '../../corpus/trials/trials.js';
import { internal, UserError } from '../../errors.js';
import { openPendingFile } from '../../storage/atomic-write.js';
import { readTextLines } from '../../storage/text-lines.js';
import { ascendingOrder } from './radix-sort.js';
import { createColumn, createNumbering, describePair, pairKeys, type Pairs, type TrialTable } from './trial-table.js';
import { toCsv, withoutApostrophe } from '../../storage/csv.js';

/** Scores as columns; labels only where the file has them, in all of its lines or none. */
export interface ScoreTable extends Pairs {
  /** [trials] */
  readonly scores: Float64Array;
  readonly labels?: Uint8Array;
}

const ROWS_PER_WRITE = 20_000;

/** A trial whose label need not be known. */
type Scored = Omit<Trial, 'target'> & Partial<Pick<Trial, 'target'>>;

/** Writes `enroll test score` lines in the trials' order, whole or not at all. */
export function writeScores(path: string, trials: readonly Scored[], scores: ArrayLike<number>): void {
  writeRows(path, '', trials, scores, (rows) =>
    rows.map(({ enroll, test, score }) => `${field(path, enroll)} ${field(path, test)} ${score}\n`).join(''),
  );
}

/** Writes a table of enroll,test,label,score in the trials' order, whole or not at all; no label where there is none. */
export function writeScoresCsv(path: string, trials: readonly Scored[], scores: ArrayLike<number>): void {
  const labelled = trials[0]?.target !== undefined;
  writeRows(path, toCsv([['enroll', 'test', ...(labelled ? ['label'] : []), 'score']]), trials, scores, (rows) =>
    toCsv(
      rows.map(({ enroll, test, target, score }) => [
        ...[enroll, test],
        ...(labelled ? [labelOf(target === true)] : []),
        score,
      ]),
    ),
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

/** Which field is which; with labels, `last` are the two fields of which one holds the score, unless both are known. */
interface Order {
  enroll: number;
  test: number;
  score?: number;
  label?: number;
  last?: readonly [number, number];
}

const ORDERS =
  'enroll test score, score enroll test, enroll test score label, enroll test label score, label enroll test score or ' +
  'score enroll test label; labels are target, nontarget, 1 and 0';

/** The first line of `scores.csv`. */
const OWN_TABLE = /^enroll,test(,label)?,score$/;

const bySpace = (text: string): string[] => text.trim().split(/\s+/);
const byComma = (text: string): string[] => splitQuoted(text, ',').map(withoutApostrophe);

/** The orders that a number of fields may have. */
const orders: Readonly<Record<number, readonly Order[]>> = {
  3: [
    { enroll: 0, test: 1, score: 2 },
    { enroll: 1, test: 2, score: 0 },
  ],
  4: [
    { enroll: 0, test: 1, last: [2, 3] },
    { enroll: 1, test: 2, last: [0, 3] },
  ],
};

/** Lines after which the order is decided, if ids are whole numbers too; a power of two, as it is looked for then. */
const MOST_UNDECIDED = 2 ** 13;

interface Line {
  parts: readonly string[];
  line: number;
}

/**
 * The order of the fields: the only one in which the first line has numbers where they should be. Where ids are numbers
 * too, it is the one whose ids are whole numbers and, of two fields, one that holds labels.
 * @returns undefined where further lines have to tell @throws UserError where no line can
 */
function orderOf(lines: readonly Line[], { path, last = false }: { path: string; last?: boolean }): Order | undefined {
  const [{ parts, line }] = lines;
  const valuesAt = (order: Order) => order.last ?? [order.score!];
  const fitting = (orders[parts.length] ?? []).filter((order) =>
    valuesAt(order).every((field) => valueOf(parts[field]) !== undefined),
  );
  const shown = JSON.stringify(parts.join(' '));
  if (parts.length !== 3 && parts.length !== 4)
    throw new UserError(`${path}:${line}: expected 3 fields (enroll test score), got ${parts.length}: ${shown}`);
  if (fitting.length === 0) {
    throw new UserError(
      `${path}:${line}: expected a number as the score, got ${shown}\nThe order of fields may be ${ORDERS}.`,
    );
  }
  if (fitting.length === 1) return fitting[0];
  const isLabels = (field: number) => lines.every((each) => /^(0|1|(non)?target)$/.test(each.parts[field]));
  const isId = (field: number) => lines.every((each) => !LIKE_A_SCORE.test(each.parts[field]));
  const [usual, other] = fitting;
  const mayBe = (order: Order) => isId(order.enroll) && isId(order.test) && (order.last?.some(isLabels) ?? true);
  if (!mayBe(other)) return usual;
  if (!last && lines.length < MOST_UNDECIDED) return undefined;
  if (!mayBe(usual)) return other;
  const [one, two] =
    parts.length === 3 ? ['enroll test score', 'score enroll test'] : ['enroll test …', 'score or label first'];
  throw new UserError(
    `${path}:${line}: is this ${one}, or ${two}? All fields are whole numbers: ${shown}\n  write scores with a decimal point, or ids that are no numbers`,
  );
}

/** What no id of a list looks like where ids are numbers: with a decimal point or exponent, or below 0; or a label. */
const LIKE_A_SCORE = /^((non)?target|[+-]?\d*\.\d*(e[+-]?\d+)?|[+-]?\d+e[+-]?\d+|-\d+|[+-]?inf(inity)?)$/i;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, with the infinities that log-likelihood ratios may be, or a label as 1 or 0. */
function valueOf(field: string): number | undefined {
  if (field === 'target') return 1;
  if (field === 'nontarget') return 0;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(field);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  const value = NUMBER.test(field) ? Number(field) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** The values of one field of all lines, and what tells labels from scores. */
function createField() {
  const values = createColumn((length) => new Float64Array(length));
  return {
    values,
    /** The first line with a word, and the first that holds no label; 0: none. */
    word: 0,
    noLabel: 0,
    push(field: string, line: number) {
      const value = valueOf(field);
      if (value === undefined) return false;
      values.push(value);
      if (!this.word && /^(non)?target$/.test(field)) this.word = line;
      if (!this.noLabel && value !== 0 && value !== 1) this.noLabel = line;
      return true;
    },
  };
}

/**
 * Reads lines of scores, with or without labels, in any of the usual orders of fields. The first lines say which; all
 * together say which of two numbers is the label.
 * @throws UserError with file:line, also if there are no lines
 */
export function readScores(path: string): ScoreTable {
  const { ids, numberOf } = createNumbering();
  const enroll = createColumn((length) => new Uint32Array(length));
  const test = createColumn((length) => new Uint32Array(length));
  const [first, second] = [createField(), createField()];
  let order: Order | undefined;
  let fields = 0; // as many as the first line has
  let split = bySpace;
  let taken = 0;
  const take = ({ parts, line }: Line, { enroll: a, test: b, score, label, last }: Order) => {
    taken++;
    const shown = () => JSON.stringify(parts.join(' '));
    if (parts.length !== fields) {
      const expected = fields === 4 ? '4 fields (enroll test score label)' : '3 fields (enroll test score)';
      throw new UserError(`${path}:${line}: expected ${expected}, got ${parts.length}: ${shown()}`);
    }
    enroll.push(numberOf(parts[a]));
    test.push(numberOf(parts[b]));
    const [one, other] = last ?? [score!, label];
    if (!first.push(parts[one], line) || (other !== undefined && !second.push(parts[other], line))) {
      throw new UserError(
        `${path}:${line}: expected a number as the score${other === undefined ? '' : ' and a label'}, got ${shown()}`,
      );
    }
  };
  const undecided: Line[] = [];
  const decide = (last: boolean) => {
    order = undecided.length === 0 ? undefined : orderOf(undecided, { path, last });
    if (order) for (const each of undecided.splice(0)) take(each, order);
  };
  for (const { text, number: line } of readTextLines(path, { what: 'the scores' })) {
    const own = fields === 0 && split === bySpace ? OWN_TABLE.exec(text.trim()) : null;
    if (own) {
      split = byComma;
      fields = own[1] === undefined ? 3 : 4;
      order = own[1] === undefined ? { enroll: 0, test: 1, score: 2 } : { enroll: 0, test: 1, score: 3, label: 2 };
      continue;
    }
    const parts = split(text);
    if (text.trim() === '') continue;
    fields ||= parts.length;
    if (order) take({ parts, line }, order);
    else {
      undecided.push({ parts, line });
      // What tells two orders apart is mostly the first line.
      if (isPower(undecided.length)) decide(false);
    }
  }
  if (!order) decide(true);
  if (!order || taken === 0) throw new UserError(`${path}: expected scores (enroll test score), got an empty file`);
  const [scores, labels] = order.last
    ? scoreAndLabel([first, second], order.last, path)
    : [first, ...(order.label === undefined ? [] : [second])];
  if (order.label !== undefined && second.noLabel)
    throw new UserError(`${path}:${second.noLabel}: expected target, nontarget, 1 or 0 as the label`);
  if (scores.word) throw new UserError(`${path}:${scores.word}: expected a number as the score, got a label`);
  return {
    ids,
    enroll: enroll.take(),
    test: test.take(),
    scores: scores.values.take(),
    ...(labels && { labels: Uint8Array.from(labels.values.take()) }),
  };
}

/** 1, 2, 4, 8, … */
const isPower = (count: number): boolean => (count & (count - 1)) === 0;

type Field = ReturnType<typeof createField>;

/** Of two fields, the one that holds scores and the one that holds labels. */
function scoreAndLabel(both: readonly [Field, Field], at: readonly [number, number], path: string): [Field, Field] {
  const [first, second] = both;
  const names = at.map((field) => ['first', 'second', 'third', 'fourth'][field]);
  const candidates = both.filter(({ noLabel }) => noLabel === 0);
  const worded = both.filter(({ word }) => word > 0);
  const labels = worded.length > 0 ? worded[0] : candidates[0];
  if (labels === undefined || labels.noLabel > 0) {
    const line = labels?.noLabel ?? Math.max(first.noLabel, second.noLabel);
    const where = labels ? names[both.indexOf(labels)] : names.join(' or the ');
    throw new UserError(`${path}:${line}: expected target, nontarget, 1 or 0 in the ${where} field`);
  }
  if (worded.length === 0 && candidates.length === 2) {
    throw new UserError(
      `${path}: which field is the label? The ${names.join(' and the ')} hold 1 and 0 only\n` +
        '  write the labels as target and nontarget',
    );
  }
  return labels === first ? [second, first] : [first, second];
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
  const [scoredAgain, listedAgain]: [string[], string[]] = [[], []];
  /** The pair of the last trial. */
  let taken = -1;
  const leaveOver = (score: number) =>
    (scoreKeys[score] === taken ? scoredAgain : extra).push(describePair(table, score));
  let s = 0;
  for (const trial of trialOrder) {
    for (; s < scoreOrder.length && scoreKeys[scoreOrder[s]] < trialKeys[trial]; s++) leaveOver(scoreOrder[s]);
    if (s < scoreOrder.length && scoreKeys[scoreOrder[s]] === trialKeys[trial]) lines[trial] = scoreOrder[s++];
    else (trialKeys[trial] === taken ? listedAgain : missing).push(describePair(trials, trial));
    taken = trialKeys[trial];
  }
  for (; s < scoreOrder.length; s++) leaveOver(scoreOrder[s]);
  const problems = [
    ...(scoredAgain.length > 0
      ? [`${counted(scoredAgain.length, 'pair')} scored more often than listed: ${firstOf(scoredAgain)}`]
      : []),
    ...(listedAgain.length > 0
      ? [`${counted(listedAgain.length, 'pair')} listed more often than scored: ${firstOf(listedAgain)}`]
      : []),
    ...(missing.length > 0 ? [`${missing.length} of ${lines.length} trials have no score: ${firstOf(missing)}`] : []),
    ...(extra.length > 0 ? [`${extra.length} of ${scoreOrder.length} scores have no trial: ${firstOf(extra)}`] : []),
  ];
  if (problems.length > 0) throw new UserError(`${where}: ${problems.join('\n')}`);
  return lines;
}

type Row = Scored & { score: number };

function writeRows(
  path: string,
  header: string,
  trials: readonly Scored[],
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
