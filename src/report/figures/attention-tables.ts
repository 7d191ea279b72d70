/** @file What the picture of attention shows, as tables: a row a frame, and a row a layer. */
import type { AttentionUtterance, LayerAttention } from './attention-data.js';
import type { DataTable } from './figure.js';

/** A row a frame. */
export function frameTable(utterances: readonly AttentionUtterance[]): DataTable {
  const [{ layers }] = utterances;
  const several = utterances.length > 1;
  return {
    columns: [
      ...(several ? ['utterance'] : []),
      ...['frame', 'time', 'speech'],
      ...layers.flatMap(({ name }) => [`${name}:mean`, `${name}:max`, `${name}:peaks`]),
    ],
    rows: utterances.flatMap((utterance) => {
      const columns = utterance.layers.map((layer) => ({ layer, ...peaksOf(layer, utterance.frames) }));
      return Array.from({ length: utterance.frames }, (_, t) => [
        ...(several ? [utterance.name] : []),
        ...[t, Number(utterance.times[t].toFixed(6)), utterance.speech[t]],
        ...columns.flatMap(({ layer, highest, peaks }) => [
          significant(layer.mean[t]),
          significant(highest[t]),
          peaks[t],
        ]),
      ]);
    }),
  };
}

/** For each frame the highest weight that a row gives it, and how many rows look at it most. */
function peaksOf({ rows, weights }: LayerAttention, frames: number) {
  const highest = new Float64Array(frames);
  const peaks = new Int32Array(frames);
  for (let row = 0; row < rows; row++) {
    let peak = 0;
    for (let t = 0; t < frames; t++) {
      const weight = weights[row * frames + t];
      if (weight > highest[t]) highest[t] = weight;
      if (weight > weights[row * frames + peak]) peak = t;
    }
    peaks[peak]++;
  }
  return { highest, peaks };
}

/** A row a layer. */
export function layerTable(utterances: readonly AttentionUtterance[]): DataTable {
  return {
    columns: ['utterance', 'layer', 'rows', 'frames', 'effective frames', 'covered frames', 'share on speech'],
    rows: utterances.flatMap(({ name, framesGiven, layers }) =>
      layers.map(({ title, unit, rows, effectiveFrames, coveredFrames, speechShare }) => [
        name,
        title,
        `${rows} ${unit}`,
        framesGiven,
        Math.round(effectiveFrames),
        Math.round(coveredFrames),
        percent(speechShare),
      ]),
    ),
  };
}

/** A share of 1 in whole per cents. */
export const percent = (share: number) => `${Math.round(100 * share)} %`;
const significant = (value: number) => Number(value.toPrecision(6));
