/** @file How latents start: all drawn alike, or at right angles to one another. */
import { z } from 'zod';
import { normal, orthogonalRows } from '../../nn/initialize.js';
import type { Initializer } from '../../nn/initialize.js';

export const latentInit = z.strictObject({
  distribution: z.enum(['normal', 'orthogonal']).default('normal'),
  std: z.number().positive().default(0.02),
});
export type LatentInit = z.infer<typeof latentInit>;

export const initialLatents = ({ distribution, std }: LatentInit): Initializer =>
  distribution === 'normal' ? normal(std) : orthogonalRows(std);
