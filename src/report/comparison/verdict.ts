/**
 * @file What a comparison with the baseline shows of a system: a headline, a plain sentence, what limits it, the
 * figures.
 *
 * A measure is better or worse where its difference has p < 0.05, and where that remains among all systems that are
 * compared with the baseline (Holm); else one cannot tell. The EER gives the headline. An open verdict says about how
 * many speakers would show a difference of this size.
 */
import type { MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import { type PowerOptions, speakersToDecide, total } from '../../scoring/intervals/power.js';
import { type MeasureName, measureNamed } from '../../scoring/measures/measure-table.js';
import { formatMeasure } from '../text/interval-format.js';
import { formatPercent, formatPoints } from '../text/number-format.js';
import { type Claim, type ClaimVerdict, judgeClaim } from './claim.js';
import { relativeChange } from './relative-change.js';
import { describeChance, describeChange, describeRange, formatPValue, roundedSpeakers } from './verdict-words.js';

export type Outcome = 'better' | 'worse' | 'cannot tell';

/** What is shown of one measure; of intervals and changes as `MeasuredDifference` has them. */
export interface MeasureVerdict extends Pick<MeasuredDifference, 'relative' | 'relativeInterval' | 'pValue'> {
  readonly measure: MeasureName;
  readonly value: number;
  readonly baseline: number;
  readonly outcome: Outcome;
}

export interface Verdict {
  readonly system: string;
  /** By the EER. */
  readonly outcome: Outcome;
  /**
   * How many speakers would show a difference of this size four times in five; only where one cannot tell. Infinite (in
   * JSON: null) where the seeds alone vary too much for any number.
   */
  readonly speakersToDecide?: number;
  /** With several comparisons: whether the difference remains for all of them together (Holm); only where p < 0.05. */
  readonly upheld?: boolean;
  readonly claim?: ClaimVerdict;
  /** `aca-net is worse than ecapa-tdnn here: EER 4.98 % against 2.71 % (p = 0.048)` */
  readonly headline: string;
  /** The same for readers outside the field. */
  readonly sentence: string;
  /** Sentences: how far it reaches, and what it would take to know more. */
  readonly limits: readonly string[];
  /** Empty where speakers are not known. */
  readonly figures: readonly MeasureVerdict[];
}

type JudgedSystem = { readonly name: string; readonly eer: number; readonly runs: readonly unknown[] } & Readonly<
  Partial<Record<MeasureName, number>>
>;

export interface JudgedDifference extends MeasuredDifference {
  /** With several comparisons: whether this one remains for all of them together. */
  readonly upheld?: boolean;
}

export interface VerdictInput {
  readonly system: JudgedSystem;
  readonly baseline: JudgedSystem;
  /** Of the measures that are tested; without that of the EER nothing can be told. */
  readonly differences?: Readonly<Partial<Record<MeasureName, JudgedDifference>>>;
  /** Why there are none. */
  readonly noIntervals?: string;
  readonly confidence?: number;
  /** How many there are in the trials, or in those of each fold. */
  readonly speakers?: PowerOptions['speakers'];
  readonly claim?: Claim;
  /** Why these trials do not test the claim. */
  readonly untested?: string;
  /** How many systems are compared with the baseline; default 1. */
  readonly comparisons?: number;
}

export function reachVerdict(input: VerdictInput): Verdict {
  const { system, baseline, differences = {}, confidence = 0.95, comparisons = 1 } = input;
  const { speakers, claim, untested } = input;
  const { eer: difference } = differences;
  const outcome = judge(difference, confidence);
  const clear = difference !== undefined && difference.pValue < 1 - confidence;
  const needed =
    difference && !clear && difference.difference !== 0 && speakers !== undefined
      ? speakersToDecide(difference, { speakers, confidence })
      : undefined;
  const figures = Object.entries(differences).map(([name, each]): MeasureVerdict => {
    const measure = name as MeasureName;
    const { relative, relativeInterval, pValue } = each;
    const values = { value: system[measure]!, baseline: baseline[measure]! };
    return { measure, ...values, relative, relativeInterval, pValue, outcome: judge(each, confidence) };
  });
  return {
    system: system.name,
    outcome,
    ...(needed !== undefined && { speakersToDecide: needed }),
    ...(clear && difference.upheld !== undefined && { upheld: difference.upheld }),
    ...(claim && {
      claim: judgeClaim(claim, {
        ...{
          difference,
          baselineEer: baseline.eer,
          untested,
          decided: outcome !== 'cannot tell',
          speakers,
          confidence,
        },
      }),
    }),
    headline: headlineOf(input, outcome),
    sentence: explain(input, outcome),
    limits: [
      ...(difference ? describeSeeds(system, baseline) : []),
      ...(clear && difference.upheld === false ? [describeHolm(difference, input.comparisons)] : []),
      ...(needed === undefined ? [] : [describeNeed(needed, input)]),
      ...describeOthers(figures, { comparisons, confidence }),
    ],
    figures,
  };
}

function judge(difference: JudgedDifference | undefined, confidence: number): Outcome {
  if (!difference || difference.pValue >= 1 - confidence || difference.upheld === false) return 'cannot tell';
  return difference.difference < 0 ? 'better' : 'worse';
}

function headlineOf({ system, baseline, differences }: VerdictInput, outcome: Outcome): string {
  const pValue = differences?.eer && ` (${formatPValue(differences.eer.pValue)})`;
  const found = {
    better: `${system.name} is better than ${baseline.name} here`,
    worse: `${system.name} is worse than ${baseline.name} here`,
    'cannot tell': `Cannot tell whether ${system.name} differs from ${baseline.name}`,
  }[outcome];
  return `${found}: EER ${formatPercent(system.eer)} against ${formatPercent(baseline.eer)}${pValue ?? ''}`;
}

function explain(input: VerdictInput, outcome: Outcome): string {
  const { system, baseline, differences, noIntervals, confidence = 0.95, comparisons = 1 } = input;
  const difference = differences?.eer;
  const change = relativeChange(system.eer, baseline.eer);
  const made = Number.isFinite(change)
    ? `On these trials ${system.name} makes ${change === 0 ? 'as many errors as' : `${describeChange(change)} than`} ${baseline.name}`
    : `On these trials ${system.name} makes errors and ${baseline.name} makes none`;
  if (!difference)
    return `${made}. Whether that is more than chance is not known: ${noIntervals ?? 'there are no intervals'}.`;
  const chance = `${made}; if both were equally good, chance would show a difference this large ${describeChance(difference.pValue)}`;
  if (outcome !== 'cannot tell') return `${chance}.`;
  if (difference.pValue < 1 - confidence) return `${chance}, and this is one of ${comparisons} tests.`;
  const others = difference.seSeeds === undefined ? 'other speakers' : 'other speakers and trainings';
  const { relativeInterval, interval } = difference;
  const range = relativeInterval.every((end) => Number.isFinite(end))
    ? describeRange(relativeInterval)
    : `EERs that differ by ${interval.map((end) => formatPoints(end)).join(' to ')} points`;
  return `${made}, but ${others} could give ${range}.`;
}

/** One training of a system says nothing of the others that its settings could give. */
function describeSeeds(system: JudgedSystem, baseline: JudgedSystem): string[] {
  const [own, others] = [system.runs.length, baseline.runs.length];
  if (own > 1 && others > 1) return [];
  if (own === others) return ['One training each; other seeds may differ.'];
  return [`One training of ${own === 1 ? system.name : baseline.name}; its other seeds may differ.`];
}

const describeHolm = ({ pValue }: MeasuredDifference, comparisons = 1): string =>
  `${formatPValue(pValue)} would be enough for a single comparison, but not for one of ${comparisons} (Holm).`;

/** What it would take to show this difference. */
function describeNeed(
  needed: number,
  { system, baseline, differences, speakers = 0, confidence, comparisons = 1 }: VerdictInput,
): string {
  const there = `there are ${total(speakers)}`;
  const itself = comparisons > 1 ? ' in one comparison by itself' : '';
  if (Number.isFinite(needed)) {
    return `To show a difference of this size${itself} takes ${roundedSpeakers(needed)} like those here; ${there}.`;
  }
  const alone = 'Trainings vary too much for more speakers alone to show this difference';
  const [fewest, count] = [system, baseline].map(({ runs }) => runs.length).sort((a, b) => a - b);
  // How much the seeds of a single training matter is not known.
  if (fewest === 1) return `${alone}.`;
  for (const seedFactor of [2, 3, 5, 10]) {
    const more = speakersToDecide(differences!.eer!, { speakers, confidence, seedFactor });
    if (Number.isFinite(more)) {
      return `${alone}: it takes ${count * seedFactor} trainings each and ${roundedSpeakers(more)}; ${there}.`;
    }
  }
  return `${alone}.`;
}

/** `minDCF(0.01): cannot tell, 0.30 against 0.25 (p = 0.21).` */
function describeOthers(
  figures: readonly MeasureVerdict[],
  { comparisons, confidence }: { comparisons: number; confidence: number },
): string[] {
  return figures
    .filter(({ measure }) => measure !== 'eer')
    .map(({ measure: name, outcome, value, baseline, pValue }) => {
      const measure = measureNamed(name);
      const [own, reference] = [value, baseline].map((each) => formatMeasure(measure, each));
      const among = outcome === 'cannot tell' && pValue < 1 - confidence ? ` among ${comparisons} (Holm)` : '';
      return `${measure.title}: ${outcome}${among}, ${own} against ${reference} (${formatPValue(pValue)}).`;
    });
}
