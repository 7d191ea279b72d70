/** @file The recipe's `average` section: which checkpoints, and what becomes of BatchNorm's running statistics. */
import { z } from 'zod';
import { batchNormTreatment } from './average.js';

export const averageOptions = z
  .strictObject({
    /** The last N checkpoints … */
    last: z.int().positive().nullable().default(null),
    /** … or the N best by development EER. */
    best: z.int().positive().nullable().default(null),
    batchNorm: batchNormTreatment.default('average'),
  })
  .refine(({ last, best }) => (last === null) !== (best === null), 'expected either last or best, the other null');
export type AverageOptions = z.infer<typeof averageOptions>;
