/** @file A figure against the baseline's, as a fraction of it. */

/** (value − base) / base; 0 where both are 0, ±∞ where only the base is. */
export const relativeChange = (value: number, base: number): number => (value === base ? 0 : (value - base) / base);
