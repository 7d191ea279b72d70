/**
 * @file What stage `compare` writes (`report/comparison/comparison-files.ts`): the comparison for machines and for
 * readers.
 */
import { z } from 'zod';
import type { Comparison } from '../../report/comparison/comparison.js';
import { jsonArtifact, pathsIn, reliedOn, runAgain } from './json-artifact.js';

const COMPARE = { comparison: 'compare.json', text: 'compare.txt' } as const;

export const compareFiles = (folder: string) => pathsIn(folder, COMPARE);

/** Checked as far as it is known to be a comparison of systems; the rest is as it was written. */
export const comparisonRecord = jsonArtifact(COMPARE.comparison, {
  schema: reliedOn<Comparison>(
    z.object({
      baseline: z.string(),
      trials: z.number(),
      targets: z.number(),
      nontargets: z.number(),
      systems: z.array(z.object({ name: z.string(), eer: z.number(), runs: z.array(z.object({})) })).min(1),
      relative: z.record(z.string(), z.object({})),
      differences: z.record(z.string(), z.object({})),
      verdicts: z.array(z.object({ headline: z.string(), sentence: z.string(), limits: z.array(z.string()) })),
      notes: z.array(z.string()),
    }),
  ),
  remedy: runAgain(),
});
