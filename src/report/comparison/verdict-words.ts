/** @file Figures of verdicts in plain words: changes, chances, numbers of speakers, p-values. */
import type { MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';

/** `5.2 % fewer errors`, `84 % more errors` */
export function describeChange(fraction: number): string {
  if (fraction === 0) return 'equally many errors';
  return `${percent(fraction)} ${fraction < 0 ? 'fewer' : 'more'} errors`;
}

/** `anything from 14 % fewer errors to 3.9 % more` */
export function describeRange([low, high]: readonly [number, number]): string {
  const end = (fraction: number) => `${percent(fraction)} ${fraction < 0 ? 'fewer' : 'more'}`;
  return `anything from ${end(low)} to ${end(high)}`;
}

function percent(fraction: number): string {
  const value = Math.abs(100 * fraction);
  return `${value < 9.95 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
}

/** How often chance shows as much: `in about 3 of 100 tests`, `in fewer than 1 of 1000 tests`. */
export function describeChance(pValue: number): string {
  if (pValue < 0.001) return 'in fewer than 1 of 1000 tests';
  const of = pValue < 0.01 ? 1000 : 100;
  return `in about ${Math.round(of * pValue)} of ${of} tests`;
}

/** To two digits: it is an estimate from an estimate. */
export const roundedSpeakers = (speakers: number): string =>
  speakers > 100_000
    ? 'more than 100,000 speakers'
    : `about ${Number(speakers.toPrecision(2)).toLocaleString('en-US')} speakers`;

/** `p = 0.24`, `p < 0.001`; 0.04998 does not become 0.050, which would be on the other side. */
export function formatPValue(pValue: number): string {
  if (pValue < 0.001) return 'p < 0.001';
  let digits = pValue < 0.0995 ? 3 : 2;
  while (pValue < 0.05 && Number(pValue.toFixed(digits)) >= 0.05 && digits < 15) digits++;
  return `p = ${pValue.toFixed(digits)}`;
}

/** The same for a column of p-values: `0.24`, `< 0.001`; empty for no difference. */
export const formatBareP = (difference: Pick<MeasuredDifference, 'pValue'> | undefined): string =>
  difference ? formatPValue(difference.pValue).replace(/^p (= )?/, '') : '';
