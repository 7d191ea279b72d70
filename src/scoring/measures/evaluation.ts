/**
 * @file One set of scored trials in figures: counts, EER, minDCF at the three usual priors and minCllr; for calibrated
 * scores also actDCF and Cllr. Definitions in `metrics.ts`. The trials are sorted once for all of them.
 */
import { internal } from '../../errors.js';
import { detCurve, type TrialLabels } from './det-curve.js';
import type { CalibrationMeasure } from './measures.js';
import { computeActDcf, computeCllr, curveEer, curveMinCllr, curveMinDcf } from './metrics.js';

/** Figures of one system on one trial list; rates are fractions. */
export interface Evaluation {
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  readonly eer: number;
  /** Score at which the EER is reached. */
  readonly threshold: number;
  /** Normalised minimum detection cost at p = 0.01 … */
  readonly minDcf: number;
  /** … at p = 0.05 … */
  readonly minDcf005: number;
  /** … and at p = 0.001. */
  readonly minDcf0001: number;
  /** What Cllr the best monotonic calibration leaves, in bits. */
  readonly minCllr: number;
  /** Only for calibrated scores: normalised detection cost at p = 0.01 and ln 99, … */
  readonly actDcf?: number;
  /** … at p = 0.05 and ln 19, … */
  readonly actDcf005?: number;
  /** … at p = 0.001 and ln 999. */
  readonly actDcf0001?: number;
  /** Only for calibrated scores, in bits. */
  readonly cllr?: number;
  /** Set where corpus or trials are less than what was published: the sentence that says so. */
  readonly partial?: string;
}

export interface EvaluationOptions {
  /** The scores are natural log-likelihood ratios: adds actDCF and Cllr. Cosines are not. */
  readonly calibrated?: boolean;
  /** What the scores are, for messages: a file name. */
  readonly where?: string;
  /** Marks the figures as those of a part of a published protocol. */
  readonly partial?: string;
}

/**
 * Evaluates one score a trial, in the trials' order.
 * @throws UserError if a score is not finite or if the trials are all of one kind.
 */
export function evaluateScores(
  scores: ArrayLike<number>,
  trials: readonly { readonly target: boolean }[],
  options: EvaluationOptions = {},
): Evaluation {
  if (scores.length !== trials.length) throw internal(`${scores.length} scores for ${trials.length} trials`);
  const labels = Uint8Array.from(trials, ({ target }) => Number(target));
  return evaluateLabelled(scores, labels, options);
}

/** The same for labels. */
export function evaluateLabelled(
  scores: ArrayLike<number>,
  labels: TrialLabels,
  { calibrated = false, where, partial }: EvaluationOptions = {},
): Evaluation {
  const curve = detCurve(scores, labels, where);
  return {
    trials: scores.length,
    targets: curve.targets,
    nontargets: curve.nontargets,
    ...curveEer(curve),
    minDcf: curveMinDcf(curve, { pTarget: 0.01 }).minDcf,
    minDcf005: curveMinDcf(curve, { pTarget: 0.05 }).minDcf,
    minDcf0001: curveMinDcf(curve, { pTarget: 0.001 }).minDcf,
    minCllr: curveMinCllr(curve),
    ...(calibrated && calibrationFigures(scores, labels)),
    ...(partial !== undefined && { partial }),
  };
}

const calibrationFigures = (llrs: ArrayLike<number>, labels: TrialLabels): Record<CalibrationMeasure, number> => ({
  actDcf: computeActDcf(llrs, labels, { pTarget: 0.01 }),
  actDcf005: computeActDcf(llrs, labels, { pTarget: 0.05 }),
  actDcf0001: computeActDcf(llrs, labels, { pTarget: 0.001 }),
  cllr: computeCllr(llrs, labels),
});

/** One line for a log: `10440 trials (2610 target, 7830 nontarget): EER 1.72 %, minDCF(0.01) 0.203`; what is partial is said at its end. */
export function describeScores(evaluation: Evaluation): string {
  const { trials, targets, nontargets, eer, minDcf, actDcf, cllr, partial } = evaluation;
  const calibration =
    actDcf === undefined ? [] : [`actDCF(0.01) ${actDcf.toFixed(3)}`, `Cllr ${cllr?.toFixed(3)} bits`];
  const figures = [`EER ${(100 * eer).toFixed(2)} %`, `minDCF(0.01) ${minDcf.toFixed(3)}`, ...calibration];
  const mark = partial === undefined ? '' : ` [${partial}]`;
  return `${trials} trials (${targets} target, ${nontargets} nontarget): ${figures.join(', ')}${mark}`;
}
