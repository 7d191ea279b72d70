/** @file Rates as the figures write them: on axes, and with their intervals. */
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { formatRate } from '../text/number-format.js';

/** A tick of a rate, without needless digits: `0.5 %`, `20 %`. */
export const percentTick = (rate: number): string => `${Number((100 * rate).toPrecision(6))} %`;

/** `5.12 % (4.00 % to 6.20 %)`; without an interval the rate alone. */
export const rateWithInterval = (rate: number, interval?: Interval): string =>
  interval ? `${formatRate(rate)} (${rangeOf(interval)})` : formatRate(rate);

/** `4.00 % to 6.20 %` */
export const rangeOf = (interval: Interval): string => interval.map(formatRate).join(' to ');
