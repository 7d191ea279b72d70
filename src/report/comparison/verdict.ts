/**
 * @file What a comparison with the baseline shows of a system's EER, in one sentence.
 *
 * Confirmed: a lower EER, and the interval of the difference does not hold 0 (p < 0.05). Not confirmed: a higher one, as
 * clearly. Undecided: neither; then the sentence says about how many speakers would decide a difference of this size.
 */
import type { MeasuredDifference, MeasuredFigure } from '../../scoring/intervals/confidence-interval.js';
import { speakersToDecide } from '../../scoring/intervals/speakers-to-decide.js';
import { formatPercent, formatPoints, formatRatio, formatRelative } from '../text/number-format.js';

/** What somebody says of a system, as fractions: `eer: -0.05` for 5 % fewer errors than the baseline. */
export interface Claim {
  readonly system: string;
  readonly baseline: string;
  readonly eer: number;
  /** The system's parameters, as a share of the baseline's. */
  readonly parameters?: number;
  /** Whose claim it is. */
  readonly source?: string;
}

export interface Verdict {
  readonly system: string;
  /** `unknown`: speakers are not known, so there is no interval. */
  readonly outcome: 'confirmed' | 'not confirmed' | 'undecided' | 'unknown';
  /**
   * How many speakers would show a difference of this size four times in five; only where undecided. Infinite (in JSON:
   * null) where the seeds alone vary too much for any number.
   */
  readonly speakersToDecide?: number;
  /** With several comparisons: whether the difference remains for all of them together (Holm); only where decided. */
  readonly upheld?: boolean;
  readonly claim?: Claim & { readonly withinInterval?: boolean };
  readonly sentence: string;
}

interface JudgedSystem {
  readonly name: string;
  readonly eer: number;
  readonly parameters?: number;
  readonly macs?: number;
  readonly runs: readonly unknown[];
  readonly figures?: { readonly eer?: MeasuredFigure };
}

export interface VerdictInput {
  readonly system: JudgedSystem;
  readonly baseline: JudgedSystem;
  /** Of the EER; absent where speakers are not known. */
  readonly difference?: MeasuredDifference;
  readonly confidence?: number;
  /** How many there are in the trials. */
  readonly speakers?: number;
  readonly claim?: Claim;
  /** How many systems are compared with the baseline, and whether this difference remains for all of them together. */
  readonly together?: { readonly comparisons: number; readonly upheld: boolean };
}

export function reachVerdict(input: VerdictInput): Verdict {
  const { system, baseline, difference, confidence = 0.95, speakers, claim, together } = input;
  const outcome = judge(difference, confidence);
  const seeds = seedsOf(system, baseline);
  const claimed = claim && holdAgainst(claim, difference);
  const needed =
    outcome === 'undecided' && difference && difference.difference !== 0 && speakers !== undefined
      ? speakersToDecide(difference, { speakers, confidence })
      : undefined;
  const moreSeeds = (): Need | undefined => {
    const count = Math.max(system.runs.length, baseline.runs.length);
    return [2, 3, 5, 10]
      .map((seedFactor) => ({
        seeds: count * seedFactor,
        speakers: speakersToDecide(difference!, { speakers: speakers!, confidence, seedFactor }),
      }))
      .find((need) => Number.isFinite(need.speakers));
  };
  const upheld = outcome === 'confirmed' || outcome === 'not confirmed' ? together?.upheld : undefined;
  const limits = [
    ...(seeds.unknown !== undefined
      ? [`for these trainings (what other seeds${seeds.unknown} would give is not in the interval)`]
      : []),
    ...(upheld === false ? [`by itself, but not among all ${together!.comparisons} comparisons (Holm)`] : []),
  ];
  const ending = {
    confirmed: `lower EER, ${['confirmed', ...limits].join(' ')}`,
    'not confirmed': `not confirmed: ${['higher EER', ...limits].join(' ')}`,
    undecided: `undecided${needed === undefined ? '' : `; ${describeNeed(needed, moreSeeds(), difference!.seSeeds === undefined ? ' between these trainings' : '')}`}`,
    unknown: 'undecided, as which speaker said what is not known',
  }[outcome];
  const conditions = [
    describeDifference(input),
    ...describeCost(system, baseline),
    [seeds.text, ...(speakers === undefined ? [] : [`${speakers} speakers`])].join(', '),
  ];
  return {
    system: system.name,
    outcome,
    ...(needed !== undefined && { speakersToDecide: needed }),
    ...(upheld !== undefined && { upheld }),
    ...(claimed && { claim: claimed }),
    sentence:
      `${system.name} against ${baseline.name}: ${conditions.join('; ')}: ${ending}` +
      (claimed ? `; ${describeClaim(claimed, outcome)}` : ''),
  };
}

