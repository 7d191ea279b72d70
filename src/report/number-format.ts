/**
 * @file How figures are printed: rates in percent, counts and sizes with a decimal prefix, three significant digits.
 * Files for machines (JSON, CSV) never go through here: they hold fractions and whole numbers.
 */

/** `0.05123` → `5.12 %` */
export const formatPercent = (fraction: number, digits = 2): string => `${(100 * fraction).toFixed(digits)} %`;

/** A change as a fraction of the old value: `-0.052` → `-5.2 %`, `0.1` → `+10.0 %`; `+inf` where the old value is 0. */
export function formatRelative(fraction: number): string {
  if (Number.isNaN(fraction)) return '-';
  if (!Number.isFinite(fraction)) return fraction > 0 ? '+inf' : '-inf';
  const percent = (100 * fraction).toFixed(1);
  if (Number(percent) === 0) return '0.0 %'; // not "-0.0"
  return `${fraction > 0 ? '+' : ''}${percent} %`;
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
