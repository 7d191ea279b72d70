/**
 * @file Calibration and fusion: scores → natural log-likelihood ratios, by prior-weighted logistic regression.
 *
 * llr = offset + Σ weight_k · x_k, where x are one system's score, or several systems' (fusion), and quality measures
 * of the two sides (`quality-measures.ts`). Weights and offset minimise, over labelled development trials, the
 * logarithmic cost p · mean ln(1 + e^−(llr + logit p)) of targets + (1 − p) · mean ln(1 + e^(llr + logit p)) of
 * nontargets (Brümmer and du Preez, Computer Speech and Language 20, 2006): p says at which operating points the ratios
 * should be best, however many targets the list has. Newton's method on standardised features, with halved steps.
 *
 * A little ridge (10⁻⁶ of each squared standardised weight) keeps the weights finite where the development trials can
 * be separated without error; the scale of the ratios is then arbitrary, and `separable` says so.
 */
import { Matrix, solve } from 'ml-matrix';
import { internal, UserError } from '../../errors.js';
import { softplus } from '../measures/cllr.js';

/** What turns the features of a trial into a log-likelihood ratio; plain data, kept as JSON. */
export interface Calibration {
  /** One for each feature, in its own unit. */
  readonly weights: readonly number[];
  readonly offset: number;
  /** The prior that it was trained for. */
  readonly prior: number;
  readonly targets: number;
  readonly nontargets: number;
  /** The training trials are separated without error, so the scale of the ratios is arbitrary. */
  readonly separable: boolean;
}

const RIDGE = 1e-6;
const MOST_STEPS = 100;

/**
 * Trains on development trials.
 * @param features columns: for each feature one value a trial
 * @param labels 1 for target trials
 * @throws UserError if a class is empty, a value is not finite, or a feature is the same in all trials
 */
export function trainCalibration(
  features: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { prior = 0.01, names = features.map((_, i) => `feature ${i + 1}`), where = 'calibration' } = {},
): Calibration {
  if (!(prior > 0 && prior < 1)) throw new UserError(`expected a prior between 0 and 1, got ${prior}`);
  const count = labels.length;
  const targets = Array.from(labels).reduce((sum, label) => sum + label, 0);
  const nontargets = count - targets;
  if (targets === 0 || nontargets === 0) {
    throw new UserError(
      `${where}: calibration learns from trials of both kinds, got ${targets} target and ${nontargets} nontarget trials`,
    );
  }
  const scaled = features.map((column, k) => standardise(column, { count, name: names[k], where }));
  const objective = logisticCost(
    scaled.map(({ values }) => values),
    labels,
    { shift: Math.log(prior / (1 - prior)), weights: [(1 - prior) / nontargets, prior / targets] },
  );
  const { parameters, llrs } = descend(objective);
  const weights = scaled.map(({ spread }, f) => parameters[f + 1] / spread);
  const offset = parameters[0] - scaled.reduce((sum, { mean }, f) => sum + weights[f] * mean, 0);
  return { weights, offset, prior, targets, nontargets, separable: isSeparated(llrs, labels) };
}

/** The cost of an offset and a weight for each standardised feature. */
interface Objective {
  /** How many parameters there are. */
  readonly size: number;
  /** The ratios of the parameters that were costed last. [trials] */
  readonly llrs: Float64Array;
  /** Costs parameters, and keeps their ratios. */
  costOf(parameters: Float64Array): number;
  /** Newton's step from the parameters that were costed last. */
  step(parameters: Float64Array): number[];
}

