/** @file What the fuzzer needs to know of a parser: files that it reads, how they are damaged, and how to read one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RandomStream } from '../../../src/random.js';

export interface FuzzedParser {
  /** For people: `WAV`, `trial lists`. */
  name: string;
  /** Whole files that it reads without a complaint; inputs are made of them in turn. */
  seeds: readonly Buffer[];
  /** A damaged copy of a seed. */
  mutate(seed: Buffer, random: RandomStream): Buffer;
  /** Reads all of it. @throws UserError where it refuses it; anything else that it throws is a finding */
  read(bytes: Buffer): unknown;
  /** Share of the inputs, against the other parsers; cheap ones get more. Default: 1. */
  weight?: number;
}

/** A parser of `file` in `folder`, which each input is written to. */
export function fileParser(
  folder: string,
  { file, read, ...parser }: Omit<FuzzedParser, 'read'> & { file: string; read: (path: string) => unknown },
): FuzzedParser {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return {
    ...parser,
    read: (bytes) => {
      writeFileSync(path, bytes);
      return read(path);
    },
  };
}
