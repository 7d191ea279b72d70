/**
 * @file Augmentation of one utterance or crop: what is drawn for it, and doing it.
 *
 * Every draw is keyed by (seed, technique, epoch, id, copy) and by nothing else, so the result does not depend on the
 * order of the work or on the number of workers.
 * Order: speed (the caller's, `speed-perturbation.ts`) → reverberation → noise, music, speech, babble → level → codec →
 * dropped bands → dropped chunks → features → normalisation → SpecAugment.
 * Level: clean and augmented speech have the same. Reverberation keeps the energy, additive techniques leave the speech
 * untouched and add to it, nothing is scaled to a peak or clipped (a codec saturates, as it does). Only `level`, asked
 * for by name, changes it. Samples: float32, −1 … 1 where clean.
 */
import { UserError, internal } from '../../errors.js';
import { type RandomStream, keyedRandom } from '../../random.js';
import type { Features } from '../fbank/fbank.js';
import { addScaled, drawNoise, drawRecording, energyOf, noiseGain } from './additive-noise.js';
import { groupVoices, mixBabble } from './babble.js';
import { throughCodec } from './codec.js';
import { dropChunks } from './drop-chunk.js';
import { drawBands, dropBands } from './drop-frequency.js';
import { changeLevel } from './level.js';
import {
  type AugmentationOptions,
  type SceneTechnique,
  type SpeedOptions,
  type WaveformTechnique,
  sceneTechniques,
  waveformTechniques,
} from './options.js';
import { createRecordingReader, type SourceRecording } from './recording-reader.js';
import { reverberate } from './reverberation.js';
import { type AugmentationSources, type SpeechRecording, listAugmentationSources } from './sources.js';
import { maskFeatures } from './spec-augment.js';

/** What every draw is keyed by. `copy` tells several crops or cached copies of one utterance in an epoch apart. */
export interface AugmentationKey {
  seed: number;
  epoch: number;
  id: string;
  copy: number;
}

/** What was drawn for a key. */
export interface AugmentationPlan {
  /** Factor; 1: as it is. For n samples the caller reads `lengthBeforeSpeed(n, speed)` and applies `changeSpeed`. */
  speed: number;
  /** What `waveform` will do, in that order; empty: nothing, it returns the samples it is given. */
  waveform: readonly WaveformTechnique[];
  /** Whether `features` will mask something. */
  specAugment: boolean;
}

export interface Augmentation {
  /** What is drawn for this key. Reads nothing. */
  plan(key: AugmentationKey): AugmentationPlan;
  /**
   * Augments samples (speed already changed); the result has the same length. The given samples are left as they are,
   * and returned where nothing is drawn.
   * @param context.speaker of the utterance: babble of known speakers leaves this one out
   * @throws UserError naming a file of noise or an impulse response that cannot be read or used
   */
  waveform(
    samples: Float32Array<ArrayBuffer>,
    key: AugmentationKey,
    context: { speaker: string },
  ): Promise<Float32Array<ArrayBuffer>>;
  /** Masks normalised features in place: masked values become 0, the mean. */
  features(features: Features, key: AugmentationKey): void;
}

export interface OpenAugmentationOptions {
  /** Of the samples that `waveform` is given, Hz; sources of another rate are resampled to it. */
  sampleRate: number;
  /** From `listAugmentationSources`, so that worker threads need not list the folders again; default: listed here. */
  sources?: AugmentationSources;
  /** The training utterances; needed for babble of them (`babble.source: null`). */
  training?: readonly SpeechRecording[];
}

/**
 * Lists the sources, unless they are given; recordings are read when they are drawn.
 * @throws UserError what `listAugmentationSources` throws; too few speakers for the babble
 */
