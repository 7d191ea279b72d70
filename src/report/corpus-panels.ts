/** @file What the panels of a corpus's picture show: bars of the statistics, and a note that sums each up. */
import type { Classes, CorpusStatistics } from '../corpus/inspection/corpus-statistics.js';
import type { Split } from '../corpus/manifest/manifest.js';
import { formatPercent } from './text/number-format.js';

export interface Panel {
  title: string;
  /** Under the axis. */
  unit: string;
  /** Counted on the vertical axis. */
  of: string;
  labels: string[];
  counts: Partial<Record<Split, number[]>>;
  /** Which labels to write; default: all. */
  every?: number;
  /** Bars that touch, as of a histogram. */
  joined: boolean;
  /** Labels stand at the bars' left edges, as they name where a bin begins. */
  labelsAtEdges?: boolean;
  /** Beside the title. */
  note: string;
}

/** The panels of which something is known. */
export function panelsOf(statistics: CorpusStatistics): Panel[] {
  const { duration, utterancesPerSpeaker, minutesPerSpeaker, sampleRates, activeLevel, clipping } = statistics;
  const utterances = { of: 'utterances' };
  const speakers = { of: 'speakers' };
  const clean = clipping && `none in ${percent(shares(clipping)[0])} of the utterances`;
  return [
    { title: 'Duration', unit: 'seconds', ...utterances, ...spreadPanel(duration, ' s') },
    { title: 'Utterances a speaker', unit: 'utterances', ...speakers, ...spreadPanel(utterancesPerSpeaker, '', 0) },
    { title: 'Speech a speaker', unit: 'minutes', ...speakers, ...spreadPanel(minutesPerSpeaker, ' min', 2) },
    { title: 'Sample rate', unit: '', ...utterances, joined: false, note: rateNote(sampleRates), ...sampleRates },
    ...(activeLevel
      ? [{ title: 'Level of the speech', unit: 'dBFS', ...utterances, ...spreadPanel(activeLevel, ' dBFS') }]
      : []),
    ...(clipping
      ? [
          {
            title: 'Clipped samples',
            unit: 'share of the samples',
            ...utterances,
            joined: false,
            note: clean!,
            ...clipping,
          },
        ]
      : []),
  ];
}

/** The bars of a histogram, with the median and the middle nine tenths beside the title. */
function spreadPanel({ histogram, spread: { median, p5, p95 } }: Quantity, unit: string, digits = 1) {
  const { from, open, counts, width, whole } = histogram;
  const places = Math.max(0, -Math.floor(Math.log10(width)));
  return {
    labels: from.map((edge, bin) => `${edge.toFixed(places)}${open && bin === from.length - 1 ? '+' : ''}`),
    counts,
    // Every 2nd, 5th, … bin, so that labels do not run into each other.
    every: [1, 2, 4, 5, 10].find((step) => from.length / step <= 8) ?? 10,
    joined: true,
    labelsAtEdges: !whole,
    note: `median ${median.toFixed(digits)}${unit}, nine in ten from ${p5.toFixed(digits)} to ${p95.toFixed(digits)}`,
  };
}

type Quantity = CorpusStatistics['duration'];

function rateNote(rates: Classes): string {
  if (rates.labels.length === 1) return `all at ${rates.labels[0]}`;
  const each = shares(rates).map((share, i) => `${rates.labels[i]} ${percent(share)}`);
  return each.slice(0, 3).join(', ') + (each.length > 3 ? ', …' : '');
}

/** What each class holds of all. */
function shares({ labels, counts }: Classes): number[] {
  const totals = labels.map((_, index) => Object.values(counts).reduce((sum, own) => sum + own[index], 0));
  const all = totals.reduce((sum, count) => sum + count, 0);
  return totals.map((count) => count / all);
}

const percent = (share: number) => formatPercent(share, share > 0.9995 || share === 0 ? 0 : 1);
