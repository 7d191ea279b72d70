/**
 * @file Student's t distribution: shares and quantiles, also for degrees of freedom that are not whole.
 *
 * P(|T| > t) with ν degrees of freedom is the regularised incomplete beta function I_x(ν/2, 1/2) at x = ν / (ν + t²)
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1), here by its continued fraction (26.5.8) in the
 * form of Lentz. Relative errors are below 10⁻¹⁰ for ν up to 10⁶; beyond, ν counts as 10⁶, where T is normal to six
 * digits.
 */
import { internal } from '../../errors.js';

const MOST_FREEDOM = 1e6;

/** P(|T| > |t|) for T with the given degrees of freedom. */
export function studentTwoSided(t: number, freedom: number): number {
  if (!(freedom > 0)) throw internal(`${freedom} degrees of freedom`);
  if (!Number.isFinite(t)) return Number.isNaN(t) ? NaN : 0;
  const nu = Math.min(freedom, MOST_FREEDOM);
  return incompleteBeta(nu / (nu + t * t), nu / 2, 0.5);
}

/** The t that |T| exceeds with probability 1 − confidence. */
export function studentCritical(confidence: number, freedom: number): number {
  const share = 1 - confidence;
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, freedom) > share) high *= 2;
  for (let step = 0; step < 80 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, freedom) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast below the mean of the distribution; above it, the other tail is computed.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const awayFromZero = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return fraction;
}

/** ln Γ(x) for x > 0: Stirling's series beyond 10, to which smaller arguments are moved. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += Math.log(z);
  const square = 1 / (z * z);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
