/**
 * @file Trials as columns of numbers: 10^7 of them in 100 MB, where objects would take ten times as much.
 *
 * Ids are kept once each and trials name them by number. A table may hold scores, labels or both.
 */
import { parseTrials } from '../../corpus/trials/trial-formats.js';
import type { Trial } from '../../corpus/trials/trials.js';
import { firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { ascendingOrder } from './radix-sort.js';

export interface Pairs {
  /** Id by number. */
  readonly ids: readonly string[];
  /** Numbers of ids. [trials] */
  readonly enroll: Uint32Array;
  readonly test: Uint32Array;
}

export interface TrialTable extends Pairs {
  /** 1 for target trials. [trials] */
  readonly labels: Uint8Array;
}

/** A column that grows. */
export function createColumn<Column extends Uint32Array | Uint8Array | Float64Array>(
  make: (length: number) => Column,
): { push(value: number): void; take(): Column } {
  let values = make(1024);
  let length = 0;
  return {
    push: (value) => {
      if (length === values.length) {
        const longer = make(2 * length);
        longer.set(values);
        values = longer;
      }
      values[length++] = value;
    },
    take: () => values.subarray(0, length) as Column,
  };
}

/** Gives each id a number, from 0 in order of appearance. */
export function createNumbering(): { readonly ids: string[]; numberOf(id: string): number } {
  const ids: string[] = [];
  const numbers = new Map<string, number>();
  return {
    ids,
    numberOf: (id) => {
      const known = numbers.get(id);
      if (known !== undefined) return known;
      // A copy: what is cut out of a file's text keeps the text around it in memory.
      const own = Buffer.from(id, 'utf8').toString('utf8');
      numbers.set(own, ids.length);
      return ids.push(own) - 1;
    },
  };
}

export function tableOfTrials(trials: Iterable<Trial>): TrialTable {
  const { ids, numberOf } = createNumbering();
  const enroll = createColumn((length) => new Uint32Array(length));
  const test = createColumn((length) => new Uint32Array(length));
  const labels = createColumn((length) => new Uint8Array(length));
  for (const trial of trials) {
    enroll.push(numberOf(trial.enroll));
    test.push(numberOf(trial.test));
    labels.push(Number(trial.target));
  }
  return { ids, enroll: enroll.take(), test: test.take(), labels: labels.take() };
}

/**
 * Reads a trial list as columns.
 * @param models the first ids are models: a pair and its exchange are then different trials
 * @throws UserError with file:line for what cannot be understood; if there are no trials or labels contradict each
 *   other
 */
export function readTrialTable(path: string, { models = false } = {}): TrialTable {
  const shown = path === '-' ? 'standard input' : path;
  const table = tableOfTrials(parseTrials(readTextLines(path, { what: 'the trial list' }), shown));
  if (table.labels.length === 0) {
    throw new UserError(`${shown}: expected trials (enroll test target|nontarget), got an empty file`);
  }
  refuseContradictions(table, { where: shown, models });
  return table;
}

/**
 * Throws UserError if a pair has two labels, in either order unless the first ids are models, or two different scores
 * in the same order.
 */
export function refuseContradictions(
  table: TrialTable & { readonly scores?: Float64Array },
  { where, models = false }: { where: string; models?: boolean },
): void {
  const keys = pairKeys(table, { ordered: models });
  const order = ascendingOrder(keys);
  const contradicted: string[] = [];
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1], order[i]];
    if (keys[a] !== keys[b]) continue;
    if (table.labels[a] !== table.labels[b]) contradicted.push(describePair(table, b));
    else if (table.scores && table.enroll[a] === table.enroll[b] && table.scores[a] !== table.scores[b]) {
      throw new UserError(
        `${where}: two scores for ${describePair(table, b)}: ${table.scores[a]} and ${table.scores[b]}`,
      );
    }
  }
  if (contradicted.length > 0) {
    throw new UserError(`${where}: ${contradicted.length} pairs have both labels: ${firstOf(contradicted)}`);
  }
}

/** One number a pair; pairs are equal where the numbers are. */
export function pairKeys({ ids, enroll, test }: Pairs, { ordered }: { ordered: boolean }): Float64Array {
  const keys = new Float64Array(enroll.length);
  for (let i = 0; i < keys.length; i++) {
    const [a, b] = ordered || enroll[i] < test[i] ? [enroll[i], test[i]] : [test[i], enroll[i]];
    keys[i] = a * ids.length + b;
  }
  return keys;
}

/** `enroll test` of a trial. */
export const describePair = ({ ids, enroll, test }: Pairs, trial: number): string =>
  `${ids[enroll[trial]]} ${ids[test[trial]]}`;
