/**
 * @file One set of scored trials in figures: counts, and every measure of `measure-table.ts` that the scores can have.
 * The trials are sorted once for all of them.
 */
import { internal } from '../../errors.js';
import { detCurve, type TrialLabels } from './det-curve.js';
import { curveEer } from './eer.js';
import { formatFigure } from './measure.js';
import { type CalibrationMeasure, type DiscriminationMeasure, measures, measuresOf } from './measure-table.js';

/** Figures of one system on one trial list; rates are fractions. Those of calibrated scores only for such. */
export interface Evaluation
  extends Readonly<Record<DiscriminationMeasure, number>>, Readonly<Partial<Record<CalibrationMeasure, number>>> {
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  /** Score at which the EER is reached. */
  readonly threshold: number;
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
  const figures = measuresOf({ calibrated }).map((measure) => [
    measure.name,
    measure.evaluate({ curve, scores, labels }),
  ]);
  return {
    trials: scores.length,
    targets: curve.targets,
    nontargets: curve.nontargets,
    ...curveEer(curve), // so that its threshold stands beside it
    ...(Object.fromEntries(figures) as Record<DiscriminationMeasure, number>),
    ...(partial !== undefined && { partial }),
  };
}

/**
 * One line for a log: `10440 trials (2610 target, 7830 nontarget): EER 1.72 %, minDCF(0.01) 0.203`; what is partial is
 * said at its end.
 */
export function describeScores(evaluation: Evaluation): string {
  const { trials, targets, nontargets, partial } = evaluation;
  const figures = measures.flatMap((measure) => {
    const value = evaluation[measure.name];
    if (value === undefined || !measure.shown.includes('line')) return [];
    return [`${measure.title} ${formatFigure(measure, value)}${measure.format === 'bits' ? ' bits' : ''}`];
  });
  const mark = partial === undefined ? '' : ` [${partial}]`;
  return `${trials} trials (${targets} target, ${nontargets} nontarget): ${figures.join(', ')}${mark}`;
}
