/**
 * @file The probit, the inverse of the standard normal distribution, which makes the axes of a DET plot.
 *
 * On probit axes the detection-error trade-off of normally distributed scores is a straight line (Martin, Doddington,
 * Kamm, Ordowski and Przybocki, Eurospeech 1997). Rational approximations of P. J. Acklam; relative error below 1.2e-9,
 * which no drawing shows.
 */
const CENTRE = {
  numerator: [
    -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
    2.506628277459239,
  ],
  denominator: [
    -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
  ],
};
const TAIL = {
  numerator: [
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  denominator: [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
};
/** Below this, and above its complement, a tail. */
const TAIL_BELOW = 0.02425;

const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((value, coefficient) => value * x + coefficient, 0);

/** The value that a standard normal variable is below with probability p; ∓∞ at 0 and 1, NaN outside. */
export function probit(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 1 - TAIL_BELOW) return -probit(1 - p);
  if (p < TAIL_BELOW) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL.numerator, q) / polynomial(TAIL.denominator, q);
  }
  const q = p - 0.5;
  return (q * polynomial(CENTRE.numerator, q * q)) / polynomial(CENTRE.denominator, q * q);
}
