/**
 * @file From a score to an answer in words.
 *
 * A calibrated score is the natural logarithm of how much likelier the two recordings are if one person speaks in both.
 * With a prior p the decision that costs least, both errors being equally bad, is to accept where it exceeds
 * ln((1 − p) / p).
 */
import { describeRatio } from '../scoring/profile/describe-ratio.js';
import type { PageScoring } from './page-facts.js';

export interface Answer {
  /** Natural log-likelihood ratio; absent without calibration. */
  readonly llr?: number;
  /** `Probably the same person.` */
  readonly verdict: string;
  readonly kind: 'same' | 'different' | 'unsure' | 'none';
  /** What the verdict rests on, in a sentence. */
  readonly because: string;
}

/** ln 10: tenfold odds count as clear ones. */
const CLEAR = Math.LN10;
/** Below two to one nothing is said. */
const EVEN = Math.LN2;

/** @param prior how likely it was beforehand that one person speaks in both, in (0, 1) */
export function answer(score: number, { calibration, without }: PageScoring, prior: number): Answer {
  if (!calibration) {
    return { kind: 'none', verdict: 'No verdict: this model has no calibration.', because: without ?? '' };
  }
  const llr = calibration.offset + calibration.weight * score;
  const odds = llr + Math.log(prior / (1 - prior));
  const kind = Math.abs(odds) < CLEAR ? 'unsure' : odds > 0 ? 'same' : 'different';
  const leaning = odds > 0 ? 'Rather the same person, but not sure.' : 'Rather different people, but not sure.';
  const verdict = {
    unsure: Math.abs(odds) < EVEN ? 'Undecided: one person is about as likely as two.' : leaning,
    same: 'Probably the same person.',
    different: 'Probably different people.',
  }[kind];
  const ratio = describeRatio(llr);
  const because = `${ratio[0].toUpperCase()}${ratio.slice(1)}. The chance that it is one person: ${describeChance(odds)}.`;
  return { llr, kind, verdict, because };
}

function describeChance(odds: number): string {
  const chance = 100 / (1 + Math.exp(-odds));
  if (chance > 99.9) return 'more than 99.9 %';
  if (chance < 0.1) return 'less than 0.1 %';
  return `${chance > 99 || chance < 1 ? chance.toFixed(1) : Math.round(chance)} %`;
}