export async function openAugmentation(
  options: AugmentationOptions,
  { sampleRate, sources, training }: OpenAugmentationOptions,
): Promise<Augmentation> {
  const recordings = sources ?? (await listAugmentationSources(options));
  const reader = createRecordingReader(sampleRate);
  const voices = options.babble && groupVoices(sourceOf('babble', recordings.babble ?? training), options.babble);

  const plan = (key: AugmentationKey): AugmentationPlan => {
    const scene = drawScene(options, key);
    const isDrawn = (technique: WaveformTechnique) =>
      isScene(technique) ? scene.has(technique) : happens(options, technique, key);
    return {
      speed: drawSpeed(options.speed, key),
      waveform: waveformTechniques.filter(isDrawn),
      specAugment: happens(options, 'specAugment', key),
    };
  };

  /** What is added to speech of the given energy: noise, and the factor it is to be added with. */
  const additive = async (
    technique: 'noise' | 'music' | 'speech',
    { count, speaker, energy }: { count: number; speaker: string; energy: number },
    random: RandomStream,
  ) => {
    const [lowest, highest] = options[technique]!.snr;
    const snr = between(lowest, highest, random);
    const from = sourceOf(technique, recordings[technique]);
    // Some recordings of a good source are silent in places; what never sounds would leave the speech clean unsaid.
    const drawn = await drawNoise(reader, () => drawRecording(from, random, speaker), count, random, { tries: 100 });
    if (!drawn) {
      throw new UserError(
        `augmentation.${technique}: expected sound in ${options[technique]!.source}, got silence in 100 pieces drawn in a row\n` +
          '  leave silent recordings out',
      );
    }
    return { noise: drawn.noise, gain: noiseGain(energy, drawn.energy, snr) };
  };

  const babble = async (
    { count, speaker, energy }: { count: number; speaker: string; energy: number },
    random: RandomStream,
  ) => {
    const { speakers, snr } = options.babble!;
    const ratio = between(snr[0], snr[1], random);
    const noise = await mixBabble(voices!, { voices: integer(speakers, random), count, speaker }, reader, random);
    return noise && { noise, gain: noiseGain(energy, energyOf(noise), ratio) };
  };

  const waveform: Augmentation['waveform'] = async (samples, key, { speaker }) => {
    let current = samples;
    // Every ratio is to the speech alone, whatever else is added to it.
    let speechEnergy: number | undefined;
    for (const technique of plan(key).waveform) {
      const random = streamFor(technique, key);
      switch (technique) {
        case 'reverberation': {
          const response = drawRecording(sourceOf(technique, recordings.reverberation), random);
          current = reverberate(current, await reader.whole(response, random), response.path);
          break;
        }
        case 'noise':
        case 'music':
        case 'speech':
        case 'babble': {
          speechEnergy ??= energyOf(current);
          const given = { count: current.length, speaker, energy: speechEnergy };
          const added = await (technique === 'babble' ? babble(given, random) : additive(technique, given, random));
          if (!added) break;
          if (current === samples) current = Float32Array.from(current);
          addScaled(current, added.noise, added.gain);
          break;
        }
        case 'level': {
          const [lowest, highest] = options.level!.gain;
          current = changeLevel(current, between(lowest, highest, random));
          break;
        }
        case 'codec': {
          const { types } = options.codec!;
          current = throughCodec(current, types[random.below(types.length)], sampleRate);
          break;
        }
        case 'dropFrequency': {
          const { count, width } = options.dropFrequency!;
          current = dropBands(current, drawBands(integer(count, random), width, random), width);
          break;
        }
        case 'dropChunk': {
          const { count, length } = options.dropChunk!;
          const [shortest, longest] = length.map((milliseconds) => Math.round((milliseconds * sampleRate) / 1000));
          current = dropChunks(current, { count: integer(count, random), length: [shortest, longest] }, random);
          break;
        }
      }
    }
    return current;
  };

  const features: Augmentation['features'] = (masked, key) => {
    if (happens(options, 'specAugment', key)) maskFeatures(masked, options.specAugment!, streamFor('specAugment', key));
  };

  return { plan, waveform, features };
}

type Drawn = WaveformTechnique | 'speed' | 'specAugment';

/** Of what a technique does; whether it happens at all is drawn apart, so that a probability changes nothing else. */
function streamFor(technique: Drawn, { seed, epoch, id, copy }: AugmentationKey): RandomStream {
  return keyedRandom(seed, 'augment', technique, epoch, id, copy);
}

function chanceFor(what: Drawn | 'scene', { seed, epoch, id, copy }: AugmentationKey): number {
  return keyedRandom(seed, 'augment?', what, epoch, id, copy).uniform();
}

function happens(options: AugmentationOptions, technique: Drawn, key: AugmentationKey): boolean {
  const section = options[technique];
  return section !== null && chanceFor(technique, key) < section.probability;
}

const isScene = (technique: WaveformTechnique): technique is SceneTechnique =>
  (sceneTechniques as readonly string[]).includes(technique);

function drawScene(options: AugmentationOptions, key: AugmentationKey): Set<SceneTechnique> {
  if (options.select === 'each') return new Set(sceneTechniques.filter((name) => happens(options, name, key)));
  let left = chanceFor('scene', key);
  for (const technique of sceneTechniques) {
    left -= options[technique]?.probability ?? 0;
    if (left < 0) return new Set([technique]);
  }
  return new Set();
}

function drawSpeed(options: SpeedOptions | null, key: AugmentationKey): number {
  if (options === null || options.newSpeakers || chanceFor('speed', key) >= options.probability) return 1;
  return options.factors[streamFor('speed', key).below(options.factors.length)];
}

/** Uniform in [lowest, highest). */
const between = (lowest: number, highest: number, random: RandomStream) =>
  lowest + (highest - lowest) * random.uniform();

/** Uniform among the integers from lowest to highest. */
const integer = ([lowest, highest]: readonly [number, number], random: RandomStream) =>
  lowest + random.below(highest - lowest + 1);

function sourceOf(technique: string, recordings: readonly SourceRecording[] | undefined): readonly SourceRecording[] {
  if (recordings && recordings.length > 0) return recordings;
  throw internal(`augmentation by ${technique} without its recordings`);
}
