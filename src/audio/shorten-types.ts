/**
 * @file The sample types of shorten: what the decoded integers stand for.
 *
 * Signed samples of 8 or 16 bits lose their lowest bits where all of a block are 0 (the "bit shift"). µ-law and A-law
 * codes are compressed as integers that rise with the value they stand for: either 14-bit linear values, or ranks.
 * Ranks of µ-law depend on the bit shift: only those codes come first that linear values without the lowest bits can
 * have. Unsigned samples, which shorten also knows, are not in use in SPHERE files.
 */
import { aLawCode, muLawCode } from './g711.js';

export type ShortenCoding = 'pcm 16' | 'pcm 8' | 'µ-law' | 'A-law';

const MU_LAW_RANKS = 0;
const S8 = 1;
const S16_HIGH_FIRST = 3;
const S16_LOW_FIRST = 5;
const MU_LAW_LINEAR = 7;
/** Ranks with a place of its own for −0. */
const MU_LAW_RANKS_ZERO = 8;
const A_LAW_RANKS = 9;
const A_LAW_LINEAR = 10;

/** The types that can be read, by their number in the stream. */
export const shortenTypes: ReadonlyMap<number, ShortenCoding> = new Map([
  [MU_LAW_RANKS, 'µ-law'],
  [S8, 'pcm 8'],
  [S16_HIGH_FIRST, 'pcm 16'],
  [S16_LOW_FIRST, 'pcm 16'],
  [MU_LAW_LINEAR, 'µ-law'],
  [MU_LAW_RANKS_ZERO, 'µ-law'],
  [A_LAW_RANKS, 'A-law'],
  [A_LAW_LINEAR, 'A-law'],
]);

/** How decoded integers become stored samples. Integers outside of low … high are damage. */
export interface StoredForm {
  low: number;
  high: number;
  /** Bits to shift left by. Where there is a table, it includes the shift. */
  shift: number;
  /** The code for each integer from `low` on. */
  table?: Uint8Array;
}

/** The largest bit shift that a type can have. */
export function mostShift(type: number): number {
  return type === MU_LAW_RANKS || type === MU_LAW_RANKS_ZERO ? MU_LAW_SHIFTS - 1 : 31;
}

export function storedForm(type: number, shift: number): StoredForm {
  switch (type) {
    case S16_HIGH_FIRST:
    case S16_LOW_FIRST:
      return shifted(32768, shift);
    case S8:
      return shifted(128, shift);
    case MU_LAW_RANKS:
      return { low: -128, high: 127, shift: 0, table: muLawByRank(shift) };
    case MU_LAW_RANKS_ZERO: {
      const ranks = muLawByRank(shift);
      return {
        low: -129,
        high: 127,
        shift: 0,
        table: Uint8Array.of(...ranks.subarray(0, 128), 0x7f, ...ranks.subarray(128)),
      };
    }
    case A_LAW_RANKS:
      return coded(shifted(128, shift), (rank) => (rank < 0 ? (127 - rank) ^ 0xd5 : (rank + 128) ^ 0x55));
    case A_LAW_LINEAR:
      return coded(shifted(4096, shift), (value) => aLawCode(value << 3));
    default:
      return coded(shifted(4096, shift), (value) => muLawCode(value << 3));
  }
}

/** Samples of −bound … bound − 1. */
function shifted(bound: number, shift: number): StoredForm {
  return { low: Math.ceil(-bound / 2 ** shift), high: Math.floor((bound - 1) / 2 ** shift), shift };
}

function coded(form: StoredForm, codeOf: (value: number) => number): StoredForm {
  const table = Uint8Array.from({ length: form.high - form.low + 1 }, (_, i) => codeOf((i + form.low) << form.shift));
  return { ...form, table };
}

/** Shifts of µ-law ranks: 0 … 12, counted from the lowest three bits of a 16-bit value, which are 0 anyway. */
const MU_LAW_SHIFTS = 13;
/** By code: the largest shift among the linear values that have this code. */
let largestShifts: Uint8Array | undefined;

/**
 * The µ-law codes by rank −128 … 127. Codes that go with the shift are nearest to 0, the others follow; −0 stands
 * between.
 */
function muLawByRank(shift: number): Uint8Array {
  largestShifts ??= findLargestShifts();
  const shifts = largestShifts;
  const goes = (code: number) => shifts[code] >= shift;
  const goesNot = (code: number) => shifts[code] < shift;
  const positive = Array.from({ length: 128 }, (_, i) => 0xff - i);
  const negative = Array.from({ length: 127 }, (_, i) => 0x7e - i);
  const down = [...negative.filter(goes), 0x7f, ...negative.filter(goesNot)];
  return Uint8Array.of(...down.reverse(), ...positive.filter(goes), ...positive.filter(goesNot));
}

function findLargestShifts(): Uint8Array {
  const shifts = new Uint8Array(256);
  for (let shift = 0; shift < MU_LAW_SHIFTS; shift++) {
    for (let value = -32768; value < 32768; value += 8 << shift) shifts[muLawCode(value)] = shift;
  }
  return shifts;
}
