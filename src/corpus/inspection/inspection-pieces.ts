/**
 * @file Pieces of an inspection that several processes make: what was measured of a run of the utterances, a line each,
 * after one that says what it was made of.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJsonl, writeJsonl } from '../../storage/jsonl.js';
import { keptInspection, type AudioInspection } from './audio-inspection.js';

export function writeInspectionPiece(path: string, input: string, results: readonly AudioInspection[]): void {
  writeJsonl(path, [{ input }, ...results]);
}

/** @returns undefined where there is none, or of another input, or not whole */
export function readInspectionPiece(
  path: string,
  { input, count }: { input: string; count: number },
): AudioInspection[] | undefined {
  if (!existsSync(path)) return undefined;
  const [head, ...lines] = readJsonl(path, (value) => value);
  if (!z.object({ input: z.literal(input) }).safeParse(head).success) return undefined;
  const results = z.array(keptInspection).safeParse(lines);
  return results.success && results.data.length === count ? results.data : undefined;
}
