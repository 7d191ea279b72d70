/** @file What stage `prep` writes: the utterances, the trial lists and what is to be known of the corpus. */
import { z } from 'zod';
import type { InspectionSummary } from '../../corpus/inspection/inspection-summary.js';
import type { summarizeCorpus } from '../../corpus/manifest/manifest.js';
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
