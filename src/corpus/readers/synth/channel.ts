/**
 * @file Sessions: microphone, room noise and level, which change from one recording situation to the next.
 *
 * A session has coloured noise (falling towards high frequencies, as in rooms) at a drawn signal-to-noise ratio, and an
 * equaliser (a tilt and two broad peaks or dips) and a gain on both. Peaks are the audio EQ cookbook's peaking filters.
 */
import { keyedRandom } from '../../../random.js';

export interface Session {
  /** dB of speech over noise. */
  snr: number;
  /** Noise colour: pole of a one-pole low-pass. */
  noisePole: number;
  /** Equaliser: pre-emphasis coefficient (> 0 brighter, < 0 duller) and peaks. */
  tilt: number;
  peaks: { frequency: number; gain: number; q: number }[];
  /** RMS of the recording, relative to full scale. */
  level: number;
  /** The speaker on that day: factors on pitch and durations. */
  pitch: number;
  pace: number;
}

/** The session's situation: a function of its arguments alone. */
export function makeSession(seed: number, session: string, snr: readonly [number, number]): Session {
  const random = keyedRandom(seed, 'session', session);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  return {
    snr: between(...snr),
    noisePole: between(0.7, 0.96),
    tilt: between(-0.2, 0.2),
    peaks: Array.from({ length: 2 }, () => ({
      frequency: 150 * 2 ** between(0, 5.3),
      gain: 2.5 * random.normal(),
      q: between(0.5, 1.5),
    })),
    level: 10 ** (between(-30, -22) / 20),
    pitch: 2 ** ((0.6 * random.normal()) / 12),
    pace: Math.exp(0.07 * random.normal()),
  };
}

/** Adds the session's noise, equalises, sets the level; in place. Peaks are limited to full scale. */
export function record(
  samples: Float32Array,
  session: Session,
  { sampleRate, noise }: { sampleRate: number; noise: () => number },
): void {
  addNoise(samples, session, noise);
  let before = 0;
  for (let n = 0; n < samples.length; n++) {
    const x = samples[n];
    samples[n] = x - session.tilt * before;
    before = x;
  }
  for (const { frequency, gain, q } of session.peaks) {
    if (frequency < 0.45 * sampleRate) peakingFilter(samples, { frequency, gain, q, sampleRate });
  }
  const factor = Math.min(session.level / rms(samples), 0.98 / peak(samples));
  for (let n = 0; n < samples.length; n++) samples[n] *= factor;
}

function addNoise(samples: Float32Array, { snr, noisePole }: Session, noise: () => number): void {
  // Variance of uniform noise in [-1, 1) is 1/3; a one-pole filter multiplies it by 1 / (1 - pole²).
  const deviation = Math.sqrt(1 / 3 / (1 - noisePole ** 2));
  const scale = (rms(samples) * 10 ** (-snr / 20)) / deviation;
  let coloured = 0;
  for (let n = 0; n < samples.length; n++) {
    coloured = noise() + noisePole * coloured;
    samples[n] += scale * coloured;
  }
}

function peakingFilter(
  samples: Float32Array,
  { frequency, gain, q, sampleRate }: { frequency: number; gain: number; q: number; sampleRate: number },
): void {
  const amplitude = 10 ** (gain / 40);
  const angle = (2 * Math.PI * frequency) / sampleRate;
  const alpha = Math.sin(angle) / (2 * q);
  const a0 = 1 + alpha / amplitude;
  const [b0, b1, b2] = [(1 + alpha * amplitude) / a0, (-2 * Math.cos(angle)) / a0, (1 - alpha * amplitude) / a0];
  const a2 = (1 - alpha / amplitude) / a0;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let n = 0; n < samples.length; n++) {
    const x = samples[n];
    const y = b0 * x + b1 * (x1 - y1) + b2 * x2 - a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    samples[n] = y;
  }
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return Math.sqrt(sum / samples.length);
}

function peak(samples: Float32Array): number {
  let highest = 0;
  for (const value of samples) highest = Math.max(highest, Math.abs(value));
  return highest;
}
