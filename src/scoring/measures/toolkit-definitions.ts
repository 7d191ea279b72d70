/**
 * @file EER and minDCF as other toolkits define them, so that published numbers can be matched.
 *
 * Read from their sources (the arithmetic is written anew here; Kaldi at f20989f and 2578aee, SpeechBrain at 01c8a11,
 * WeSpeaker at 0333e19, voxceleb_trainer at 3bfd557); they differ on small sets, with ties, and in minDCF's scale:
 * - Kaldi (`compute-eer`, `compute_min_dcf.py`): the EER is the share of missed targets at the first target score that
 *   exceeds the nontarget score of as high a false-alarm rate; no interpolation, so it is a multiple of 1 / targets.
 * - SpeechBrain (`metric_stats.py`): accept if score > threshold, at all scores and the middles between them (so never
 *   all trials); the EER is the mean of both rates where they differ least; minDCF is not divided (its recipes print
 *   it times 100). float32.
 * - WeSpeaker (`score_metrics.py`): one operating point after every trial in order of rising score, also between equal
 *   scores; the EER is interpolated. It has no EER where no point has more false alarms than misses.
 * - voxceleb_trainer (`tuneThreshold.py`): scikit-learn's `roc_curve`, which drops points on straight lines; the EER is
 *   the greater of both rates at the corner where they differ least. minDCF as Kaldi's, at p = 0.05.
 * minDCF of Kaldi, WeSpeaker and voxceleb_trainer has the operating points of WeSpeaker.
 * Limits: between equal scores the trials' own order counts, as a stable sort leaves it (Kaldi, voxceleb_trainer);
 * NumPy's default sort, which WeSpeaker uses, leaves it open, so its numbers with ties cannot be matched exactly.
 */
import { type DetCurve, detCurve, type TrialLabels } from './det-curve.js';
import { type DetectionCostOptions, normalisedCosts } from './detection-cost.js';
import { curveEer } from './eer.js';
import { curveMinDcf } from './min-dcf.js';
import { ascendingOrder } from '../scores/radix-sort.js';

export const definitionNames = ['exact', 'kaldi', 'speechbrain', 'wespeaker', 'voxceleb_trainer'] as const;
export type DefinitionName = (typeof definitionNames)[number];

/** EER and minDCF of one definition; minDCF in the toolkit's own scale. */
export interface DefinedFigures {
  readonly definition: DefinitionName;
  /** Fraction; null where the toolkit fails. */
  readonly eer: number | null;
  readonly minDcf: number;
  readonly minDcf005: number;
  readonly minDcf0001: number;
}

/** What each definition does, for a reader of its numbers. */
export const definitionNotes: Readonly<Record<DefinitionName, string>> = {
  exact: 'equal scores move together, EER interpolated, minDCF divided by the cost of not listening',
  kaldi: 'EER at a target score, not interpolated; minDCF with a point after every trial',
  speechbrain: 'EER is the mean of both rates where they differ least; minDCF not divided',
  wespeaker: 'EER interpolated between single trials, in the order given where scores are equal',
  voxceleb_trainer: 'EER is the greater rate at the nearest corner of the ROC; published minDCF is at p = 0.05',
};

/** @throws UserError as `detCurve`. */
export function figuresByDefinition(
  scores: ArrayLike<number>,
  labels: TrialLabels,
  names: readonly DefinitionName[] = definitionNames,
  where = 'scores',
): DefinedFigures[] {
  const curve = detCurve(scores, labels, where);
  const sorted = needsTrials(names) ? trialByTrial(scores, labels) : undefined;
  return names.map((definition) => {
    const { eer, minDcf } = definitions[definition];
    const costAt = (pTarget: number) => minDcf(curve, { pTarget }, sorted);
    return {
      definition,
      eer: eer(curve, sorted),
      minDcf: costAt(0.01),
      minDcf005: costAt(0.05),
      minDcf0001: costAt(0.001),
    };
  });
}

const needsTrials = (names: readonly DefinitionName[]) =>
  names.some((name) => !['exact', 'speechbrain'].includes(name));

/** Trials in order of rising score, equal scores in the order given. */
interface SortedTrials {
  readonly scores: Float64Array;
  readonly labels: Uint8Array;
}

interface Definition {
  eer(curve: DetCurve, sorted?: SortedTrials): number | null;
  minDcf(curve: DetCurve, options: DetectionCostOptions, sorted?: SortedTrials): number;
}

const definitions: Readonly<Record<DefinitionName, Definition>> = {
  exact: { eer: (curve) => curveEer(curve).eer, minDcf: (curve, options) => curveMinDcf(curve, options).minDcf },
  kaldi: { eer: (curve, sorted) => kaldiEer(curve, sorted!), minDcf: minDcfAfterEachTrial },
  speechbrain: { eer: speechBrainEer, minDcf: speechBrainMinDcf },
  wespeaker: { eer: (curve, sorted) => weSpeakerEer(curve, sorted!), minDcf: minDcfAfterEachTrial },
  voxceleb_trainer: { eer: nearestCornerEer, minDcf: minDcfAfterEachTrial },
};

