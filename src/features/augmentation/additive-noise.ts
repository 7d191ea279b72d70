/**
 * @file Noise, music or speech of others added to speech at an exact signal-to-noise ratio.
 *
 * y = x + g·v with g = √(Ex / Ev · 10^(−snr/10)), where Ex = Σx² and Ev = Σv² are taken over the whole crop, pauses
 * included. The speech itself stays as it is, so its level does not tell augmented from clean; nothing is clipped.
 * Where the speech is silent (Ex = 0) no noise has the ratio, and none is added. A silent piece of noise (Ev = 0)
 * cannot be scaled either: another is drawn. A source of which a hundred pieces in a row are silent is an error. A
 * recording shorter than the crop is repeated from a random start, of a longer one a random piece is read.
 */
import type { RandomStream } from '../../random.js';
import { UserError } from '../../errors.js';
import type { RecordingReader, SourceRecording } from './recording-reader.js';

/** Σ x². */
export function energyOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return sum;
}

/**
 * The factor that brings noise to `snr` dB below a signal, from both energies; 0 where one of them is 0.
 */
export function noiseGain(signalEnergy: number, noiseEnergy: number, snr: number): number {
  return signalEnergy === 0 || noiseEnergy === 0 ? 0 : Math.sqrt((signalEnergy / noiseEnergy) * 10 ** (-snr / 10));
}

/** Adds `gain` times the noise to `target`, in place. */
export function addScaled(target: Float32Array | Float64Array, noise: Float32Array | Float64Array, gain: number): void {
  if (gain !== 0) for (let i = 0; i < target.length; i++) target[i] += gain * noise[i];
}

/** Speech with noise of the same length at `snr` dB; a new array. */
export function addNoise(speech: Float32Array, noise: Float32Array, snr: number): Float32Array<ArrayBuffer> {
  const mixture = Float32Array.from(speech);
  addScaled(mixture, noise, noiseGain(energyOf(speech), energyOf(noise), snr));
  return mixture;
}

/** One of the recordings, not said by `speaker` where the list knows who speaks. */
export function drawRecording(
  recordings: readonly SourceRecording[],
  random: RandomStream,
  speaker?: string,
): SourceRecording {
  const isOther = (recording: SourceRecording) => speaker === undefined || recording.speaker !== speaker;
  for (let attempt = 0; attempt < 100; attempt++) {
    const recording = recordings[random.below(recordings.length)];
    if (isOther(recording)) return recording;
  }
  const others = recordings.filter(isOther);
  if (others.length > 0) return others[random.below(others.length)];
  throw new UserError(`augmentation: the recordings are all of speaker ${speaker}; add others to the source`);
}

/**
 * `count` samples of a random recording with some energy, and that energy; undefined where `tries` in a row are silent.
 */
export async function drawNoise(
  reader: RecordingReader,
  draw: () => SourceRecording,
  count: number,
  random: RandomStream,
  { tries }: { tries: number },
): Promise<{ noise: Float32Array; energy: number } | undefined> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const recording = draw();
    const noise = await reader.piece(recording, count, random);
    const energy = energyOf(noise);
    if (!Number.isFinite(energy)) {
      throw new UserError(`${recording.path}: has samples that are not finite numbers; leave it out of augmentation`);
    }
    if (energy > 0) return { noise, energy };
  }
  return undefined;
}
