/**
 * @file Trials for corpora that bring none: every pair of utterances, or a seeded sample of them.
 *
 * A sample is uniform over the pairs, without repetition. The list is a function of the set of utterances and the
 * options alone: the order in which files were found does not matter. Which side of a pair enrolls is drawn too.
 *
 * - Enrolment of several utterances: the utterances of each speaker are dealt out in a drawn order to models of so many
 *   each; what is left over is tested only. A model is tested with any utterance that is not its own.
 * - `sessions: cross`: target trials only between sessions; a model is then of one session.
 * - Duration bands: tests come from the bands only, enrolment from anywhere; each band gets an equal share of the
 *   target and of the nontarget trials. A pair that fits two bands is used for the first one that draws it.
 *
 * A plain list of few utterances is drawn by walking over all pairs (`trial-walking.ts`), others from ranges
 * (`trial-sampling.ts`); the two draw different lists from one seed.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { drawTrials } from './trial-drawing.js';
import type { TrialUtterance } from './trial-sampling.js';
import type { MadeTrials, TrialListOptions, TrialOptions } from './trial-shortage.js';
import { walkTrials } from './trial-walking.js';
import type { Trial } from './trials.js';

/** The keys that say how trials are made; a corpus has `defaults` of its own. */
export const trialFields = (defaults: Partial<TrialOptions> = {}) => ({
  /** At most this many target trials; all pairs if fewer. */
  maxTargets: z
    .int()
    .positive()
    .default(defaults.maxTargets ?? 20_000),
  /** At most this many nontarget trials. */
  maxNontargets: z
    .int()
    .positive()
    .default(defaults.maxNontargets ?? 100_000),
  /** Share of nontarget trials between speakers of one gender; null: as the pairs fall. Needs all genders. */
  sameGender: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(defaults.sameGender ?? null),
  /** `cross`: target trials only between different sessions. */
  sessions: z.enum(['any', 'cross']).default(defaults.sessions ?? 'any'),
});

/** How trials are made, as recipes write it. */
export const trialOptions = (defaults: Partial<TrialOptions> = {}) =>
  z.strictObject(trialFields(defaults)).prefault({});

export type { MadeTrials, Shortfall, TrialListOptions, TrialOptions } from './trial-shortage.js';

/** Up to so many utterances all pairs are walked through. */
const WALKABLE = 8192;

/**
 * Makes trials among the given utterances (usually one split), with at most `maxTargets` and `maxNontargets`.
 * Where `sameGender` is given and pairs of one kind are too few, fewer trials are made, so that the share holds.
 * Throws UserError where there is no target or no nontarget pair, or where `sameGender` lacks a gender.
 */
export function makeTrials(
  utterances: readonly TrialUtterance[],
  options: { seed: number } & Partial<TrialOptions>,
): Trial[] {
  return makeTrialList(utterances, options).trials;
}

/**
 * As `makeTrials`, with enrolment of several utterances and duration bands, and what is missing of the wanted counts.
 */
export function makeTrialList(utterances: readonly TrialUtterance[], options: TrialListOptions): MadeTrials {
  const { sameGender = null, enrollUtterances = 1, durations = [] } = options;
  const unknown = sameGender === null ? undefined : utterances.find(({ gender }) => gender === undefined);
  if (unknown) {
    throw new UserError(
      `cannot make trials with sameGender: ${sameGender}: the gender of speaker ${unknown.speaker} is unknown; set it to null`,
    );
  }
  const plain = enrollUtterances === 1 && durations.length === 0;
  return plain && utterances.length <= WALKABLE ? walkTrials(utterances, options) : drawTrials(utterances, options);
}
