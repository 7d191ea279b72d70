/**
 * @file What is amiss in a layer's figures, in words: sizes that no layer should have, dead units, latents that are all
 * alike.
 */
import type { LayerFigures } from './activation-scales.js';

/** Root mean squares beyond which float32 and normalisations begin to lose what they carry. */
const SIZES = [1e-3, 1e3] as const;
/** Share of a layer's units without which it is hardly a layer. */
const DEAD = 0.5;
/** Mean cosine between latents above which one of them would do. */
const ALIKE = 0.95;
/** Diversity of attention of one layer among others; where it is low in all, the collapse warnings say so. */
const SAME_FRAMES = 1e-3;
/** A gradient that is this small a share of all of them moves nothing. */
const FADED = 1e-5;

/** A line for each thing amiss, the first layer of each kind with the number of the others. */
export function layerWarnings(layers: readonly LayerFigures[]): string[] {
  const total = Math.hypot(...layers.map(({ gradient = 0 }) => gradient));
  const diversities = layers.flatMap(({ attention }) => attention?.diversity ?? []);
  const kinds: ((figures: LayerFigures) => string | false | undefined)[] = [
    ({ rms, gradient }) =>
      [rms, gradient].some((value) => value !== undefined && !Number.isFinite(value)) &&
      'some activations or gradients are not finite numbers; look for such values in the features, or for weights that overflow',
    ({ rms }) =>
      rms !== undefined &&
      (rms < SIZES[0] || rms > SIZES[1]) &&
      `its activations have a root mean square of ${shown(rms)} (usual: ${SIZES[0]} to ${SIZES[1]}); check features.normalize and the initial values`,
    ({ dead }) =>
      dead !== undefined &&
      dead > DEAD &&
      `${Math.round(100 * dead)} % of its ReLUs give 0 for every frame (limit ${100 * DEAD} %); lower the learning rate, or check features.normalize`,
    ({ cosine }) =>
      cosine !== undefined &&
      cosine > ALIKE &&
      `the latents of an utterance are nearly the same vector: their mean cosine is ${cosine.toFixed(2)} (limit ${ALIKE})`,
    ({ attention }) =>
      attention?.diversity !== undefined &&
      attention.diversity < SAME_FRAMES &&
      diversities.some((diversity) => diversity >= SAME_FRAMES) &&
      `all rows of its attention look at the same frames (diversity ${shown(attention.diversity)}, limit ${SAME_FRAMES}); those of other layers do not`,
    ({ gradient }) =>
      gradient !== undefined &&
      gradient < FADED * total &&
      `its gradient has a norm of ${shown(gradient)}, where all layers together have ${shown(total)}; this layer will hardly learn`,
  ];
  return kinds.flatMap((kind) => {
    const found = layers.flatMap((figures) => {
      const message = kind(figures);
      return message ? [{ layer: figures.layer, message }] : [];
    });
    if (found.length === 0) return [];
    const others = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
    return [`${found[0].layer}${others}: ${found[0].message}`];
  });
}

const shown = (value: number) => String(Number(value.toPrecision(2)));
