/** @file What stage `prep` writes: the utterances, the trial lists and what is to be known of the corpus. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { InspectionSummary } from '../../corpus/inspection/inspection-summary.js';
import { readManifest, type summarizeCorpus, type Utterance } from '../../corpus/manifest/manifest.js';
import { readTrials, type Trial } from '../../corpus/trials/trials.js';
import { jsonArtifact, pathsIn, reliedOn, runAgain } from './json-artifact.js';

export const PREP = {
  /** All utterances, of splits train, dev and test. */
  manifest: 'manifest.jsonl',
  /** The test trials, and the models that they enroll, where these are of several utterances. */
  trials: 'trials.txt',
  enrolment: 'enroll.map',
  devTrials: 'dev-trials.txt',
  corpus: 'corpus.json',
} as const;

export const prepFiles = (folder: string) => pathsIn(folder, PREP);

export interface SpeechBeside {
  /** Path of the utterances. */
  readonly manifest?: string;
  readonly development?: { readonly utterances: readonly Utterance[]; readonly trials: readonly Trial[] };
}

/**
 * The utterances of the recipe in whose work folder a model lies (`exp/NAME/average/SYSTEM`), and with `development`
 * its development trials; nothing for a folder elsewhere.
 */
export function trialsBeside(modelDir: string, { development = false } = {}): SpeechBeside {
  const { manifest, devTrials } = prepFiles(join(dirname(dirname(resolve(modelDir))), 'prep'));
  if (!existsSync(manifest)) return {};
  if (!development || !existsSync(devTrials)) return { manifest };
  const trials = readTrials(devTrials);
  const named = new Set(trials.flatMap(({ enroll, test }) => [enroll, test]));
  const utterances = readManifest(manifest).filter(({ id }) => named.has(id));
  return { manifest, development: { utterances, trials } };
}

/** What was read, counted and found. */
export interface CorpusRecord {
  /** Its reader. */
  corpus: string;
  /** The sentence that marks the corpus as a part of what was published; every result carries it. */
  partial?: string;
  splits: ReturnType<typeof summarizeCorpus>;
  trials: number;
  devTrials: number;
  notes: string[];
  inspection?: InspectionSummary;
}

export const corpusRecord = jsonArtifact(PREP.corpus, {
  schema: reliedOn<CorpusRecord>(z.object({ partial: z.string().optional() })),
  remedy: runAgain(),
});
