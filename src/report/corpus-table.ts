/** @file What a corpus is made of, as tables for the terminal. */
import type { Classes, CorpusStatistics, Spread } from '../corpus/inspection/corpus-statistics.js';
import { formatPercent } from './text/number-format.js';
import { formatTable } from './text/table.js';

const right = (title: string) => ({ title, align: 'right' }) as const;

/** Two tables: the splits, and the spread of each quantity; then a line for rates and clipping. */
export function formatStatistics(statistics: CorpusStatistics): string {
  const { splits, duration, utterancesPerSpeaker, minutesPerSpeaker, activeLevel, sampleRates, clipping } = statistics;
  const parts = formatTable(
    [{ title: 'split' }, ...['speakers', 'f', 'm', 'utterances', 'hours'].map(right), { title: 'rates' }],
    splits.map(({ split, speakers, female, male, utterances, hours, sampleRates: rates }) => [
      split,
      String(speakers),
      String(female),
      String(male),
      String(utterances),
      hours.toFixed(2),
      rates.map((rate) => `${rate} Hz`).join(', '),
    ]),
  );
  const row = (name: string, { min, p5, median, mean, p95, max }: Spread, digits: number) => [
    name,
    ...[min, p5, median, mean, p95, max].map((value) => value.toFixed(digits)),
  ];
  const spreads = formatTable(
    [{ title: 'of' }, ...['lowest', '5 %', 'median', 'mean', '95 %', 'highest'].map(right)],
    [
      row('seconds an utterance', duration.spread, 2),
      row('utterances a speaker', utterancesPerSpeaker.spread, 1),
      row('minutes a speaker', minutesPerSpeaker.spread, 2),
      ...(activeLevel ? [row('level of the speech, dBFS', activeLevel.spread, 1)] : []),
    ],
  );
  const lines = [describeClasses('sample rates', sampleRates)];
  if (clipping) lines.push(describeClasses('clipped samples', clipping));
  return `${parts}\n${spreads}\n${lines.join('\n')}\n`;
}

/** `sample rates: 16 kHz 80.0 %, 8 kHz 20.0 %` */
function describeClasses(name: string, { labels, counts }: Classes): string {
  const totals = labels.map((_, index) => Object.values(counts).reduce((sum, own) => sum + own[index], 0));
  const all = totals.reduce((sum, count) => sum + count, 0);
  const present = labels.flatMap((label, index) =>
    totals[index] > 0 ? [`${label} ${formatPercent(totals[index] / all, 1)}`] : [],
  );
  return `${name}: ${present.join(', ')}`;
}
