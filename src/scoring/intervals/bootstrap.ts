/**
 * @file The measures in resamples of the speakers, and without each speaker in turn.
 *
 * Trials are not independent: each speaker is in many of them, and a speaker who is hard to verify is hard in all.
 * Resampling trials therefore gives intervals that are much too narrow. Here each resample draws S speakers with
 * replacement from the S speakers of the trial list, for the enrolment and the test side together. A speaker drawn m
 * times stands for m speakers alike, so a trial of speakers i ≠ j weighs m_i · m_j and a trial within speaker i weighs
 * m_i (copies of one speaker are different people: no trials between them are invented). The jackknife is the same with
 * m = 0 for one speaker (of more than 200 speakers: for one of 200 random groups, which are within folds) and 1 for the others.
 * The measures of the weighted trials are those of `measure-table.ts`; what follows from them is in
 * `confidence-interval.ts`. Of several folds, the speakers of each are drawn among themselves (strata).
 *
 * Sources: the subsets bootstrap of Bolle, Ratha and Pankanti (Computer Vision and Image Understanding 93, 2004) and,
 * for weights that are products over both sides of a pair, Owen's pigeonhole bootstrap (Annals of Applied Statistics 1,
 * 2007). All systems get the same resamples, so that their differences are paired.
 */
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import type { MeasureName } from '../measures/measure-table.js';
import {
  type WeightedMeasures,
  weightedMeasures,
  type WeightedMeasuresOptions,
} from '../measures/weighted-measures.js';
import type { WeightedPoint } from '../measures/weighted-trials.js';
import type { SpeakerPairs } from '../scores/speaker-pairs.js';

export interface BootstrapOptions extends WeightedMeasuresOptions {
  /** Number of resamples. */
  readonly resamples?: number;
  readonly seed?: number;
  /** Told after each group left out and each resample, as a million trials take a minute. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Of each weighting of the trials in turn. */
export interface MeasureColumns {
  readonly measures: Readonly<Partial<Record<MeasureName, Float64Array>>>;
  /** For each fixed threshold. */
  readonly points: readonly Readonly<Record<keyof WeightedPoint, Float64Array>>[];
}

/** What one system's measures are in each resample. */
export interface ResampledMeasures extends MeasureColumns {
  /** Of the trials as they are. */
  readonly observed: WeightedMeasures;
  /** Without each group of speakers. */
  readonly without: MeasureColumns;
}

export interface SpeakerBootstrap {
  readonly speakers: number;
  /** How many groups of them are left out in turn: as many as there are speakers, or 200, of folds at least 40 each. */
  readonly groups: number;
  /** How many of these groups are of each fold, one after the other. */
  readonly strata: readonly number[];
  readonly resamples: number;
  readonly seed: number;
  /** In the order given; resample r is the same for all systems. */
  readonly systems: readonly ResampledMeasures[];
}

/**
 * The measures of resamples of the speakers, for one or more systems on the same trials.
 *
 * @param systems for each system one score a trial, in the trials' order.
 * @throws UserError if a score is not finite, or a class has no trials or only those of one speaker
 */
export function bootstrapMeasures(
  speakers: SpeakerPairs,
  systems: readonly ArrayLike<number>[],
  { resamples = 1000, seed = 0, onProgress, ...options }: BootstrapOptions = {},
): SpeakerBootstrap {
  const count = speakers.names.length;
  const measured = systems.map((scores) => weightedMeasures(speakers, scores, options));
  const everyOne = new Float64Array(count).fill(1);
  const observed = measured.map((measure) => measure(everyOne)!);
  const columnsOf = (length: number) => observed.map((values) => createColumns(values, length));

  const drawnTogether = speakers.folds?.map((fold) => fold.speakers) ?? [{ from: 0, to: count }];
  const groupsOfFolds = speakerGroups(drawnTogether, { count, seed });
  const groups = groupsOfFolds.flat();
  const without = columnsOf(groups.length);
  groups.forEach((group, g) => {
    const multiplicity = everyOne.slice();
    for (const speaker of group) multiplicity[speaker] = 0;
    measured.forEach((measure, system) => {
      const values = measure(multiplicity);
      if (!values) {
        const left = group.map((speaker) => speakers.names[speaker]).join(', ');
        throw new UserError(
          `without ${left} there are no target or no nontarget trials left: intervals need trials of both kinds from several speakers`,
        );
      }
      without[system].set(g, values);
    });
    onProgress?.(g + 1, groups.length + resamples);
  });

  const resampled = columnsOf(resamples);
  const random = keyedRandom('speaker-bootstrap', seed);
  const multiplicity = new Float64Array(count);
  // A resample without any target or any nontarget trial has no EER and is drawn again. As three speakers are enough
  // for one trial of each kind, at least one draw in five has both.
  for (let r = 0; r < resamples;) {
    multiplicity.fill(0);
    for (const { from, to } of drawnTogether) {
      for (let draw = from; draw < to; draw++) multiplicity[from + random.below(to - from)]++;
    }
    const results = measured.map((measure) => measure(multiplicity));
    if (results.includes(undefined)) continue;
    results.forEach((values, system) => resampled[system].set(r, values!));
    r++;
    onProgress?.(groups.length + r, groups.length + resamples);
  }
  return {
    speakers: count,
    groups: groups.length,
    strata: groupsOfFolds.map(({ length }) => length),
    resamples,
    seed,
    systems: systems.map((_, i) => ({
      ...resampled[i].columns,
      observed: observed[i],
      without: without[i].columns,
    })),
  };
}

/** Figures without each of more groups say little more about their variance. */
const MOST_GROUPS = 200;

/** Fewer groups of a fold would say too little of its variance. */
const LEAST_GROUPS = 40;

/** Of each fold: each speaker alone, or random groups of about equal size where there are many. */
function speakerGroups(
  folds: readonly { from: number; to: number }[],
  { count, seed }: { count: number; seed: number },
): number[][][] {
  const random = keyedRandom('speaker-groups', seed);
  return folds.map(({ from, to }) => {
    const size = to - from;
    const share = Math.max(LEAST_GROUPS, Math.round((MOST_GROUPS * size) / count));
    const groups: number[][] = Array.from({ length: count > MOST_GROUPS ? Math.min(size, share) : size }, () => []);
    const order = Uint32Array.from({ length: size }, (_, speaker) => from + speaker);
    if (count > MOST_GROUPS) random.shuffle(order);
    order.forEach((speaker, i) => groups[i % groups.length].push(speaker));
    return groups;
  });
}

/** Room for the same measures and points as those given, of many weightings. */
function createColumns(
  { measures, points }: WeightedMeasures,
  length: number,
): { columns: MeasureColumns; set(row: number, values: WeightedMeasures): void } {
  const names = Object.keys(measures) as MeasureName[];
  const column = () => new Float64Array(length);
  const columns = {
    measures: Object.fromEntries(names.map((name) => [name, column()])) as Record<MeasureName, Float64Array>,
    points: points.map(() => ({ miss: column(), falseAlarm: column(), precision: column() })),
  };
  return {
    columns,
    set: (row, values) => {
      for (const name of names) columns.measures[name][row] = values.measures[name]!;
      values.points.forEach(({ miss, falseAlarm, precision }, i) => {
        columns.points[i].miss[row] = miss;
        columns.points[i].falseAlarm[row] = falseAlarm;
        columns.points[i].precision[row] = precision;
      });
    },
  };
}