/** @param shift the logit of the prior @param weights of a nontarget and a target trial */
function logisticCost(
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  { shift, weights }: { shift: number; weights: readonly number[] },
): Objective {
  const count = labels.length;
  const k = columns.length;
  const llrs = new Float64Array(count);
  return {
    size: k + 1,
    llrs,
    costOf(parameters) {
      let cost = 0;
      for (let i = 0; i < count; i++) {
        let llr = parameters[0];
        for (let f = 0; f < k; f++) llr += parameters[f + 1] * columns[f][i];
        llrs[i] = llr;
        cost += weights[labels[i]] * softplus(labels[i] ? -llr - shift : llr + shift);
      }
      for (let f = 1; f <= k; f++) cost += RIDGE * parameters[f] ** 2;
      return cost;
    },
    step(parameters) {
      const gradient = new Float64Array(k + 1);
      const hessian = Matrix.zeros(k + 1, k + 1);
      const x = new Float64Array(k + 1);
      x[0] = 1;
      for (let i = 0; i < count; i++) {
        for (let f = 0; f < k; f++) x[f + 1] = columns[f][i];
        const posterior = 1 / (1 + Math.exp(-llrs[i] - shift));
        const slope = weights[labels[i]] * (posterior - labels[i]);
        const curvature = weights[labels[i]] * posterior * (1 - posterior);
        for (let a = 0; a <= k; a++) {
          gradient[a] += slope * x[a];
          for (let b = a; b <= k; b++) hessian.set(a, b, hessian.get(a, b) + curvature * x[a] * x[b]);
        }
      }
      for (let a = 0; a <= k; a++) {
        if (a > 0) {
          gradient[a] += 2 * RIDGE * parameters[a];
          hessian.set(a, a, hessian.get(a, a) + 2 * RIDGE);
        }
        for (let b = 0; b < a; b++) hessian.set(a, b, hessian.get(b, a));
      }
      hessian.set(0, 0, hessian.get(0, 0) + 1e-12); // far from all trials the cost is flat
      return solve(hessian, Matrix.columnVector(gradient)).to1DArray();
    },
  };
}

/** Newton's method from 0, with steps halved until the cost falls. */
function descend({ size, llrs, costOf, step }: Objective): { parameters: Float64Array; llrs: Float64Array } {
  let parameters = new Float64Array(size);
  let cost = costOf(parameters);
  for (let taken = 0; taken < MOST_STEPS; taken++) {
    const direction = step(parameters);
    const earlier = cost;
    let length = 1;
    let next: Float64Array<ArrayBuffer>;
    do {
      next = parameters.map((value, i) => value - length * direction[i]);
      cost = costOf(next);
      length /= 2;
    } while (cost > earlier && length > 1e-10);
    if (!(cost < earlier)) {
      costOf(parameters); // the ratios of the parameters that are kept
      break;
    }
    parameters = next;
    if (earlier - cost < 1e-13 * earlier) break;
  }
  return { parameters, llrs };
}

/** Log-likelihood ratios of trials with the features that the calibration was trained with, in their order. */
export function applyCalibration(
  { weights, offset }: Pick<Calibration, 'weights' | 'offset'>,
  features: readonly ArrayLike<number>[],
): Float64Array {
  if (features.length !== weights.length) throw internal(`${features.length} features for ${weights.length} weights`);
  return Float64Array.from({ length: features[0].length }, (_, i) =>
    features.reduce((llr, column, f) => llr + weights[f] * column[i], offset),
  );
}

function standardise(
  column: ArrayLike<number>,
  { count, name, where }: { count: number; name: string; where: string },
): { values: Float64Array; mean: number; spread: number } {
  if (column.length !== count) throw internal(`${column.length} values of ${name} for ${count} trials`);
  const values = Float64Array.from(column);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new UserError(`${where}: ${name} of trial ${wrong + 1} is ${values[wrong]}, expected a finite number`);
  }
  const mean = values.reduce((sum, value) => sum + value / count, 0);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0));
  if (!(spread > 1e-12 * Math.max(1, Math.abs(mean)))) {
    throw new UserError(
      `${where}: ${name} is the same in all trials (${values[0]}), so nothing can be learned from it`,
    );
  }
  return { values: values.map((value) => (value - mean) / spread), mean, spread };
}

function isSeparated(llrs: Float64Array, labels: ArrayLike<number>): boolean {
  let lowestTarget = Infinity;
  let highestNontarget = -Infinity;
  llrs.forEach((llr, i) => {
    if (labels[i]) lowestTarget = Math.min(lowestTarget, llr);
    else highestNontarget = Math.max(highestNontarget, llr);
  });
  return lowestTarget >= highestNontarget;
}
