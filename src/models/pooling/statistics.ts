/**
 * @file Statistics pooling (Snyder et al., ICASSP 2018): mean and standard deviation over time (divisor T), joined.
 *
 * It has no parameters of its own; in a layer of latents, those of `pooled-latents.ts`.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { statistics as overTime } from '../../nn/statistics-pooling.js';
import { createPooledLatents } from './pooled-latents.js';
import type { Pooling } from './pooling.js';

export const statisticsOptions = z.strictObject({ type: z.literal('statistics') });

export const statistics: Pooling<z.infer<typeof statisticsOptions>> = {
  options: statisticsOptions,
  create: (_options, { channels }) => ({
    outputSize: 2 * channels,
    minFrames: 1,
    list: () => undefined,
    pool(x, _tensors, { weights }) {
      const { mean, deviation } = overTime(x, weights);
      return tf.concat([mean, deviation], 0);
    },
    macs: () => 0,
  }),
  inLatents: (place) => createPooledLatents(place, 'statistics pooling'),
};
