/**
 * @file Speech under worse conditions, for tests: cut to some seconds, or in noise at a signal-to-noise ratio.
 *
 * Where an utterance is cut and which noise it gets are drawn with the seed and the utterance's id, and with nothing
 * else, so that all systems hear the same. One place is drawn for all durations (the cut of 1 s lies within that of 2
 * s) and one piece of noise for all ratios (only its level differs): a figure over conditions then shows the condition,
 * not the draw. The ratio is that of `additive-noise.ts`: of energies over the whole utterance, pauses included. Cuts
 * lie in what was recorded, without the manifest's trailing silence. NOTE: features are computed from the cut or noisy
 * samples, so that a mean over the utterance knows no more than they do. Where features leave out frames without
 * speech, a cut with too little speech is drawn again.
 */
import type { Utterance } from '../corpus/manifest/manifest.js';
import { UserError } from '../errors.js';
import { keyedRandom, type RandomStream } from '../random.js';
import { addScaled, drawNoise, drawRecording, energyOf, noiseGain } from './augmentation/additive-noise.js';
import { createRecordingReader, type SourceRecording } from './augmentation/recording-reader.js';
import { energyVad, frameLogEnergies } from './fbank/energy-vad.js';
import type { FeatureOptions } from './options.js';
import {
  type AudioPiece,
  createUtteranceFeatures,
  readFeatureAudio,
  type UtteranceFeatures,
} from './utterance-features.js';

/** Seconds that are left of an utterance, or decibels from speech to noise. */
export type Degradation =
  { readonly kind: 'duration'; readonly value: number } | { readonly kind: 'snr'; readonly value: number };

/** Normally distributed samples, or pieces of recordings. */
export type TestNoise = 'white' | readonly SourceRecording[];

export interface DegradedSpeechOptions {
  readonly seed: number;
  /** Needed for `snr`. */
  readonly noise?: TestNoise;
  /** Where the noise comes from, for messages. */
  readonly where?: string;
  /** Frames of speech that a cut must have, where those without are left out: at least, and by default, 5. */
  readonly minFrames?: number;
}

/** Features, not normalised, of a degraded utterance; undefined for one that is no longer than the cut. */
export type DegradedFeatures = (
  utterance: Utterance,
  degradation: Degradation,
) => Promise<UtteranceFeatures | undefined>;

/**
 * Frames of speech in a cut, whatever the model: ECAPA-TDNN and x-vectors need so many, ACA-Net one, and a cut that is
 * drawn again for one of them only would be another test for each.
 */
const LEAST_SPEECH = 5;

/** So many cuts without speech, or silent pieces of noise, in a row are an error. */
const TRIES = 100;

/**
 * Makes the function that extracts features of degraded utterances, one after the other.
 * It throws UserError naming the file, as `createUtteranceFeatures`; or silent noise, and speech that no cut finds.
 */
export function createDegradedFeatures(
  options: FeatureOptions,
  { seed, noise, where, minFrames = LEAST_SPEECH }: DegradedSpeechOptions,
): DegradedFeatures {
  const extract = createUtteranceFeatures(options);
  const least = Math.max(LEAST_SPEECH, minFrames);
  const addNoise = noise && createNoiseMixer({ noise, sampleRate: options.sampleRate, seed, where });
  return async (utterance, { kind, value }) => {
    if (kind === 'duration') {
      const cut = await cutWithSpeech(utterance, value, { seed, options, minFrames: least });
      return cut && extract(cut);
    }
    if (!addNoise) throw new UserError(`expected noise for ${value} dB, got none`);
    const { id, speaker } = utterance;
    const augmentation = {
      plan: () => ({ speed: 1, waveform: ['noise' as const], specAugment: false }),
      waveform: (samples: Float32Array<ArrayBuffer>) => addNoise(samples, id, value),
    };
    return extract(utterance, { augment: { augmentation, key: { seed, epoch: 0, id, copy: 0 }, speaker } });
  };
}

/**
 * Some seconds of an utterance from a place that is drawn; undefined where it has no more than that.
 * @param options.draw counts the places that were not good enough
 */
export function drawCut(
  utterance: Utterance,
  seconds: number,
  { seed, sampleRate, draw = 0 }: { seed: number; sampleRate: number; draw?: number },
): AudioPiece | undefined {
  const { id, offset = 0, duration, trailingSilence: _, ...place } = utterance;
  const count = Math.max(1, Math.round(seconds * sampleRate));
  const room = Math.round(duration * sampleRate) - count;
  if (room <= 0) return undefined;
  const from = Math.round(room * keyedRandom(seed, 'cut', id, draw).uniform());
  return { ...place, offset: offset + from / sampleRate, duration: count / sampleRate };
}

async function cutWithSpeech(
  utterance: Utterance,
  seconds: number,
  { seed, options, minFrames }: { seed: number; options: FeatureOptions; minFrames: number },
): Promise<AudioPiece | undefined> {
  const { sampleRate, vad } = options;
  for (let draw = 0; draw < TRIES; draw++) {
    const cut = drawCut(utterance, seconds, { seed, sampleRate, draw });
    if (!cut || !vad) return cut;
    const samples = await readFeatureAudio(cut, options);
    const speech = energyVad(frameLogEnergies(samples, options), vad).filter((flag) => flag === 1);
    if (speech.length >= minFrames) return cut;
  }
  throw new UserError(
    `${utterance.path}: expected ${minFrames} frames of speech in one of ${TRIES} cuts of ${seconds} s, got fewer; take longer cuts, or lower features.vad.threshold`,
  );
}

/** Makes the function that adds noise to an utterance's samples; it gives new samples of the same length. */
export function createNoiseMixer({
  noise,
  sampleRate,
  seed,
  where = 'noise',
}: Required<Pick<DegradedSpeechOptions, 'noise' | 'seed'>> & { sampleRate: number; where?: string }): (
  samples: Float32Array,
  id: string,
  snr: number,
) => Promise<Float32Array<ArrayBuffer>> {
  const reader = createRecordingReader(sampleRate);
  const draw = async (count: number, random: RandomStream) => {
    if (noise === 'white') {
      const samples = Float32Array.from({ length: count }, () => random.normal());
      return { noise: samples, energy: energyOf(samples) };
    }
    const drawn = await drawNoise(reader, () => drawRecording(noise, random), count, random, { tries: TRIES });
    if (drawn) return drawn;
    throw new UserError(
      `${where}: expected sound, got silence in ${TRIES} pieces drawn in a row; leave silent recordings out`,
    );
  };
  return async (samples, id, snr) => {
    const drawn = await draw(samples.length, keyedRandom(seed, 'test noise', id));
    const mixture = Float32Array.from(samples);
    addScaled(mixture, drawn.noise, noiseGain(energyOf(samples), drawn.energy, snr));
    return mixture;
  };
}
