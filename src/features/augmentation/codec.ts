/**
 * @file What a telephone does to speech.
 *
 * `mu-law`, `a-law`: 8-bit companding of ITU-T G.711 at the samples' own rate; it saturates at full scale.
 * `narrow-band`: the telephone's band of 300-3400 Hz. Nothing is left above 3500 Hz, so sampling at 8 kHz would change
 * no more. `telephone-mu-law`, `telephone-a-law`: band, companding at 8 kHz, band again: a digital line between two
 * exchanges. Level: what lies in the band stays as it is; what lies outside is lost, and not made up for. Nothing is
 * delayed.
 */
import { throughALaw, throughMuLaw } from '../../audio/g711.js';
import { resample } from '../../audio/resample.js';
import { filterSamples, passBands } from './band-filter.js';
import type { CodecType } from './options.js';

const LINE_RATE = 8000;
/** Hz; each edge lies in the middle of a transition of 200 Hz. */
const BAND = [300, 3400];
const TRANSITION = 200;

/** The samples after the codec; a new array of the same length. */
export function throughCodec(
  samples: Float32Array<ArrayBuffer>,
  type: CodecType,
  sampleRate: number,
): Float32Array<ArrayBuffer> {
  if (type === 'mu-law') return throughMuLaw(samples);
  if (type === 'a-law') return throughALaw(samples);
  const nyquist = sampleRate / 2;
  const [low, high] = BAND.map((edge) => Math.min(1, edge / nyquist));
  const taps = passBands([[low, high]], 2 * Math.ceil((5.5 * nyquist) / TRANSITION) + 1);
  const band = filterSamples(samples, taps);
  if (type === 'narrow-band') return band;
  const line = resample(band, sampleRate, LINE_RATE);
  const heard = type === 'telephone-mu-law' ? throughMuLaw(line) : throughALaw(line);
  return filterSamples(resample(heard, LINE_RATE, sampleRate).slice(0, samples.length), taps);
}
