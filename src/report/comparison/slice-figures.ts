/**
 * @file The comparison on parts of the trials: by gender, age group, session, whatever is known of the speakers. Each part
 * is compared like the whole, with speakers resampled among those of the part; parts without trials of both kinds, or
 * with too few speakers for intervals, are named with what they have.
 */
import { UserError } from '../../errors.js';
import { compareRuns } from '../../scoring/intervals/paired-difference.js';
import { whyNoIntervals, partOfPairs, type SpeakerPairs } from '../../scoring/scores/speaker-pairs.js';
import type { Slice } from '../../scoring/scores/slices.js';
import { relativeChange } from './relative-change.js';
import type { ConditionSystem } from './robustness.js';
import type { SystemInput } from './system-facts.js';

/** What a system measures on a part of the trials. */
export type SliceSystem = Pick<ConditionSystem, 'name' | 'eer' | 'eerInterval' | 'relativeEer' | 'difference'>;

export interface ComparedSlice {
  /** `gender`, `group`, `same:sentence` */
  readonly by: string;
  readonly name: string;
  readonly trials: number;
  readonly targets: number;
  readonly speakers: number;
  /** Empty where the part cannot be compared. */
  readonly systems: readonly SliceSystem[];
  /** Why not. */
  readonly why?: string;
}

export interface MeasureSlicesOptions {
  readonly labels: Uint8Array;
  readonly speakers: SpeakerPairs;
  readonly baseline: string;
  readonly seed?: number;
  readonly resamples?: number;
  readonly confidence?: number;
}

/** @param slices indices of trials each */
export function measureSlices(
  systems: readonly SystemInput[],
  slices: readonly Slice[],
  { labels, speakers, baseline, ...resampling }: MeasureSlicesOptions,
): ComparedSlice[] {
  return slices.map(({ by, name, trials }): ComparedSlice => {
    const pairs = partOfPairs(speakers, trials);
    const targets = trials.reduce((sum, trial) => sum + labels[trial], 0);
    const facts = { by, name, trials: trials.length, targets, speakers: pairs.names.length };
    const kinds = targets === 0 ? 'no target trials' : targets === trials.length ? 'no nontarget trials' : undefined;
    const why = kinds ?? whyNoIntervals(pairs);
    if (why !== undefined) return { ...facts, systems: [], why };
    const part = (scores: ArrayLike<number>) => Float64Array.from(trials, (trial) => scores[trial]);
    let measured;
    try {
      measured = compareRuns({
        ...resampling,
        speakers: pairs,
        systems: systems.map(({ name, runs }) => ({ name, runs: runs.map(({ scores }) => part(scores)) })),
        measures: ['eer'],
        baseline,
      });
    } catch (error) {
      // The scores have been evaluated, so it is the trials of the part that cannot be resampled.
      if (error instanceof UserError) return { ...facts, systems: [], why: error.message };
      throw error;
    }
    const eers = measured.systems.map(({ figures }) => figures.eer!);
    const base = eers[systems.findIndex((system) => system.name === baseline)];
    return {
      ...facts,
      systems: systems.map((system, i) => ({
        name: system.name,
        eer: eers[i].value,
        eerInterval: eers[i].interval,
        ...(system.name !== baseline && {
          relativeEer: relativeChange(eers[i].value, base.value),
          difference: measured.differences[system.name].eer,
        }),
      })),
    };
  });
}
