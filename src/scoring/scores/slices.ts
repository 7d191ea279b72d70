/**
 * @file Parts of a trial list for which figures are wanted apart, and the trials that went worst.
 *
 * - gender: both sides female, both male, or one of each (nontargets only, so without EER);
 * - duration: by the shorter side, in bands of seconds;
 * - session: target trials within one session and across sessions, each with all nontarget trials (which have no
 *   session in common, so there is nothing to divide);
 * - speaker: all trials with the speaker on either side;
 * - any label of the sides (`group`): both sides alike, or mixed;
 * - `same:` and a label (`same:sentence`): target trials whose sides have it in common and target trials whose sides
 *   have not, each with all nontarget trials.
 */
import { firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import { ascendingOrder } from './radix-sort.js';
import type { TrialTable } from './trial-table.js';

export const sliceKinds = ['gender', 'duration', 'session', 'speaker'] as const;
/** One of `sliceKinds`, a label of the sides, or `same:` and a label. */
export type SliceKind = string;

/** What is known of one side of a trial: an utterance, or a model of several. */
export interface TrialSide {
  readonly speaker: string;
  readonly gender?: 'f' | 'm';
  /** Seconds of speech, of all utterances together. */
  readonly duration: number;
  readonly sessions: readonly string[];
  /** Audio files. */
  readonly paths: readonly string[];
  /** Whatever else is known, by name. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Slice {
  readonly by: SliceKind;
  readonly name: string;
  /** Indices of trials. */
  readonly trials: Uint32Array;
}

/** Ends of the bands of durations, in seconds; the last band is open. */
const DURATION_BANDS = [2, 4, 8, 16];

/**
 * Divides trials. Slices without trials are left out, except that nothing is if all of a kind are unknown: an error.
 * @param sideOf for each id of the table
 */
export function sliceTrials(
  trials: TrialTable,
  by: SliceKind,
  sideOf: readonly TrialSide[],
  bands: readonly number[] = DURATION_BANDS,
): Slice[] {
  const known = (slicers as Readonly<Record<string, Slicer | undefined>>)[by];
  const namesOf = (known ?? labelSlicer(by))(sideOf, bands);
  const members = new Map<string, number[]>();
  for (let trial = 0; trial < trials.labels.length; trial++) {
    const names = namesOf(sideOf[trials.enroll[trial]], sideOf[trials.test[trial]], trials.labels[trial] === 1);
    for (const name of names) {
      const own = members.get(name);
      if (own) own.push(trial);
      else members.set(name, [trial]);
    }
  }
  const order = by === 'duration' ? bandNames(bands) : [...members.keys()].sort();
  return order.flatMap((name) => {
    const own = members.get(name);
    return own ? [{ by, name, trials: Uint32Array.from(own) }] : [];
  });
}

type Slicer = (
  sides: readonly TrialSide[],
  bands: readonly number[],
) => (enroll: TrialSide, test: TrialSide, target: boolean) => string[];

/** By a label, where no kind has that name. */
function labelSlicer(by: string): Slicer {
  const [, same, label] = /^(same:)?(.*)$/s.exec(by)!;
  return (sides) => {
    const names = new Set(sides.flatMap(({ labels }) => Object.keys(labels ?? {})));
    if (!names.has(label)) {
      const all = [...sliceKinds, ...names];
      throw new UserError(
        `there are no slices by ${by}; there are ${firstOf(all)}, and the columns of a table of labels that has rows for speakers or ids of these trials`,
      );
    }
    if (same) {
      const both = [`other ${label}`, `same ${label}`];
      return ({ labels: a }, { labels: b }, target) => {
        if (!target) return both;
        if (a?.[label] === undefined || b?.[label] === undefined) return ['unknown'];
        return [a[label] === b[label] ? both[1] : both[0]];
      };
    }
    return ({ labels: a }, { labels: b }) => {
      if (a?.[label] === undefined || b?.[label] === undefined) return ['unknown'];
      return [a[label] === b[label] ? a[label] : 'mixed'];
    };
  };
}

const slicers: Readonly<Record<(typeof sliceKinds)[number], Slicer>> = {
  gender: (sides) => {
    if (sides.every(({ gender }) => gender === undefined)) throw unknown('gender');
    const words = { f: 'female', m: 'male' };
    return ({ gender: a }, { gender: b }) => [
      a === undefined || b === undefined ? 'unknown' : a === b ? words[a] : 'one of each',
    ];
  },
  duration: (_sides, bands) => {
    const names = bandNames(bands);
    return ({ duration: a }, { duration: b }) => [names[bands.filter((end) => Math.min(a, b) >= end).length]];
  },
  session: (sides) => {
    if (sides.every(({ sessions }) => sessions.length === 0)) throw unknown('session');
    const both = ['across sessions', 'within a session'];
    return ({ sessions: a }, { sessions: b }, target) => {
      if (!target) return both;
      if (a.length === 0 || b.length === 0) return ['unknown'];
      return [a.some((session) => b.includes(session)) ? 'within a session' : 'across sessions'];
    };
  },
  speaker: () => (enroll, test) => [...new Set([enroll.speaker, test.speaker])],
};

const unknown = (what: string) =>
  new UserError(`the manifest does not know the ${what} of any utterance of the trials, so there are no slices by it`);

function bandNames(bands: readonly number[]): string[] {
  return [0, ...bands].map((from, i) => (i < bands.length ? `${from} to ${bands[i]} s` : `${from} s and more`));
}

/** The target trials with the lowest and the nontarget trials with the highest scores, the worst first: indices. */
export function worstTrials(
  scores: ArrayLike<number>,
  labels: Uint8Array,
  count: number,
): { targets: number[]; nontargets: number[] } {
  const order = ascendingOrder(scores);
  const take = (from: Uint32Array, label: number) => {
    const found: number[] = [];
    for (let i = 0; i < from.length && found.length < count; i++) if (labels[from[i]] === label) found.push(from[i]);
    return found;
  };
  return { targets: take(order, 1), nontargets: take(order.reverse(), 0) };
}