function judge(difference: MeasuredDifference | undefined, confidence: number): Verdict['outcome'] {
  if (!difference) return 'unknown';
  if (difference.pValue >= 1 - confidence) return 'undecided';
  return difference.difference < 0 ? 'confirmed' : 'not confirmed';
}

interface Need {
  readonly seeds: number;
  readonly speakers: number;
}

/**
 * @param moreSeeds what would do where no number of speakers does
 * @param trainings said where the variance over seeds is not known
 */
function describeNeed(speakers: number, moreSeeds: Need | undefined, trainings: string): string {
  const size = `would decide a difference of this size${trainings}`;
  if (Number.isFinite(speakers)) return `${roundedSpeakers(speakers)} ${size}`;
  const alone = 'the seeds vary too much for more speakers alone to decide it';
  return moreSeeds
    ? `${alone}: ${moreSeeds.seeds} seeds each and ${roundedSpeakers(moreSeeds.speakers)} ${size}`
    : alone;
}

/** To two digits: it is an estimate from an estimate. */
const roundedSpeakers = (speakers: number) =>
  speakers > 100_000 ? 'more than 100000 speakers' : `about ${Number(speakers.toPrecision(2))} speakers`;

function describeDifference({ system, baseline, difference }: VerdictInput): string {
  const change = baseline.eer === 0 ? undefined : (system.eer - baseline.eer) / baseline.eer;
  const values = `EER ${formatPercent(system.eer)} against ${formatPercent(baseline.eer)}`;
  if (!difference) return change === undefined ? values : `relative EER change ${formatRelative(change)}`;
  const p = formatPValue(difference.pValue);
  const [low, high] = difference.relativeInterval;
  if (change === undefined || !Number.isFinite(low) || !Number.isFinite(high)) {
    const ends = difference.interval.map((end) => formatPoints(end)).join(', ');
    return `${values}, a difference of ${formatPoints(difference.difference)} points [${ends}], ${p}`;
  }
  const ends = [low, high].map((end) => formatRelative(end).replace(/ %$/, '')).join(', ');
  return `relative EER change ${formatRelative(change)} [${ends}], ${p}`;
}

/** `p = 0.24`, `p < 0.001`; 0.04998 does not become 0.050, which would be on the other side. */
export function formatPValue(pValue: number): string {
  if (pValue < 0.001) return 'p < 0.001';
  let digits = pValue < 0.0995 ? 3 : 2;
  while (pValue < 0.05 && Number(pValue.toFixed(digits)) >= 0.05 && digits < 15) digits++;
  return `p = ${pValue.toFixed(digits)}`;
}

/** The same for a column of p-values: `0.24`, `< 0.001`; empty for no difference. */
export const formatBareP = (difference: MeasuredDifference | undefined): string =>
  difference ? formatPValue(difference.pValue).replace(/^p (= )?/, '') : '';

function describeCost(system: JudgedSystem, baseline: JudgedSystem): string[] {
  const ratios = (['parameters', 'macs'] as const).flatMap((figure) => {
    const [value, reference] = [system[figure], baseline[figure]];
    if (value === undefined || !reference) return [];
    return [`${figure === 'macs' ? 'MACs' : figure} ${formatRatio(value / reference)}`];
  });
  return ratios.length > 0 ? [ratios.join(', ')] : [];
}

/** `unknown`: whose seeds are not in the interval, as there is only one: both systems' (`''`) or one's (` of X`). */
function seedsOf(system: JudgedSystem, baseline: JudgedSystem): { text: string; unknown?: string } {
  const [own, others] = [system.runs.length, baseline.runs.length];
  const count = (seeds: number) => `${seeds} seed${seeds === 1 ? '' : 's'}`;
  const text = own === others ? `${count(own)} each` : `${count(own)} against ${others}`;
  if (own > 1 && others > 1) return { text };
  return { text, unknown: own === others ? '' : ` of ${own === 1 ? system.name : baseline.name}` };
}

function holdAgainst(claim: Claim, difference: MeasuredDifference | undefined) {
  if (!difference) return claim;
  const [low, high] = difference.relativeInterval;
  return { ...claim, withinInterval: low <= claim.eer && claim.eer <= high };
}

function describeClaim(
  { eer, parameters, source, withinInterval }: Claim & { withinInterval?: boolean },
  outcome: Verdict['outcome'],
): string {
  const size = parameters === undefined ? '' : ` with ${formatRatio(parameters)} parameters`;
  const where =
    withinInterval === undefined
      ? 'cannot be judged'
      : withinInterval
        ? `lies within the interval${outcome === 'undecided' ? ', and so does no difference at all' : ''}`
        : 'lies outside the interval';
  return `the claim${source === undefined ? '' : ` of ${source}`}, ${formatRelative(eer)}${size}, ${where}`;
}
