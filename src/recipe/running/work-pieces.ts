/**
 * @file A long list cut into pieces, which several processes make, on any machine. Where the cuts are depends on the
 * list alone, not on who makes what, so that a piece that was made counts for whoever comes next.
 */
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import type { WorkShare } from './stage.js';

/** A run of the list, [from, to). */
export interface WorkPiece {
  /** `embeddings-00001` */
  name: string;
  from: number;
  to: number;
  /** Hash of all that it depends on. */
  input: string;
}

/** Items of a piece, more where there would be more than so many pieces; at least so many pieces. */
const [SIZE, MOST, FEWEST] = [512, 1000, 16];

/** @param options.input hash of all that a result depends on beside its item */
export function planPieces(
  items: readonly unknown[],
  { prefix, input }: { prefix: string; input: string },
): WorkPiece[] {
  const count = Math.min(items.length, Math.max(FEWEST, Math.min(MOST, Math.ceil(items.length / SIZE))));
  const start = (index: number) => Math.floor((index * items.length) / count);
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [start(index), start(index + 1)];
    return {
      ...{ name: `${prefix}-${String(index + 1).padStart(5, '0')}`, from, to },
      input: sha256Hex(input, stableJson(items.slice(from, to))),
    };
  });
}

export const piecesOfShare = (pieces: readonly WorkPiece[], { index, count }: WorkShare): WorkPiece[] =>
  pieces.filter((_, position) => position % count === index);

export const itemsIn = (pieces: readonly WorkPiece[]): number =>
  pieces.reduce((sum, { from, to }) => sum + to - from, 0);
