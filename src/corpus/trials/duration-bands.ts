/** @file Duration bands of test utterances, as people write them: `2-4,4-8,8-`. */
import { UserError } from '../../errors.js';
import type { DurationBand } from './trial-shortage.js';

/** `2-4,4-8,8-`: seconds, from ≤ duration < to. Throws UserError. */
export function durationBands(text: string): DurationBand[] {
  const bands = text.split(',').map((part) => {
    const match = /^\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)?\s*$/.exec(part);
    const band = match && { from: Number(match[1]), to: match[2] === undefined ? Infinity : Number(match[2]) };
    if (band && band.from < band.to) return band;
    throw new UserError(`expected bands of seconds such as 2-4,4-8,8-, got "${part}"`);
  });
  const sorted = bands.toSorted((a, b) => a.from - b.from);
  const overlap = sorted.findIndex((band, i) => i > 0 && band.from < sorted[i - 1].to);
  if (overlap > 0) {
    throw new UserError(`${describeBand(sorted[overlap - 1])} and ${describeBand(sorted[overlap])} overlap`);
  }
  return bands;
}

export const describeBand = ({ from, to }: DurationBand) => `${from}-${to === Infinity ? '' : to} s`;
