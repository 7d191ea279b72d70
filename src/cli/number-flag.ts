/**
 * @file Numbers on the command line. Whole ones are decimal digits, exactly: `1e3`, `0x10`, `1.0` and numbers that a
 * double cannot hold are refused, since a slip would else become another number.
 */
import { UserError } from '../errors.js';

export interface Bounds {
  /** Default: 1. */
  from?: number;
  /** Default: what a double holds exactly. */
  to?: number;
}

/** The number of a flag; undefined where the flag is not given. Throws UserError naming the flag, bounds included. */
export function wholeNumber(flag: string, text: string, bounds?: Bounds): number;
export function wholeNumber(flag: string, text: string | undefined, bounds?: Bounds): number | undefined;
export function wholeNumber(
  flag: string,
  text: string | undefined,
  { from = 1, to = Number.MAX_SAFE_INTEGER }: Bounds = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && value >= from && value <= to) return value;
  const range =
    to === Number.MAX_SAFE_INTEGER && !(/\d/.test(text) && value > to) ? `from ${from}` : `from ${from} to ${to}`;
  throw new UserError(`${flag}: expected a whole number ${range}, got ${JSON.stringify(text)}`);
}

/** The number of a flag in an open range. Throws UserError naming the flag and the range. */
export function numberBetween(
  flag: string,
  text: string,
  { above, below = Infinity, not }: { above: number; below?: number; not?: number },
) {
  const value = Number(text);
  if (text.trim() !== '' && value > above && value < below && value !== not) return value;
  const range = below === Infinity ? `a number above ${above}` : `a number between ${above} and ${below}`;
  const but = not === undefined ? '' : ` other than ${not}`;
  throw new UserError(`${flag}: expected ${range}${but}, got ${JSON.stringify(text)}`);
}
