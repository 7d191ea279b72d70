/**
 * @file What stage `ablation` writes (`report/comparison/ablation-files.ts`): variants of a system, one axis at a time.
 */
import { z } from 'zod';
import type { Ablation } from '../../report/comparison/ablation.js';
import { jsonArtifact, pathsIn, reliedOn, runAgain } from './json-artifact.js';

const ABLATION = { ablation: 'ablation.json', text: 'ablation.txt' } as const;

export const ablationFiles = (folder: string) => pathsIn(folder, ABLATION);

const row = z.object({
  label: z.string(),
  system: z.string(),
  development: z.object({ eer: z.number(), runs: z.array(z.number()) }),
});

/** Checked as far as it is known to be a table of variants; the rest is as it was written. */
export const ablationRecord = jsonArtifact(ABLATION.ablation, {
  schema: reliedOn<Ablation>(
    z.object({
      name: z.string(),
      base: z.string(),
      axes: z.array(z.object({ name: z.string(), rows: z.array(row).min(1) })),
    }),
  ),
  remedy: runAgain(),
});
