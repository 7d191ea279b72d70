/**
 * @file Statistics pooling (Snyder et al., ICASSP 2018): mean and standard deviation over time, joined.
 *
 * The variance has the divisor T, or T − 1 where the trunk's authors take that (WeSpeaker's TSTP). It has no parameters of its own; in a layer of latents, those of `pooled-latents.ts`.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { sampleStatistics, statistics as overTime } from '../../nn/statistics-pooling.js';
import { internal } from '../../errors.js';
import { createPooledLatents } from './pooled-latents.js';
import type { Pooling } from './pooling.js';

export const statisticsOptions = z.strictObject({ type: z.literal('statistics') });

export const statistics: Pooling<z.infer<typeof statisticsOptions>> = {
  options: statisticsOptions,
  create: (_options, { channels, form }) => ({
    outputSize: 2 * channels,
    minFrames: form === 'wespeaker' ? 2 : 1,
    list: () => undefined,
    pool(x, _tensors, { weights }) {
      if (weights && form === 'wespeaker') throw internal('the variance of a sample takes no padded utterances');
      const { mean, deviation } = form === 'wespeaker' ? sampleStatistics(x) : overTime(x, weights);
      return tf.concat([mean, deviation], 0);
    },
    macs: () => 0,
  }),
  inLatents: (place) => createPooledLatents(place, 'statistics pooling'),
};
