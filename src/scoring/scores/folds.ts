/**
 * @file Trials of several folds as one list: each fold has speakers, trials and trainings of its own, and a measure of
 * all is the mean of the folds' measures, as scores of different trainings cannot be ordered together.
 *
 * Speakers of different folds count as different ones, also where they have the same name in two corpora.
 */
import type { FoldRange, SpeakerPairs } from './speaker-pairs.js';

/** Labels and speakers of one fold. */
export interface FoldTrials {
  readonly name: string;
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  readonly speakers: SpeakerPairs;
}

/** The trials of all folds, one after the other. */
export function joinFolds(folds: readonly FoldTrials[]): { labels: Uint8Array; speakers: SpeakerPairs } {
  const ranges: FoldRange[] = [];
  for (const { name, labels, speakers } of folds) {
    const { speakers: people, trials } = ranges.at(-1) ?? { speakers: { to: 0 }, trials: { to: 0 } };
    ranges.push({
      name,
      speakers: { from: people.to, to: people.to + speakers.names.length },
      trials: { from: trials.to, to: trials.to + labels.length },
    });
  }
  const numbers = (side: 'enroll' | 'test') =>
    joined(
      Uint32Array,
      folds.map(({ speakers }, i) => speakers[side].map((speaker) => speaker + ranges[i].speakers.from)),
    );
  return {
    labels: joined(
      Uint8Array,
      folds.map(({ labels }) => labels),
    ),
    speakers: {
      names: folds.flatMap(({ name, speakers }) => speakers.names.map((speaker) => `${name}: ${speaker}`)),
      enroll: numbers('enroll'),
      test: numbers('test'),
      folds: ranges,
    },
  };
}

/** Columns of the folds as one. */
export function joined<Column extends Uint8Array | Uint32Array | Float64Array>(
  make: new (length: number) => Column,
  columns: readonly ArrayLike<number>[],
): Column {
  const all = new make(columns.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const column of columns) {
    all.set(column, place);
    place += column.length;
  }
  return all;
}
