/** @file The poolings by their names: options checked, pooling made. Add a pooling here and nowhere else. */
import { z } from 'zod';
import { attentive, attentiveOptions } from './attentive.js';
import { crossAttention, crossAttentionOptions, withoutUsual } from './cross-attention.js';
import { crossStatistics, crossStatisticsOptions } from './cross-statistics.js';
import type { FramePooling, LatentPlace, LatentPooling, Pooling, PoolingPlace } from './pooling.js';
import { statistics, statisticsOptions } from './statistics.js';

const withOptions = z.discriminatedUnion('type', [
  crossAttentionOptions,
  statisticsOptions,
  attentiveOptions,
  crossStatisticsOptions,
]);
export type PoolingOptions = z.infer<typeof withOptions>;
export type PoolingName = PoolingOptions['type'];

const poolings: { [Name in PoolingName]: Pooling<Extract<PoolingOptions, { type: Name }>> } = {
  'cross-attention': crossAttention,
  statistics,
  attentive,
  'cross-statistics': crossStatistics,
};

export const poolingName = z.enum(Object.keys(poolings) as PoolingName[]);

/** `pooling:` of a trunk: a name, or a mapping of `type: NAME` and the pooling's options. */
export const poolingOptions = z
  .union([poolingName.transform((type): PoolingOptions => withOptions.parse({ type })), withOptions], {
    error: `expected ${poolingName.options.join(', ')}, or a mapping with one of them as its type`,
  })
  .transform((options): PoolingOptions => (options.type === 'cross-attention' ? withoutUsual(options) : options));

const entry = (name: PoolingName) => poolings[name] as Pooling<PoolingOptions>;

/** Between a trunk and its embedding. */
export const createPooling = (options: PoolingOptions, place: PoolingPlace): FramePooling =>
  entry(options.type).create(options, place);

/** In a layer of latents. */
export const createLatentPooling = (name: PoolingName, place: LatentPlace): LatentPooling =>
  entry(name).inLatents(place);
