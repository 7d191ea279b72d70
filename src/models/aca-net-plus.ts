/**
 * @file ACA-Net plus: latents attend to frames that have been heard with their neighbours.
 *
 * In ACA-Net each frame passes one layer by itself before the latents attend to it. Here the frames pass the trunk of
 * ECAPA-TDNN (Res2Net blocks with squeeze and excitation, all of them aggregated; `ecapa-tdnn.ts`), narrower than in
 * the published sizes. Then come asymmetric cross attention with several heads, which hears mean and deviation, and
 * layers of attention among the latents (`pooling/cross-attention.ts`). The parameters are named as in ECAPA-TDNN.
 * Limits: no padded utterances.
 */
import { z } from 'zod';
import type { SpeakerModel } from './contract/model.js';
import { ecapaTdnn, ecapaTdnnOptions } from './ecapa-tdnn.js';
import type { ModelEntry } from './model-entry.js';
import { latentInit } from './pooling/latent-init.js';

const positive = z.int().positive();
const BLOCKS = 3;

export const acaNetPlusOptions = z
  .strictObject({
    type: z.literal('aca-net-plus'),
    /** Feature coefficients a frame. */
    bins: positive.default(80),
    /** Of each block of the trunk. */
    channels: positive.multipleOf(8).default(384),
    /** Of a frame that the latents attend to, made of all blocks' outputs. */
    frame: positive.default(960),
    latents: positive.default(16),
    /** Size of a latent. */
    embed: positive.default(256),
    /** Of the cross attention, and of the layers after it. */
    heads: positive.default(4),
    /** Latents hear the deviation of the frames beside their mean. */
    deviation: z.boolean().default(true),
    /**
     * Queries are the latents, layer-normalised and multiplied by it: so latents may start small, beside what they hear,
     * and yet attend differently. null: the latents as they are.
     */
    queryScale: z.number().positive().nullable().default(4),
    /** Transformer layers among the latents. */
    layers: z.int().nonnegative().default(1),
    /** Hidden size of the MLPs. */
    mlp: positive.default(256),
    /** Size of the embedding. */
    embedding: positive.default(192),
    latentInit: latentInit.prefault({ distribution: 'orthogonal', std: 0.25 }),
  })
  .refine(({ embed, heads }) => embed % heads === 0, { error: 'embed must be a multiple of heads', path: ['heads'] });
export type AcaNetPlusOptions = z.infer<typeof acaNetPlusOptions>;

function createAcaNetPlus(options: AcaNetPlusOptions): SpeakerModel {
  const { bins, channels, frame, embedding, type: _, queryScale, ...pooling } = options;
  const network = ecapaTdnn.create(
    ecapaTdnnOptions.parse({
      ...{ type: 'ecapa-tdnn', bins, embedding },
      channels: [...Array<number>(BLOCKS + 1).fill(channels), frame],
      pooling: { type: 'cross-attention', ...pooling, ...(queryScale !== null && { queryScale }) },
    }),
  );
  return { ...network, title: `ACA-Net plus (${channels} channels, ${pooling.latents} latents)` };
}

export const acaNetPlus: ModelEntry<AcaNetPlusOptions> = { options: acaNetPlusOptions, create: createAcaNetPlus };
