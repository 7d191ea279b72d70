/** @file Small corpora made for a test: a temporary folder, silence-free audio in it, and a reader run on it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import type { PreparedCorpus } from '../../../src/corpus/readers/corpus-reader.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';

export interface CorpusTree {
  root: string;
  at(...names: string[]): string;
  /** Writes a tone of so many seconds at 8 kHz. */
  wav(name: string, seconds?: number): void;
  text(name: string, ...lines: string[]): void;
  remove(): void;
}

export function corpusTree(): CorpusTree {
  const root = mkdtempSync(join(tmpdir(), 'corpus-'));
  const at = (...names: string[]) => join(root, ...names);
  const made = (name: string) => {
    mkdirSync(dirname(at(name)), { recursive: true });
    return at(name);
  };
  return {
    root,
    at,
    wav: (name, seconds = 0.1) => {
      const samples = Float32Array.from({ length: Math.round(8000 * seconds) }, (_, i) => 0.5 * Math.sin(i / 5));
      writeWav(made(name), samples, 8000);
    },
    text: (name, ...lines) => writeFileSync(made(name), lines.map((line) => `${line}\n`).join('')),
    remove: () => rmSync(root, { recursive: true }),
  };
}

/** Reads a corpus as a recipe's `corpus` block would. */
export function prepare(options: Record<string, unknown>, audioDir = tmpdir()): Promise<PreparedCorpus> {
  return prepareCorpus(corpusOptions.parse(options), { audioDir });
}

/** Ids of a split, sorted. */
export const idsOf = ({ utterances }: PreparedCorpus, split: string): string[] =>
  utterances
    .filter((utterance) => utterance.split === split)
    .map(({ id }) => id)
    .sort();

/** Asserts nothing itself: finds the note that a pattern describes, for a readable failure. */
export const noteOf = ({ notes }: PreparedCorpus, pattern: RegExp): string =>
  notes.find((note) => pattern.test(note)) ?? `none of:\n${notes.join('\n')}`;
