/**
 * @file The synthesiser: glottal pulses and noise through a cascade of formant resonators.
 *
 * Source: the derivative of Rosenberg's glottal pulse (1971, type B: half a cosine up, a quarter down) through a
 * one-pole low-pass, plus aspiration noise let through while the glottis is open; both go through a nasal pole-zero
 * pair and F1…F8. Constriction noise goes through a band-pass past the cascade. Resonators as in Klatt (1980): y[n] =
 * a·x[n] + b·y[n-1] + c·y[n-2]. Coefficients change once a control frame (5 ms).
 */
import { CONTROL_RATE, type Tracks } from './sentence.js';
import { FORMANTS, type Voice } from './voice.js';

/** Samples of the given tracks. `noise` gives numbers in [-1, 1). The scale is arbitrary. */
export function synthesize(
  tracks: Tracks,
  voice: Voice,
  { samples, sampleRate, noise }: { samples: number; sampleRate: number; noise: () => number },
): Float32Array<ArrayBuffer> {
  const output = new Float32Array(samples);
  const perFrame = sampleRate / CONTROL_RATE;
  // Of formants near or above half the sampling rate nothing is left.
  const poles = new Float64Array((FORMANTS + 1) * 3);
  const state = new Float64Array((FORMANTS + 1) * 2);
  const zero = new Float64Array(3);
  const tiltKeep = Math.exp((-2 * Math.PI * voice.tilt) / sampleRate);
  const highest = 0.46 * sampleRate;
  let [tilted, zero1, zero2, band1, band2, in1, in2] = [0, 0, 0, 0, 0, 0, 0];
  let [phase, period, loudness] = [1, 1, 1];
  for (let frame = 0, sample = 0; sample < samples; frame++) {
    const until = Math.min(samples, Math.round((frame + 1) * perFrame));
    setResonator(poles, 0, voice.nasalPole, 80, sampleRate);
    const nasality = tracks.nasality[frame];
    setResonator(
      zero,
      0,
      voice.nasalPole + nasality * (voice.nasalZero - voice.nasalPole),
      80 + 40 * nasality,
      sampleRate,
    );
    let count = 1;
    for (let k = 0; k < FORMANTS; k++) {
      const frequency = tracks.formants[k][frame];
      if (frequency > highest) break;
      setResonator(poles, count++, frequency, voice.bandwidths[k] * (1 + nasality), sampleRate);
    }
    const band = bandPass(Math.min(tracks.centre[frame], 0.42 * sampleRate), tracks.width[frame], sampleRate);
    const voicing = tracks.voicing[frame];
    const aspiration = tracks.aspiration[frame];
    const frication = tracks.frication[frame];
    const pitch = tracks.pitch[frame];
    for (; sample < until; sample++) {
      phase += 1 / period;
      if (phase >= 1) {
        phase -= 1;
        period = Math.max(2, (sampleRate / Math.max(pitch, 40)) * (1 + voice.jitter * roughNormal(noise)));
        loudness = 1 + voice.shimmer * roughNormal(noise);
        if (phase >= 1) phase = 0;
      }
      const hiss = noise();
      const pulse = glottalFlowDerivative(phase, voice.openQuotient, voice.openingShare);
      tilted = (1 - tiltKeep) * pulse * loudness * voicing + tiltKeep * tilted;
      const gate = phase < voice.openQuotient ? 1 : 0.4;
      let value = tilted + hiss * aspiration * gate;
      const unfiltered = value;
      // The nasal zero is the inverse of a resonator.
      value = (value - zero[1] * zero1 - zero[2] * zero2) / zero[0];
      zero2 = zero1;
      zero1 = unfiltered;
      for (let k = 0; k < count; k++) {
        const y = poles[3 * k] * value + poles[3 * k + 1] * state[2 * k] + poles[3 * k + 2] * state[2 * k + 1];
        state[2 * k + 1] = state[2 * k];
        state[2 * k] = y;
        value = y;
      }
      const fresh = hiss * frication;
      const hissed = band.gain * (fresh - in2) + band.b * band1 + band.c * band2;
      in2 = in1;
      in1 = fresh;
      band2 = band1;
      band1 = hissed;
      output[sample] = value + hissed;
    }
  }
  return output;
}

/** dU/dphase of Rosenberg's pulse B, of peak flow 1, at `phase` (0…1) of the period. */
function glottalFlowDerivative(phase: number, openQuotient: number, openingShare: number): number {
  if (phase >= openQuotient) return 0;
  const opening = openQuotient * openingShare;
  if (phase < opening) return ((0.5 * Math.PI) / opening) * Math.sin((Math.PI * phase) / opening);
  const closing = openQuotient - opening;
  return (-(0.5 * Math.PI) / closing) * Math.sin((0.5 * Math.PI * (phase - opening)) / closing);
}

function setResonator(
  into: Float64Array,
  index: number,
  frequency: number,
  bandwidth: number,
  sampleRate: number,
): void {
  const c = -Math.exp((-2 * Math.PI * bandwidth) / sampleRate);
  const b = 2 * Math.exp((-Math.PI * bandwidth) / sampleRate) * Math.cos((2 * Math.PI * frequency) / sampleRate);
  into[3 * index] = 1 - b - c;
  into[3 * index + 1] = b;
  into[3 * index + 2] = c;
}

/** y[n] = gain·(x[n] - x[n-2]) + b·y[n-1] + c·y[n-2]: about 1 at the centre, 0 at 0 Hz. */
function bandPass(centre: number, width: number, sampleRate: number): { gain: number; b: number; c: number } {
  const c = -Math.exp((-2 * Math.PI * width) / sampleRate);
  const b = 2 * Math.sqrt(-c) * Math.cos((2 * Math.PI * centre) / sampleRate);
  return { gain: (1 + c) / 2, b, c };
}

/** Roughly standard normal: the sum of three uniforms in [-1, 1) has variance 1. */
const roughNormal = (noise: () => number) => noise() + noise() + noise();
