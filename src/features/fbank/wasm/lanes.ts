/** @file Four frames side by side: from rows of samples into lanes, and from lanes into rows of features. */
import { type Body, type Code, i32x4, v128 } from '../../../wasm/assembler.js';

export const LANES = 4;
/** Bytes of one value of one frame. */
export const VALUE_BYTES = 4;

/** One value of each of four rows that begin so many bytes apart. */
export function loadLanes(body: Body, address: Code, offset: number, rowBytes: number): Code {
  const others = [1, 2, 3];
  return body.keep(
    others.reduce(
      (lanes, lane) => v128.load32Lane(address, offset + rowBytes * lane, lanes, lane),
      v128.load32Zero(address, offset),
    ),
  );
}

/** The opposite of `loadLanes`. */
export function storeLanes(body: Body, address: Code, offset: number, rowBytes: number, value: Code): void {
  for (let lane = 0; lane < LANES; lane++) {
    body.emit(v128.store32Lane(address, offset + rowBytes * lane, value, lane));
  }
}

/** Value j of result i is value i of row j. */
export function transposeLanes(body: Body, [a, b, c, d]: Code[]): Code[] {
  const interleave = (x: Code, y: Code, lanes: number[]) => body.keep(i32x4.shuffle(x, y, lanes));
  const LOW = [0, 4, 1, 5];
  const HIGH = [2, 6, 3, 7];
  const acLow = interleave(a, c, LOW);
  const acHigh = interleave(a, c, HIGH);
  const bdLow = interleave(b, d, LOW);
  const bdHigh = interleave(b, d, HIGH);
  return [
    interleave(acLow, bdLow, LOW),
    interleave(acLow, bdLow, HIGH),
    interleave(acHigh, bdHigh, LOW),
    interleave(acHigh, bdHigh, HIGH),
  ];
}
