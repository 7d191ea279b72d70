/**
 * @file What a measure of scored trials says of itself. Each measure is a file of this folder and an entry of
 * `measure-table.ts`; evaluation, resampling, intervals, tables, JSON, CSV and the report page all go through that
 * table, so a new measure is made there and nowhere else.
 *
 * A miss is a target trial that is rejected, a false alarm a nontarget trial that is accepted; at a threshold,
 * P_miss = misses / targets and P_fa = false alarms / nontargets. Operating points as in `det-curve.ts`: accept if
 * score ≥ threshold, equal scores move together, thresholds are all scores and +∞. All rates are fractions.
 *
 * NOTE: other toolkits read the EER off in other ways (no interpolation, ties in file order), which differ on small
 * sets, and some print minDCF undivided: `toolkit-definitions.ts`.
 */
import type { DetCurve, TrialLabels } from './det-curve.js';
import type { SortedTrials, Weighting } from './weighted-trials.js';

export interface Measure<Name extends string = string, Llrs extends boolean = boolean> {
  /** Its key in JSON; the names of its columns in CSV begin with it. */
  readonly name: Name;
  readonly title: string;
  /** For rows, which have room; default: the title. */
  readonly longTitle?: string;
  /** Prior probability of a target, where the measure is of one. */
  readonly pTarget?: number;
  /** The scores must be natural log-likelihood ratios. */
  readonly needsLlrs: Llrs;
  readonly format: 'percent' | 'cost' | 'bits';
  readonly bounds: MeasureBounds;
  /** Beside JSON, the CSV of a comparison and the table of `acanet metrics`, which have every measure. */
  readonly shown: readonly Place[];
  /** @throws UserError for scores or labels that cannot be measured */
  evaluate(trials: EvaluatedTrials): number;
  /** The score from which trials are accepted where the measure is reached: an operating point of `acanet metrics`. */
  threshold?(curve: DetCurve): number;
  /** What does not depend on the weights is done once; then the measure of each weighting (thousands of them). */
  weigh(trials: SortedTrials): (weighting: Weighting) => number;
}

/** What intervals must know. */
export interface MeasureBounds {
  readonly greatest: number;
  /** It is a share of trials. */
  readonly rate?: boolean;
  /** It is a minimum over thresholds, so it is too low on few speakers. */
  readonly minimum?: boolean;
}

export type Place =
  /** The one line that logs have of scored trials. */
  | 'line'
  /** Parts of the trials in `acanet metrics`. */
  | 'slices'
  /** A row where systems are compared side by side. */
  | 'comparison'
  /** There with interval and p-value; also each seed's figure, and the change from the baseline in CSV. */
  | 'tested'
  /** A column where many systems are compared below each other, beside the EER. */
  | 'many systems'
  /** The summary of the report page. */
  | 'page';

export interface EvaluatedTrials {
  readonly curve: DetCurve;
  /** In the order of the trials. */
  readonly scores: ArrayLike<number>;
  readonly labels: TrialLabels;
}

/** `1.72 %` for shares of trials, `0.203` for costs and bits. */
export function formatFigure({ format }: Measure, value: number): string {
  if (!Number.isFinite(value)) return 'infinite';
  return format === 'percent' ? `${(100 * value).toFixed(2)} %` : value.toFixed(3);
}
