/**
 * @file Voices: what stays the same in all that a synthetic speaker says.
 *
 * A voice is drawn once for each (seed, speaker): vocal-tract length, a personal deviation of every formant and of
 * every phone's formants, bandwidths, the glottal pulse, pitch and its range, speaking rate, fricative place. The
 * spreads are of the size found among adults (e.g. F0: men about 120 Hz, women about 210 Hz, 2-3 semitones standard
 * deviation).
 */
import { keyedRandom } from '../../../random.js';
import { codas, onsets, vowels, type Phone } from './phones.js';

/** Formants F1…F8; those above the sampling rate's reach are left out by the synthesiser. */
export const FORMANTS = 8;
/** F4…F8 and bandwidths B1…B8 in Hz of a 17.5-cm vocal tract. */
const HIGH_FORMANTS = [3500, 4500, 5500, 6500, 7500];
const BANDWIDTHS = [70, 90, 130, 200, 260, 320, 380, 440];

export interface Voice {
  speaker: string;
  gender: 'f' | 'm';
  /** Mean pitch, Hz. */
  pitch: number;
  /** Semitones that a phrase falls, and that an accent rises. */
  declination: number;
  accent: number;
  /** Share of the glottal period in which the glottis is open, and the opening's share of that. */
  openQuotient: number;
  openingShare: number;
  /** Cut-off of the source's low-pass, Hz: low is a dull voice. */
  tilt: number;
  /** Aspiration noise while voicing, relative to voicing. */
  breathiness: number;
  /** Relative standard deviations from period to period. */
  jitter: number;
  shimmer: number;
  /** Factor on durations. */
  pace: number;
  /** Time constant of articulation, s. */
  inertia: number;
  /** Factor on fricative centres. */
  fricativePlace: number;
  fricativeLevel: number;
  /** Nasal zero, Hz; the nasal pole is below it. */
  nasalPole: number;
  nasalZero: number;
  bandwidths: readonly number[];
  /** F1…F8 of every phone as this speaker says it. */
  formants: ReadonlyMap<Phone, Float64Array>;
}

/** Formant targets of silence: the neutral tract. */
export const neutral: Phone = {
  name: '-',
  kind: 'aspirate',
  formants: [500, 1500, 2500],
  duration: 0.2,
  voiced: false,
};

/** The voice of one speaker: a function of its arguments alone. */
export function makeVoice(seed: number, speaker: string, gender: 'f' | 'm'): Voice {
  const random = keyedRandom(seed, 'voice', speaker);
  /** Log-normal around `median`; `spread` is relative. */
  const around = (median: number, spread: number) => median * Math.exp(spread * random.normal());
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const woman = gender === 'f';
  const tract = around(woman ? 1.16 : 1, 0.06);
  const ownFormant = Array.from({ length: FORMANTS }, () => around(1, 0.05));
  const formants = new Map<Phone, Float64Array>();
  for (const phone of new Set([...vowels, ...onsets, ...codas, neutral])) {
    const base = [...phone.formants, ...HIGH_FORMANTS];
    formants.set(
      phone,
      Float64Array.from(base, (frequency, k) => frequency * tract * ownFormant[k] * (k < 3 ? around(1, 0.04) : 1)),
    );
  }
  return {
    speaker,
    gender,
    pitch: around(woman ? 205 : 118, 0.15),
    declination: between(2, 6),
    accent: between(1, 5),
    openQuotient: between(0.45, 0.8),
    openingShare: between(0.55, 0.75),
    tilt: around(woman ? 2400 : 3000, 0.4),
    breathiness: around(woman ? 0.05 : 0.03, 0.6),
    jitter: around(0.006, 0.4),
    shimmer: around(0.03, 0.4),
    pace: around(1, 0.12),
    inertia: between(0.012, 0.024),
    fricativePlace: around(woman ? 1.08 : 1, 0.08),
    fricativeLevel: around(1, 0.3),
    nasalPole: around(250, 0.08),
    nasalZero: around(480, 0.15),
    bandwidths: BANDWIDTHS.map((bandwidth) => around(bandwidth, 0.2)),
    formants,
  };
}
