/**
 * @file What ACA-Net says about itself: its released form, what else its options make of it, what helps where it
 * collapses.
 */
import { acaNetOptions, createAcaNet, type AcaNetOptions } from './aca-net.js';
import type { ModelEntry } from './model-entry.js';

const reference = {
  latentInit: { distribution: 'normal', std: 0.02 },
  outputInit: {},
  centred: false,
  queryScale: null,
  positional: 'reference',
  expansionKernel: 1,
  expansionLayers: 1,
  crossHeads: 1,
};

/** What all networks of the first author have in common. */
const author = { ...reference, embed: 256, layers: 3, heads: 8, dropout: 0.2, head: '1dE' };

const presets = {
  reference,
  /** As the first author went on to train it: the fork of 3D-Speaker, `egs/voxceleb/ACANet/conf/ACANet.yaml`. */
  'author-3dspeaker': { ...author, latents: 512, reps: 1, blocks: 1, attentionMlp: 1024, transformerMlp: 1024 },
  /** The predecessor: the fork of voxceleb_trainer, `models/PerceiverCLSv4_RC.py`. */
  'author-perceiver': {
    ...author,
    ...{ latents: 192, reps: 2, blocks: 2, attentionMlp: 256, transformerMlp: 256, crossHeads: 8 },
  },
};

export const acaNet: ModelEntry<AcaNetOptions> = {
  options: acaNetOptions,
  create: createAcaNet,
  published: { name: 'the released ACA-Net', departures },
  presets,
  remedies: {
    latentsAlike({ queryScale, latentInit: { std } }) {
      if (queryScale !== null) {
        const likely = `the queries are too small (queryScale ${queryScale})`;
        return { likely, set: `queryScale=${Number((4 * queryScale).toPrecision(2))}` };
      }
      const likely = `the latents start too small (std ${std}): queries are projections of them, not normalised`;
      return { likely, set: `latentInit.std=${std < 2 ? 2 : 4 * std}` };
    },
    valuesAlike: ({ centred }) => (centred ? undefined : 'centred=true'),
  },
  constructorArguments: {
    names: {
      ch_in: 'bins',
      latent_dim: 'latents',
      embed_dim: 'embed',
      embed_reps: 'reps',
      attn_mlp_dim: 'attentionMlp',
      trnfr_mlp_dim: 'transformerMlp',
      trnfr_heads: 'heads',
      dropout: 'dropout',
      trnfr_layers: 'layers',
      n_blocks: 'blocks',
      final_layer: 'head',
      positional: 'positional',
      cross_heads: 'crossHeads',
    },
    predecessor: { part: 'perceiver_blocks', here: 'ACA_blocks', arguments: { cross_heads: 8 } },
    withoutEffect: { max_len: undefined },
    computed: { 'embed.pe': 'max_len' }, // the table of positions
  },
};

function departures({
  positional,
  centred,
  queryScale,
  latentInit: { distribution, std },
  outputInit = {},
  expansionKernel,
  expansionLayers,
  pooling,
  crossHeads,
}: AcaNetOptions): string[] {
  const { latentInit } = reference;
  const startsAsReleased = distribution === latentInit.distribution && std === latentInit.std;
  return [
    ...(pooling ? [`${pooling} pooling in place of cross attention`] : []),
    ...(crossHeads ? [`${crossHeads} heads in cross attention`] : []),
    ...(expansionKernel ? [`a kernel of ${expansionKernel} frames in the first layer`] : []),
    ...(expansionLayers ? [`${expansionLayers} layers on each frame`] : []),
    ...(positional === reference.positional
      ? []
      : [positional === 'none' ? 'no positional encoding' : `positional encoding by ${positional}`]),
    ...(centred ? ['embeddings centred (centred: true)'] : []),
    ...(queryScale === null ? [] : [`queries scaled (queryScale: ${queryScale})`]),
    ...(startsAsReleased ? [] : [`latents drawn from a ${distribution} distribution, std ${std}`]),
    ...Object.entries(outputInit).map(([part, factor]) => `output of ${part} scaled by ${factor} at the start`),
  ];
}
