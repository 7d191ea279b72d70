/**
 * @file Whole numbers on the command line: decimal digits, exactly. `1e3`, `0x10`, `1.0` and numbers that a double cannot
 * hold are refused, since a slip would else become another number.
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
