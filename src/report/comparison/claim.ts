/**
 * @file What a comparison shows of a claim that somebody made, such as "5 % fewer errors with a fifth of the
 * parameters".
 *
 * A claim belongs to a protocol: the training speech and trials on which it was made. On a part of them, or on other
 * speech, it is not tested. Where it is, the interval of the relative change of the EER decides:
 *
 *     holds the claimed change, but not 0   supported
 *     holds both                            cannot tell
 *     does not hold it                      contradicted, unless all of it is on the better side
 *
 * A claim of no fewer errors is a bound, as of a small network that makes at most 5 % more: it is supported where all of
 * the interval is at or below it.
 */
import type { MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import { type PowerOptions, speakersToDecide, total } from '../../scoring/intervals/power.js';
import { formatInterval } from '../text/interval-format.js';
import { formatRatio, formatRelative } from '../text/number-format.js';
import { describeChange, roundedSpeakers } from './verdict-words.js';

/** What somebody says of a system, as fractions: `eer: -0.05` for 5 % fewer errors than the baseline. */
export interface Claim {
  readonly system: string;
  readonly baseline: string;
  readonly eer: number;
  /** The system's parameters, as a share of the baseline's. */
  readonly parameters?: number;
  /** Whose claim it is. */
  readonly source?: string;
  /** The published protocol that it is about, such as `wsj0-1talker`; absent: any trials test it. */
  readonly protocol?: string;
}

export interface ClaimVerdict extends Claim {
  readonly outcome: 'supported' | 'contradicted' | 'cannot tell' | 'not tested here';
  /** Whether the interval holds the claimed change; only where it is tested and there is an interval. */
  readonly withinInterval?: boolean;
  /**
   * How many speakers would show a difference of the claimed size four times in five, if they vary as those here do.
   * Infinite (in JSON: null) where the seeds alone vary too much for any number.
   */
  readonly speakersToDecide?: number;
  readonly sentence: string;
}

export interface ClaimEvidence {
  /** Of the EER; absent where there are no intervals. */
  readonly difference?: MeasuredDifference;
  readonly baselineEer: number;
  /** Why these trials do not test it. */
  readonly untested?: string;
  /** The EERs differ for sure: by themselves, and among all comparisons. */
  readonly decided: boolean;
  readonly speakers?: PowerOptions['speakers'];
  readonly confidence: number;
}

/** @returns why trials that are of `protocol`, or a part of it, do not test the claim */
export function whyUntested(
  claim: Claim,
  { protocol, partial }: { protocol?: string; partial?: string },
): string | undefined {
  if (claim.protocol !== undefined && claim.protocol !== protocol) {
    return `it was made on ${claim.protocol}, and these are other trials`;
  }
  return partial;
}

export function judgeClaim(claim: Claim, evidence: ClaimEvidence): ClaimVerdict {
  const { difference, baselineEer, untested, decided, speakers, confidence } = evidence;
  const needed =
    difference && speakers !== undefined && baselineEer > 0 && claim.eer !== 0
      ? speakersToDecide({ ...difference, difference: claim.eer * baselineEer }, { speakers, confidence })
      : undefined;
  const conclude = (outcome: ClaimVerdict['outcome'], why: string, withinInterval?: boolean): ClaimVerdict => {
    const open = outcome === 'cannot tell' || outcome === 'not tested here';
    const size = open && needed !== undefined ? ` ${describeNeeded(needed, speakers!)}` : '';
    return {
      ...claim,
      outcome,
      ...(withinInterval !== undefined && { withinInterval }),
      ...(needed !== undefined && { speakersToDecide: needed }),
      sentence: `${describeClaim(claim)}: ${outcome}. ${why}${size}`,
    };
  };
  if (untested !== undefined) return conclude('not tested here', `Why: ${untested}.`);
  if (!difference) return conclude('cannot tell', 'There is no interval to hold it against.');
  const [low, high] = difference.relativeInterval;
  const within = low <= claim.eer && claim.eer <= high;
  const ends = formatInterval([low, high], (end) => (Number.isFinite(end) ? formatRelative(end) : 'no upper limit'));
  if (!within && claim.eer < low) {
    return conclude('contradicted', `The interval, ${ends}, does not hold the claimed change.`, false);
  }
  if (claim.eer >= 0) {
    if (high > claim.eer)
      return conclude('cannot tell', `The interval, ${ends}, goes beyond the claimed change.`, within);
    return conclude('supported', `The interval, ${ends}, does not go beyond the claimed change.`, within);
  }
  if (!decided) {
    const says =
      low <= 0 && 0 <= high
        ? within
          ? 'leaves both open: the claim, and no difference at all'
          : 'leaves no difference at all open'
        : 'does not hold 0, but among all comparisons the difference may be chance (Holm)';
    return conclude('cannot tell', `The interval, ${ends}, ${says}.`, within);
  }
  const size = within ? 'holds the claimed change, but not 0' : 'is better than the claim';
  return conclude('supported', `The interval, ${ends}, ${size}.`, within);
}

/** `The claim of Yip et al., 5 % fewer errors with 0.20× the parameters` */
function describeClaim({ eer, parameters, source }: Claim): string {
  const size = parameters === undefined ? '' : ` with ${formatRatio(parameters)} the parameters`;
  const change = eer < 0 ? describeChange(eer) : eer === 0 ? 'no more errors' : `at most ${describeChange(eer)}`;
  return `The claim${source === undefined ? '' : ` of ${source}`}, ${change}${size}`;
}

const describeNeeded = (needed: number, speakers: PowerOptions['speakers']): string =>
  Number.isFinite(needed)
    ? `To show a difference of the claimed size takes ${roundedSpeakers(needed)} like those here; there are ${total(speakers)}.`
    : 'Trainings vary too much for any number of speakers to show a difference of the claimed size.';
