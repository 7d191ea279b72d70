/**
 * @file JSON objects that carry the SHA-256 of themselves, under `seal`: one digit that has changed is noticed, where a
 * file of JSON would else be read as if nothing were wrong. Objects without a seal, of earlier versions, stay readable.
 */
import { readFileSync } from 'node:fs';
import { sha256Hex, stableJson } from './hashing.js';

const SEAL = 'seal';

/** The object with its seal, as its last key. */
export const sealed = (value: object): object => ({ ...value, [SEAL]: sha256Hex(stableJson(asJson(value))) });

/** A parsed value without its seal, and whether that fits. */
export function unsealed(value: unknown): { value: unknown; sealed: 'whole' | 'broken' | 'not sealed' } {
  if (typeof value !== 'object' || value === null || !(SEAL in value)) return { value, sealed: 'not sealed' };
  const { [SEAL]: seal, ...rest } = value;
  return { value: rest, sealed: seal === sha256Hex(stableJson(rest)) ? 'whole' : 'broken' };
}

/** Whether a file of JSON carries a seal that fits. */
export const isSealed = (path: string): boolean => unsealed(JSON.parse(readFileSync(path, 'utf8'))).sealed === 'whole';

/** As it comes back from a file. */
const asJson = (value: object): unknown => JSON.parse(JSON.stringify(value));
