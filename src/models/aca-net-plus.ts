/**
 * @file ACA-Net plus: latents attend to frames that have been heard with their neighbours.
 *
 * In ACA-Net each frame passes one layer by itself before the latents attend to it. Here the frames pass the trunk of
 * ECAPA-TDNN (Res2Net blocks with squeeze and excitation, all of them aggregated; `ecapa-tdnn.ts`), narrower than in
 * the published sizes. Then a few latents attend to them in several heads, and take mean and deviation of the frames'
 * own channels (`pooling/cross-statistics.ts`). The parameters are named as in ECAPA-TDNN. Limits: no padded
 * utterances.
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
    channels: positive.multipleOf(8).default(448),
    /** Of a frame that the latents attend to, made of all blocks' outputs. */
    frame: positive.default(1152),
    latents: positive.default(2),
    /** Size of a latent and of a key. */
    embed: positive.default(128),
    /** Each weighs its part of a frame's channels. */
    heads: positive.default(4),
    /** Size of the embedding. */
    embedding: positive.default(192),
    latentInit: latentInit.prefault({ distribution: 'orthogonal', std: 1 }),
  })
  .refine(({ embed, heads }) => embed % heads === 0, { error: 'embed must be a multiple of heads', path: ['heads'] })
  .refine(({ frame, heads }) => frame % heads === 0, { error: 'frame must be a multiple of heads', path: ['heads'] });
export type AcaNetPlusOptions = z.infer<typeof acaNetPlusOptions>;

function createAcaNetPlus(options: AcaNetPlusOptions): SpeakerModel {
  const { bins, channels, frame, embedding, type: _, ...pooling } = options;
  const network = ecapaTdnn.create(
    ecapaTdnnOptions.parse({
      ...{ type: 'ecapa-tdnn', bins, embedding },
      channels: [...Array<number>(BLOCKS + 1).fill(channels), frame],
      pooling: { type: 'cross-statistics', ...pooling },
    }),
  );
  return { ...network, title: `ACA-Net plus (${channels} channels, ${pooling.latents} latents)` };
}

export const acaNetPlus: ModelEntry<AcaNetPlusOptions> = { options: acaNetPlusOptions, create: createAcaNetPlus };
