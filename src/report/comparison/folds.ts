/** @file The folds of a comparison: what was tested in each, and what each system measures there. */
import type { FoldRange } from '../../scoring/scores/speaker-pairs.js';
import type { SystemInput } from './system-facts.js';
import { type KnownSpeakers, type MeanFigures, meanFigures, type RunFigures } from './system-measures.js';

export interface FoldFigures {
  readonly name: string;
  readonly speakers: number;
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  /** Means over the trainings in this fold, by system. */
  readonly systems: Readonly<Record<string, MeanFigures>>;
}

export const foldRanges = (speakers: KnownSpeakers): readonly FoldRange[] | undefined =>
  'unknown' in speakers ? undefined : speakers.folds;

/** @param byFold the measures of each system, of each of its trainings, in each fold */
export function foldsCompared(
  systems: readonly SystemInput[],
  { folds, labels, byFold }: { folds: readonly FoldRange[]; labels: Uint8Array; byFold: RunFigures[][][] },
): FoldFigures[] {
  return folds.map(({ name, speakers, trials: { from, to } }, fold) => {
    const targets = labels.subarray(from, to).reduce((sum, label) => sum + label, 0);
    const figures = byFold.map((runs, i) => [systems[i].name, meanFigures(runs.map((parts) => parts[fold]))]);
    return {
      name,
      speakers: speakers.to - speakers.from,
      trials: to - from,
      targets,
      nontargets: to - from - targets,
      systems: Object.fromEntries(figures) as Record<string, MeanFigures>,
    };
  });
}
