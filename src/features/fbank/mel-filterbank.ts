/**
 * @file Triangular filters on the mel scale, as Kaldi and as SpeechBrain make them.
 *
 * Kaldi: triangles in mel, 1127·ln(1 + f/700), over all bins below the Nyquist bin (which Kaldi leaves out).
 * SpeechBrain: triangles in Hz around centres that are evenly spaced in mel, 2595·log10(1 + f/700). NOTE: both sides of
 * a triangle have the width of its left side, so they do not meet the next centre; its models are trained that way. A
 * filter is non-zero over a few neighbouring bins, and only those are kept.
 */

import { firstOf } from '../../problem-list.js';
import type { MelFilterbank } from './wasm/log-mel.js';

export interface MelRange {
  bins: number;
  sampleRate: number;
  /** Length of the Fourier transform. */
  nFft: number;
  /** Hz; already resolved, positive. */
  low: number;
  high: number;
}

/** The upper edge of the highest band, in Hz; 0 or less is counted down from half the sample rate. */
export function highFrequency(sampleRate: number, highFreq: number): number {
  return highFreq > 0 ? highFreq : sampleRate / 2 + highFreq;
}

export function kaldiFilterbank({ bins, sampleRate, nFft, low, high }: MelRange): MelFilterbank {
  const mel = (hz: number) => 1127 * Math.log(1 + hz / 700);
  const step = (mel(high) - mel(low)) / (bins + 1);
  return sparse(bins, nFft / 2, (band, bin) => {
    const left = mel(low) + band * step;
    const position = (mel((bin * sampleRate) / nFft) - left) / step;
    return Math.min(position, 2 - position);
  });
}

export function speechbrainFilterbank({ bins, sampleRate, nFft, low, high }: MelRange): MelFilterbank {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const hz = (value: number) => 700 * (10 ** (value / 2595) - 1);
  const spectrum = Math.floor(nFft / 2) + 1;
  const edge = (index: number) => hz(mel(low) + (index * (mel(high) - mel(low))) / (bins + 1));
  return sparse(bins, spectrum, (band, bin) => {
    const centre = edge(band + 1);
    const width = centre - edge(band);
    const frequency = (bin * Math.floor(sampleRate / 2)) / (spectrum - 1);
    return 1 - Math.abs(frequency - centre) / width;
  });
}

/**
 * What is wrong with so many bands, if some of them would hold nothing: each constant, whatever the audio. Kaldi
 * refuses them as well.
 * @param options.remedy what helps beside fewer bands
 * @param options.first the lowest band that is looked at
 */
export function emptyBands(
  filterbank: (range: MelRange) => MelFilterbank,
  range: MelRange,
  { remedy, first = 0 }: { remedy: string; first?: number },
): { option: 'bins'; message: string } | undefined {
  const emptyOf = (bins: number) => {
    const { starts } = filterbank({ ...range, bins });
    return Array.from({ length: bins }, (_, band) => band).filter(
      (band) => band >= first && starts[band] === starts[band + 1],
    );
  };
  const empty = emptyOf(range.bins);
  if (empty.length === 0) return undefined;
  let most = range.bins - 1;
  while (most > 0 && emptyOf(most).length > 0) most--;
  const { bins, sampleRate, nFft } = range;
  const message =
    `of ${bins} mel bands, ${firstOf(empty.map(String))} (from 0) would be empty: each lies between two points of the spectrum ` +
    `(${nFft} samples at ${sampleRate} Hz); ${most} bands work, or ${remedy}`;
  return { option: 'bins', message };
}

/** Keeps the run of positive weights of each filter. */
function sparse(bins: number, spectrum: number, weight: (band: number, bin: number) => number): MelFilterbank {
  const firstBins = new Int32Array(bins);
  const starts = new Int32Array(bins + 1);
  const weights: number[] = [];
  for (let band = 0; band < bins; band++) {
    const row = Array.from({ length: spectrum }, (_, bin) => weight(band, bin));
    const first = row.findIndex((value) => value > 0);
    // A filter narrower than the spectrum's step may lie between two bins; `emptyBands` refuses such options.
    if (first >= 0) {
      firstBins[band] = first;
      weights.push(...row.slice(first, row.findLastIndex((value) => value > 0) + 1));
    }
    starts[band + 1] = weights.length;
  }
  return { bins, firstBins, starts, weights: Float64Array.from(weights) };
}