function trialByTrial(scores: ArrayLike<number>, labels: TrialLabels): SortedTrials {
  const order = ascendingOrder(scores);
  return {
    scores: Float64Array.from(order, (trial) => scores[trial]),
    labels: Uint8Array.from(order, (trial) => Number(labels[trial])),
  };
}

function kaldiEer({ targets, nontargets }: DetCurve, { scores, labels }: SortedTrials): number {
  const ofClass = (target: boolean) => scores.filter((_, i) => Boolean(labels[i]) === target);
  const [targetScores, nontargetScores] = [ofClass(true), ofClass(false)].map((own) => Float32Array.from(own));
  let missed = 0;
  for (; missed + 1 < targets; missed++) {
    const falseAlarms = Math.trunc((nontargets * missed) / targets);
    if (nontargetScores[Math.max(0, nontargets - 1 - falseAlarms)] < targetScores[missed]) break;
  }
  return missed / targets;
}

function speechBrainEer({ targets, nontargets, thresholds, misses, falseAlarms }: DetCurve): number {
  let least = Infinity;
  let eer = NaN;
  // From the lowest threshold up; all points but the one that accepts everything. float32 as in the original, where
  // the differences of the rates are rounded before they are compared.
  for (let i = thresholds.length - 2; i >= 0; i--) {
    if (equalAsFloat32(thresholds, i)) continue;
    const miss = Math.fround(misses[i] / targets);
    const falseAlarm = Math.fround(falseAlarms[i] / nontargets);
    if (Math.abs(Math.fround(falseAlarm - miss)) >= least) continue;
    least = Math.abs(falseAlarm - miss);
    eer = (falseAlarm + miss) / 2;
  }
  return eer;
}

/** Whether the scores on both sides of a point are one in float32, so that there is no threshold between them. */
const equalAsFloat32 = (thresholds: Float64Array, i: number) =>
  Math.fround(thresholds[i]) === Math.fround(thresholds[i + 1]);

function speechBrainMinDcf(
  { targets, nontargets, thresholds, misses, falseAlarms }: DetCurve,
  { pTarget = 0.01, cMiss = 1, cFalseAlarm = 1 }: DetectionCostOptions,
): number {
  let least = Infinity;
  for (let i = 0; i < misses.length - 1; i++) {
    if (equalAsFloat32(thresholds, i)) continue;
    const cost = cMiss * pTarget * (misses[i] / targets) + cFalseAlarm * (1 - pTarget) * (falseAlarms[i] / nontargets);
    if (cost < least) least = cost;
  }
  return least;
}

function weSpeakerEer({ targets, nontargets }: DetCurve, { labels }: SortedTrials): number | null {
  let missed = 0;
  let rejected = 0;
  let before: { miss: number; fa: number } | undefined;
  for (const target of labels) {
    if (target) missed++;
    else rejected++;
    const point = { miss: missed / targets, fa: 1 - rejected / nontargets };
    if (point.miss < point.fa) {
      before = point;
      continue;
    }
    if (!before) return null;
    const step = (point.miss - point.fa) / (before.fa - point.fa - (before.miss - point.miss));
    return point.miss + step * (before.miss - point.miss);
  }
  return null;
}

function minDcfAfterEachTrial(
  { targets, nontargets }: DetCurve,
  options: DetectionCostOptions,
  sorted?: SortedTrials,
): number {
  const { perMiss, perFalseAlarm } = normalisedCosts(options);
  let missed = 0;
  let rejected = 0;
  let least = Infinity;
  for (const target of sorted!.labels) {
    if (target) missed++;
    else rejected++;
    const cost = perMiss * (missed / targets) + perFalseAlarm * (1 - rejected / nontargets);
    if (cost < least) least = cost;
  }
  return least;
}

function nearestCornerEer({ targets, nontargets, misses, falseAlarms }: DetCurve): number {
  let least = Infinity;
  let eer = NaN;
  const last = misses.length - 1;
  for (let i = 0; i <= last; i++) {
    // roc_curve drops points before it adds the one at infinity: the first and last of the scores stay.
    const straight =
      i > 1 &&
      i < last &&
      misses[i + 1] - misses[i] === misses[i] - misses[i - 1] &&
      falseAlarms[i + 1] - falseAlarms[i] === falseAlarms[i] - falseAlarms[i - 1];
    if (straight) continue;
    const miss = 1 - (targets - misses[i]) / targets;
    const falseAlarm = falseAlarms[i] / nontargets;
    const difference = Math.abs(miss - falseAlarm);
    if (difference >= least) continue;
    least = difference;
    eer = Math.max(miss, falseAlarm);
  }
  return eer;
}
