/** @file Figures, their intervals and those of changes as text: rates in percent and points, costs and bits as they are. */
import type { Interval, MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import type { MeasureName } from '../../scoring/measures/measures.js';
import { formatPercent, formatPoints, formatRelative } from './number-format.js';

/** `1.72 %` for rates, `0.203` for costs and bits. */
export const formatMeasure = (measure: MeasureName, value: number | undefined) =>
  value === undefined ? '-' : measure === 'eer' ? formatPercent(value) : value.toFixed(3);

/** In points for rates. */
export const formatDifference = (measure: MeasureName, difference: number) =>
  measure === 'eer' ? `${formatPoints(difference)} points` : `${difference > 0 ? '+' : ''}${difference.toFixed(3)}`;

/** `1.20 to 3.40 %` */
export const formatInterval = (interval: Interval | undefined, format: (end: number) => string, unit: string) =>
  interval ? `${format(interval[0])} to ${format(interval[1])}${unit}` : '-';

/** Relative where both ends are, else of the plain difference. */
export function formatChangeInterval(measure: MeasureName, difference: MeasuredDifference | undefined): string {
  if (!difference) return '';
  const { relativeInterval, interval } = difference;
  if (relativeInterval.every((end) => Number.isFinite(end))) {
    return formatInterval(relativeInterval, (end) => formatRelative(end).replace(/ %$/, ''), ' %');
  }
  const unit = measure === 'eer' ? ' points' : '';
  return formatInterval(interval, (end) => formatDifference(measure, end).replace(/ points$/, ''), unit);
}
