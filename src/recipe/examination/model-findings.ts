/** @file The findings on a network as text: a table of its layers, its embeddings, and what is amiss. */
import { formatTable, type Column } from '../../report/text/table.js';
import type { LayerFigures } from '../../training/activation-scales.js';
import type { ModelFindings } from './examine-model.js';

const COLUMNS: (Column & { show(figures: LayerFigures): string })[] = [
  { title: 'layer', show: ({ layer }) => layer },
  { title: 'activations', align: 'right', show: ({ rms }) => size(rms) },
  { title: 'dead ReLU', align: 'right', show: ({ dead }) => percent(dead) },
  { title: 'latents alike', align: 'right', show: ({ cosine }) => cosine?.toFixed(2) ?? '' },
  { title: 'of the utterance', align: 'right', show: ({ varying }) => percent(varying) },
  { title: 'attention entropy', align: 'right', show: ({ attention }) => attention?.entropy.toFixed(3) ?? '' },
  { title: 'diversity', align: 'right', show: ({ attention }) => size(attention?.diversity) },
  { title: 'gradient', align: 'right', show: ({ gradient }) => size(gradient) },
  { title: 'weights', align: 'right', show: ({ weights }) => size(weights) },
];

/** Some lines, the warnings last. */
export function describeModelFindings(findings: ModelFindings): string {
  const { title, parameters, subject, features, layers, readings, loss, gradient, warnings } = findings;
  const { spread, spectrum, common, utterances } = readings;
  return [
    `${title}, ${(parameters / 1e6).toFixed(2)} M parameters`,
    `${subject}, on ${features}`,
    '',
    formatTable(
      COLUMNS,
      layers.map((figures) => COLUMNS.map(({ show }) => show(figures))),
    ),
    `embeddings of ${utterances} crops: spread ${spread.toFixed(1)} directions, the largest with ${percent(spectrum[0])} of the ` +
      `variance; ${percent(common)} is all values rising and falling together`,
    `loss ${loss.toFixed(2)}, norm of all gradients ${size(gradient)}`,
    ...(warnings.length > 0 ? warnings : ['nothing amiss']),
  ].join('\n');
}

const size = (value: number | undefined): string => {
  if (value === undefined) return '';
  return value >= 100 && value < 1e5 ? value.toFixed(0) : value.toPrecision(2);
};
const percent = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '' : `${(100 * value).toFixed(value < 0.01 ? 2 : 0)} %`;
