/** @file What stages `cost/<run>` write: time and memory that embedding takes, for a short and a long utterance. */
import { z } from 'zod';
import type { ExtractionCost } from '../../report/comparison/system-facts.js';
import { measuredCost } from '../../tasks/extraction-cost.js';
import { jsonArtifact, runAgain } from './json-artifact.js';

/** Length of the utterance for which MACs are counted and time is measured. */
export const COST_SECONDS = 3;
/** Long enough to show how memory grows. */
export const LONG_SECONDS = 20;

export const costRecord = jsonArtifact<ExtractionCost>('cost.json', {
  schema: measuredCost.extend({ machine: z.string(), engine: z.string() }),
  remedy: runAgain('cost'),
});
