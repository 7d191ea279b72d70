/** @file What the figures on scores are drawn from: the trials, who is in them, and each system's scores of them. */
import type { TrialSide } from '../../scoring/scores/slices.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import type { TrialTable } from '../../scoring/scores/trial-table.js';

/** A system with the scores of its trainings. */
interface ScoredSystem {
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
