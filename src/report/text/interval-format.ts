/**
 * @file Figures, their intervals and those of changes as text: rates in percent and points, costs and bits as they are.
 */
import type { Interval, MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import { formatFigure, type Measure } from '../../scoring/measures/measure.js';
import { formatPoints, formatRelative } from './number-format.js';

/** `1.72 %` for rates, `0.203` for costs and bits, `-` for none. */
export const formatMeasure = (measure: Measure, value: number | undefined) =>
  value === undefined ? '-' : formatFigure(measure, value);

/** In points for rates. */
export function formatDifference({ format }: Measure, difference: number): string {
  if (!Number.isFinite(difference)) return 'infinite';
  return format === 'percent'
    ? `${formatPoints(difference)} points`
    : `${difference > 0 ? '+' : ''}${difference.toFixed(3)}`;
}

/** `1.20 to 3.40 %`, `0.120 to 0.340` */
export const formatMeasureInterval = (measure: Measure, interval: Interval | undefined) =>
  formatInterval(interval, (end) => formatFigure(measure, end));

/** Relative where both ends are, else of the plain difference. */
export function formatChangeInterval(
  measure: Measure,
  difference: Pick<MeasuredDifference, 'interval' | 'relativeInterval'> | undefined,
): string {
  if (!difference) return '';
  const { relativeInterval, interval } = difference;
  if (relativeInterval.every((end) => Number.isFinite(end))) return formatInterval(relativeInterval, formatRelative);
  return formatInterval(interval, (end) => formatDifference(measure, end));
}

/** `1.20 to 3.40 %`: both ends, with their unit once; `-` for none. */
export const formatInterval = (interval: Interval | undefined, format: (end: number) => string): string =>
  interval ? `${format(interval[0]).replace(/ (%|points)$/, '')} to ${format(interval[1])}` : '-';
