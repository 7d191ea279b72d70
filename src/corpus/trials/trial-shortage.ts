/** @file What trial making is asked for, what it gives, and how it says that there are too few pairs. */
import type { TrialUtterance } from './trial-sampling.js';
import type { Trial } from './trials.js';

export interface TrialOptions {
  maxTargets: number;
  maxNontargets: number;
  sameGender: number | null;
  sessions: 'any' | 'cross';
}

/** Seconds: from ≤ duration < to. */
export interface DurationBand {
  from: number;
  to: number;
}

export interface TrialListOptions extends Partial<TrialOptions> {
  seed: number;
  /** Utterances that a speaker is enrolled with; from 2 on, enrolment ids are those of models. Default 1. */
  enrollUtterances?: number;
  /** Bands of the test utterances' durations, apart from each other. Default: any duration. */
  durations?: readonly DurationBand[];
}

export interface MadeTrials {
  trials: Trial[];
  /** The models, where utterances are enrolled several at once. */
  enrolment?: Map<string, string[]>;
  /** Where fewer trials exist than were asked for. */
  shortfalls: Shortfall[];
}

export interface Shortfall {
  kind: 'target' | 'nontarget';
  band?: DurationBand;
  wanted: number;
  found: number;
}

export const shortfall = (kind: Shortfall['kind'], wanted: number, found: number, band?: DurationBand): Shortfall[] =>
  wanted === Infinity || found >= wanted ? [] : [{ kind, wanted, found, ...(band && { band }) }];

export const NO_NONTARGETS =
  'cannot make nontarget trials: expected utterances of two speakers or more of the wanted genders';

export function describeNoTargets(utterances: readonly TrialUtterance[], options: TrialListOptions): string {
  const { sessions, enrollUtterances = 1, durations = [] } = options;
  const speakers = new Set(utterances.map(({ speaker }) => speaker)).size;
  const of = `none of ${speakers} speakers (${utterances.length} utterances)`;
  if (sessions === 'cross' && utterances.every(({ session }) => session === undefined)) {
    return 'cannot make target trials across sessions: no utterance of the manifest has a session';
  }
  const least = enrollUtterances + 1;
  const count = least === 2 ? 'two' : String(least);
  const needed = [
    sessions !== 'cross'
      ? `${count} utterances or more`
      : enrollUtterances === 1
        ? 'two sessions or more'
        : `two sessions or more, one with ${enrollUtterances} utterances`,
    ...(durations.length > 0 ? ['one to test with that is in the duration bands'] : []),
  ];
  return `cannot make target trials: ${of} has ${needed.join(', ')}`;
}
