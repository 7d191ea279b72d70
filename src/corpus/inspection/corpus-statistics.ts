/**
 * @file How a corpus is made up: distributions of durations, of utterances and time a speaker, of rates, levels and
 * clipping.
 *
 * Histograms are counted for each split. Their bins have a round width (1, 2 or 5 times a power of ten) and cover all
 * but the largest half per cent of the values, which the last bin takes up.
 */
import type { AudioInspection } from './audio-inspection.js';
import { groupBy } from '../../group-by.js';
import {
  bySpeaker,
  splits,
  summarizeCorpus,
  type Split,
  type SplitSummary,
  type Utterance,
} from '../manifest/manifest.js';

/** Five percentiles and more of one quantity. */
export interface Spread {
  min: number;
  p5: number;
  median: number;
  mean: number;
  p95: number;
  max: number;
}

export interface Histogram {
  /** Lower edges; each bin reaches to the next, the last one to `from + width`, or to anything if `open`. */
  from: number[];
  width: number;
  /** Each bin holds one whole number. */
  whole: boolean;
  /** The last bin also holds what is larger. */
  open: boolean;
  /** For each split that has utterances, as many counts as bins. */
  counts: Partial<Record<Split, number[]>>;
}

export interface Distribution {
  spread: Spread;
  histogram: Histogram;
}

/** A few named classes, counted for each split. */
export interface Classes {
  labels: string[];
  counts: Partial<Record<Split, number[]>>;
}

export interface CorpusStatistics {
  utterances: number;
  speakers: number;
  hours: number;
  splits: SplitSummary[];
  /** Seconds of an utterance. */
  duration: Distribution;
  utterancesPerSpeaker: Distribution;
  /** Minutes of a speaker. */
  minutesPerSpeaker: Distribution;
  /** Hz. */
  sampleRates: Classes;
  /** dBFS of the speech; absent where no audio was listened to, as is `clipping`. */
  activeLevel?: Distribution;
  /** Utterances by their share of clipped samples. */
  clipping?: Classes;
}

const CLIPPING: [label: string, below: number][] = [
  // Below any share of samples. NOTE: no denormal: where ONNX Runtime has run in this thread, those count as 0.
  ['none', 1e-300],
  ['< 0.01 %', 1e-4],
  ['< 0.1 %', 1e-3],
  ['< 1 %', 1e-2],
  ['more', Infinity],
];

/** @param inspections of these utterances, in their order, if they were listened to */
export function corpusStatistics(
  utterances: readonly Utterance[],
  inspections?: readonly AudioInspection[],
): CorpusStatistics {
  const seconds = (own: readonly Utterance[]) => own.reduce((sum, { duration }) => sum + duration, 0);
  const perSpeaker = splits.flatMap((split) =>
    [...bySpeaker(utterances.filter((utterance) => utterance.split === split)).values()].map((own) => ({ split, own })),
  );
  const heard = (inspections ?? []).flatMap((result, index) =>
    'problem' in result ? [] : [{ split: utterances[index].split, ...result }],
  );
  const rates = [...new Set(utterances.map(({ sampleRate }) => sampleRate))].sort((a, b) => a - b);
  return {
    utterances: utterances.length,
    speakers: bySpeaker(utterances).size,
    hours: seconds(utterances) / 3600,
    splits: summarizeCorpus(utterances),
    duration: distribution(utterances.map(({ split, duration }) => ({ split, value: duration }))),
    utterancesPerSpeaker: distribution(
      perSpeaker.map(({ split, own }) => ({ split, value: own.length })),
      { whole: true },
    ),
    minutesPerSpeaker: distribution(perSpeaker.map(({ split, own }) => ({ split, value: seconds(own) / 60 }))),
    sampleRates: classes(
      rates.map((rate) => `${rate / 1000} kHz`),
      utterances.map(({ split, sampleRate }) => ({ split, index: rates.indexOf(sampleRate) })),
    ),
    ...(heard.length > 0 && {
      activeLevel: distribution(heard.map(({ split, activeLevel }) => ({ split, value: activeLevel }))),
      clipping: classes(
        CLIPPING.map(([label]) => label),
        heard.map(({ split, clipped }) => ({ split, index: CLIPPING.findIndex(([, below]) => clipped < below) })),
      ),
    }),
  };
}

function distribution(values: readonly { split: Split; value: number }[], { whole = false } = {}): Distribution {
  const sorted = Float64Array.from(values, ({ value }) => value).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  const spread: Spread = {
    min: sorted[0],
    p5: at(0.05),
    median: at(0.5),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p95: at(0.95),
    max: sorted[sorted.length - 1],
  };
  return { spread, histogram: histogram(values, { lowest: sorted[0], highest: at(0.995), max: spread.max, whole }) };
}

const BINS = 24;

function histogram(
  values: readonly { split: Split; value: number }[],
  { lowest, highest, max, whole }: { lowest: number; highest: number; max: number; whole: boolean },
): Histogram {
  const width = roundWidth((highest - lowest) / BINS, whole ? 1 : 0);
  const first = Math.floor(lowest / width);
  const last = Math.max(first, Math.floor(highest / width));
  const from = Array.from({ length: last - first + 1 }, (_, bin) => Number(((first + bin) * width).toPrecision(12)));
  const binOf = (value: number) => Math.max(0, Math.min(from.length - 1, Math.floor(value / width) - first));
  return {
    from,
    width,
    whole: whole && width === 1,
    open: Math.floor(max / width) > last,
    counts: countBySplit(
      values.map(({ split, value }) => ({ split, index: binOf(value) })),
      from.length,
    ),
  };
}

/** The smallest of 1, 2, 5 × 10^n that is not below `atLeast`; a tenth where all values are one. */
function roundWidth(atLeast: number, smallest: number): number {
  if (!(atLeast > 0)) return Math.max(smallest, 0.1);
  const decade = 10 ** Math.floor(Math.log10(atLeast));
  const factor = [1, 2, 5, 10].find((step) => step * decade >= atLeast * (1 - 1e-9)) ?? 10;
  return Math.max(smallest, Number((factor * decade).toPrecision(3)));
}

function classes(labels: string[], members: readonly { split: Split; index: number }[]): Classes {
  return { labels, counts: countBySplit(members, labels.length) };
}

function countBySplit(
  members: readonly { split: Split; index: number }[],
  size: number,
): Partial<Record<Split, number[]>> {
  const groups = groupBy(members, ({ split }) => split);
  const counts: Partial<Record<Split, number[]>> = {};
  for (const split of splits) {
    const group = groups.get(split);
    if (!group) continue;
    const own = new Array<number>(size).fill(0);
    for (const { index } of group) own[index]++;
    counts[split] = own;
  }
  return counts;
}
