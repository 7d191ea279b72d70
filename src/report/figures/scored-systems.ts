/** @file What the figures on scores are drawn from: the trials, who is in them, and each system's scores of them. */
import type { TrialSide } from '../../scoring/scores/slices.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import type { TrialTable } from '../../scoring/scores/trial-table.js';

/** A system with the scores of its trainings. */
export interface ScoredSystem {
  readonly name: string;
  /** For each training one score a trial, in the trials' order. */
  readonly runs: readonly Float64Array[];
}

export interface ScoredTrials {
  readonly table: TrialTable;
  readonly speakers: SpeakerPairs;
  /** By id number of the table. */
  readonly sides: readonly TrialSide[];
  readonly systems: readonly ScoredSystem[];
  /** Of the resamples of the speakers. */
  readonly seed: number;
}

/** Operations that may be spent on resampling for one figure: a few seconds. */
const BUDGET = 2e8;

/** How often to resample speakers so that a figure takes seconds; 0 where the speakers cannot be resampled. */
export function affordableResamples({ table, speakers, systems }: ScoredTrials): number {
  if (whyNoIntervals(speakers) !== undefined) return 0;
  const runs = systems.reduce((count, { runs }) => count + runs.length, 0);
  return Math.round(Math.min(300, Math.max(100, BUDGET / (table.labels.length * runs))));
}

/** `0.05123` → `5.12 %`, small ones with two digits: `0.0012 %`. */
export function percent(rate: number): string {
  const value = 100 * rate;
  return `${value !== 0 && value < 0.1 ? value.toPrecision(2) : value.toFixed(2)} %`;
}

/** A tick of a rate, without needless digits: `0.5 %`, `20 %`. */
export const percentTick = (rate: number): string => `${Number((100 * rate).toPrecision(6))} %`;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
