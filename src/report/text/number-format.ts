/**
 * @file How figures are printed: rates in percent, counts and sizes with a decimal prefix, three significant digits.
 * Files for machines (JSON, CSV) never go through here: they hold fractions and whole numbers.
 */

/** `0.05123` → `5.12 %` */
export const formatPercent = (fraction: number, digits = 2): string => `${(100 * fraction).toFixed(digits)} %`;

/** A share of trials, small ones with two digits: `0.0123` → `1.23 %`, `0.000012` → `0.0012 %`; `-` of no trials. */
export function formatRate(rate: number): string {
  if (Number.isNaN(rate)) return '-';
  const percent = 100 * rate;
  return percent !== 0 && percent < 0.1 ? `${percent.toPrecision(2)} %` : formatPercent(rate);
}

/** A change as a fraction of the old value: `-0.052` → `-5.2 %`, `0.1` → `+10.0 %`; `-` where the old value is 0. */
export function formatRelative(fraction: number): string {
  if (!Number.isFinite(fraction)) return '-';
  const percent = (100 * fraction).toFixed(1);
  if (Number(percent) === 0) return '0.0 %'; // not "-0.0"
  return `${fraction > 0 ? '+' : ''}${percent} %`;
}

/** A difference of two rates in percentage points: `-0.0052` → `-0.52`. */
export function formatPoints(difference: number): string {
  const points = (100 * difference).toFixed(2);
  if (Number(points) === 0) return '0.00'; // not "-0.00"
  return `${difference > 0 ? '+' : ''}${points}`;
}

/** `0.219` → `0.22×`, `12.3` → `12×` */
export const formatRatio = (ratio: number): string => `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(2)}×`;

/** `36.4` → `36 s`, `1210` → `20.2 min`, `19000` → `5.3 h` */
export function formatDuration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `4553601` → `4.55 M`; below 1000 as it is. */
export function formatCount(count: number): string {
  const prefixes = ['', ' k', ' M', ' G', ' T', ' P'];
  let scaled = count;
  let step = 0;
  // toPrecision may round up to the next prefix: 999 999 is 1.00 M, not 1000 k.
  while (Number(scaled.toPrecision(3)) >= 1000 && step < prefixes.length - 1) {
    scaled /= 1000;
    step++;
  }
  if (step === 0) return Number.isInteger(count) ? String(count) : count.toPrecision(3);
  return `${Number(scaled.toPrecision(3)) >= 100 ? Math.round(scaled) : scaled.toPrecision(3)}${prefixes[step]}`;
}

/** Decimal units: `18214404` → `18.2 MB` */
export function formatBytes(bytes: number): string {
  const text = formatCount(bytes);
  return text.includes(' ') ? `${text}B` : `${text} B`;
}
