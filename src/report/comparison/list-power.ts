/**
 * @file What a list of trials could show of two systems, before they are trained: the smallest difference that it shows
 * often enough, how often it shows one of a given size, and how many speakers that takes.
 *
 * It rests on how much the difference scatters from speaker to speaker, σ. A difference of S speakers has the standard
 * error σ / √S; the mean over F folds of S_i speakers has σ / F · √(Σ 1 / S_i). σ is taken from a finished comparison
 * (its standard error times √S), or assumed. Seeds add the variance that they had there, over the trainings of all
 * folds. The formula of the power is that of `scoring/intervals/power.ts`.
 */
import { type DifferenceSpread, powerToShow, smallestToShow, speakersToDecide } from '../../scoring/intervals/power.js';
import { sumOfVariances } from '../../scoring/intervals/confidence-interval.js';
import { type MeasureName, measures } from '../../scoring/measures/measure-table.js';
import type { Comparison } from './comparison.js';

export interface PlannedList {
  /** Of the fold. */
  readonly name?: string;
  readonly speakers: number;
  readonly targets: number;
  readonly nontargets: number;
}

/** How one measure's difference scatters. */
export interface MeasureSpread {
  readonly measure: MeasureName;
  /** The baseline's figure. */
  readonly baseline: number;
  /** Standard deviation over speakers, σ. */
  readonly perSpeaker: number;
  /** Standard deviation over trainings, of the system and of the baseline; absent where it is not known. */
  readonly perTraining?: readonly [number, number];
}

export interface ListPowerInput {
  /** One, or those of all folds. */
  readonly lists: readonly PlannedList[];
  readonly spreads: readonly MeasureSpread[];
  /** Relative, such as -0.05 for 5 % fewer errors; absent: none is claimed. */
  readonly change?: number;
  /** Trainings of the system and of the baseline, in each fold. */
  readonly trainings: readonly [number, number];
  /** Default 0.8. */
  readonly power?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

export interface ListPower extends PlannedList {
  readonly measures: readonly {
    readonly measure: MeasureName;
    readonly baseline: number;
    /** Of the difference. */
    readonly standardError: number;
    /** The smallest difference that is shown with this power; relative to the baseline, too. */
    readonly smallest: number;
    readonly smallestRelative: number;
    /** How often the claimed change is shown, and how many speakers show it with this power. */
    readonly powerForChange?: number;
    /** Infinite (in JSON: null) where the seeds alone vary too much for any number. */
    readonly speakersForChange?: number;
  }[];
}

/** Of all folds together, then of each; without folds of the one list. */
export function listPower({ lists, ...input }: ListPowerInput): ListPower[] {
  const total = (of: (list: PlannedList) => number) => lists.reduce((sum, list) => sum + of(list), 0);
  const all: PlannedList = {
    name: 'all folds',
    speakers: total(({ speakers }) => speakers),
    targets: total(({ targets }) => targets),
    nontargets: total(({ nontargets }) => nontargets),
  };
  return [
    ...(lists.length > 1 ? [powerOf(all, lists, input)] : []),
    ...lists.map((list) => powerOf(list, [list], input)),
  ];
}

function powerOf(
  list: PlannedList,
  folds: readonly PlannedList[],
  { spreads, change, trainings, power = 0.8, confidence = 0.95 }: Omit<ListPowerInput, 'lists'>,
): ListPower {
  const options = { speakers: folds.map(({ speakers }) => speakers), power, confidence };
  return {
    ...list,
    measures: spreads.map(({ measure, baseline, perSpeaker, perTraining }) => {
      const spread: DifferenceSpread = {
        seSpeakers: perSpeaker / Math.sqrt(countedSpeakers(folds)),
        ...(perTraining && seedSpread(perTraining, trainings, folds.length)),
      };
      const smallest = smallestToShow(spread, options);
      const claimed = change === undefined ? undefined : { ...spread, difference: change * baseline };
      return {
        measure,
        baseline,
        standardError: Math.hypot(spread.seSpeakers, spread.seSeeds ?? 0),
        smallest,
        smallestRelative: smallest / baseline,
        ...(claimed && {
          powerForChange: powerToShow(claimed, options),
          speakersForChange: speakersToDecide(claimed, options),
        }),
      };
    }),
  };
}

/** The speakers of one list that would show as much: of equal folds all of them, of unequal ones fewer. */
const countedSpeakers = (folds: readonly Pick<PlannedList, 'speakers'>[]): number =>
  folds.length ** 2 / folds.reduce((sum, { speakers }) => sum + 1 / speakers, 0);

/** A system with a single training in each fold has no seeds to vary: the comparison is of these trainings alone. */
function seedSpread(perTraining: readonly [number, number], trainings: readonly [number, number], folds: number) {
  const parts = perTraining.flatMap((spread, i) =>
    trainings[i] > 1 ? [{ variance: spread ** 2 / (trainings[i] * folds), freedom: trainings[i] - 1 }] : [],
  );
  const { variance, freedom } = sumOfVariances(parts);
  return parts.length > 0 && { seSeeds: Math.sqrt(variance), seedFreedom: freedom };
}

/** How the differences of two systems scattered in a finished comparison; none without intervals. */
export function measuredSpreads(comparison: Comparison, system: string): MeasureSpread[] {
  const { bootstrap, folds = [], systems, baseline, differences } = comparison;
  if (!bootstrap || !(system in differences)) return [];
  const counted = folds.length > 0 ? countedSpeakers(folds) : bootstrap.speakers;
  const named = (name: string) => systems.find((each) => each.name === name)!;
  const ofTrainings = (name: string, measure: MeasureName) => {
    const seeds = named(name).figures?.[measure]?.seSeeds;
    return seeds === undefined ? undefined : seeds * Math.sqrt(named(name).runs.length * Math.max(1, folds.length));
  };
  return measures.flatMap(({ name: measure, shown }): MeasureSpread[] => {
    const difference = differences[system][measure];
    const figure = named(baseline)[measure];
    // JSON has no infinite numbers.
    if (!shown.includes('tested') || !difference || !figure || !Number.isFinite(difference.seSpeakers ?? NaN))
      return [];
    const [own, others] = [ofTrainings(system, measure), ofTrainings(baseline, measure)];
    return [
      {
        measure,
        baseline: figure,
        perSpeaker: difference.seSpeakers * Math.sqrt(counted),
        ...(own !== undefined && others !== undefined && { perTraining: [own, others] as const }),
      },
    ];
  });
}

/** Between what finished comparisons had: 0.15 to 0.3 times the root of the EER (docs/compare.md). */
const ASSUMED = 0.2;

/** For an EER of which nothing is measured yet. */
export const assumedSpread = (eer: number, perSpeaker = ASSUMED * Math.sqrt(eer)): MeasureSpread => ({
  measure: 'eer',
  baseline: eer,
  perSpeaker,
});
