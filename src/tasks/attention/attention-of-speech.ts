/**
 * @file Where a model looks in an utterance: audio → features → attention of each layer, and its figures.
 *
 * The features are those that `embed` makes, so the embedding is the same, to the last bit. Where they leave out frames
 * without speech, attention is put back in its place on the time axis, with nothing in between.
 */
import { createEngine } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import {
  energyVad,
  frameLogEnergies,
  speechFrames,
  vadOptions,
  type VadOptions,
} from '../../features/fbank/energy-vad.js';
import { createFbank, type Features } from '../../features/fbank/fbank.js';
import { frameGeometry } from '../../features/fbank/frame-geometry.js';
import { normalizeFeatures } from '../../features/normalization.js';
import { highFrequency } from '../../features/fbank/mel-filterbank.js';
import type { FeatureOptions, RatePolicy } from '../../features/options.js';
import { byFlag, readFeatureAudio, type AudioPiece } from '../../features/utterance-features.js';
import { createAttentionMapper, meanAttention, rowEntropies, type AttentionMap } from '../../models/attention-maps.js';
import type { FrameAttentionLayer } from '../../models/contract/model.js';
import { readModelFolder } from '../../models/model-folder.js';
import type { AttentionUtterance, LayerAttention, Moment } from '../../report/figures/attention-data.js';
import { withRatePolicy } from '../embedding/embed-files.js';
import type { EngineOptions } from '../../engine/create-engine.js';

export interface OpenExplainerOptions {
  modelDir: string;
  engine: EngineOptions;
  /** Layers to explain, by their place (from 1) or their name in the state dict. Default: all. */
  layers?: readonly string[];
  otherRates?: RatePolicy;
}

export interface Explanation {
  readonly utterance: AttentionUtterance;
  readonly embedding: Float32Array;
}

/** A model that is ready to show where it looks. */
export interface Explainer {
  /** Title of the model. */
  readonly model: string;
  readonly lowFreq: number;
  readonly highFreq: number;
  readonly sampleRate: number;
  /** Samples as the model's features take them. */
  read(piece: AudioPiece): Promise<Float32Array<ArrayBuffer>>;
  /** @throws UserError naming the utterance: too short, too long, without speech */
  explain(samples: Float32Array, about: { name: string; pause?: AttentionUtterance['pause'] }): Promise<Explanation>;
  close(): Promise<void>;
}

/** Weights of this many frames still fit into memory, whatever the model: 5 minutes at 100 frames a second. */
const MOST_FRAMES = 30_000;

/** @throws UserError for a model that cannot be explained, and for layers that it does not have */
export async function openExplainer({
  modelDir,
  engine,
  layers: wanted = [],
  otherRates,
}: OpenExplainerOptions): Promise<Explainer> {
  const { speakerModel, tensors, features, globalMean } = readModelFolder(modelDir);
  if (features === undefined) {
    throw new UserError(
      `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be explained`,
    );
  }
  const attending = speakerModel.frameAttention ?? [];
  if (attending.length === 0) {
    throw new UserError(
      `${modelDir}: ${speakerModel.title} attends to no frames, so there is nothing to show\n` +
        '  models that can be explained: those with cross attention (aca-net) or attentive pooling (ecapa-tdnn, aca-net with pooling: attentive)',
    );
  }
  const chosen = chooseLayers(attending, wanted, modelDir);
  const options = withRatePolicy(features as FeatureOptions, otherRates);
  const { vad, ...wholeOptions } = options;
  const fbank = createFbank(wholeOptions);
  const mapper = (await createAttentionMapper(await createEngine(engine), speakerModel, tensors))!;
  const mean = globalMean && Float32Array.from(globalMean);
  const { centre } = frameGeometry(options);

  return {
    model: speakerModel.title,
    lowFreq: options.lowFreq,
    highFreq: highFrequency(options.sampleRate, options.highFreq),
    sampleRate: options.sampleRate,
    read: (piece) => readFeatureAudio(piece, options, { remedy: byFlag }),
    async explain(samples, { name, pause }) {
      const whole = about(name, () => fbank(samples));
      if (whole.frames > MOST_FRAMES) {
        throw new UserError(
          `${name}: ${whole.frames} frames are more than the ${MOST_FRAMES} that can be explained at once\n  cut out a piece of it`,
        );
      }
      const energies = frameLogEnergies(samples, options);
      const isSpeech = energyVad(energies, vad ?? byLevel(energies));
      const given = vad ? speechFrames(whole, isSpeech) : { ...whole, data: whole.data.slice() };
      if (given.frames === 0) throw new UserError(`${name}: none of its ${whole.frames} frames holds speech`);
      normalizeFeatures(given, options.normalize, { globalMean: mean });
      const { embedding, maps } = await mapper.map(given, name);
      const times = Float64Array.from({ length: whole.frames }, (_, frame) => centre(frame));
      const inPause = pause && times.map((time) => (time >= pause.from && time < pause.to ? 1 : 0));
      const layers = maps
        .filter(({ layer }) => chosen.includes(layer))
        .map((map) => layerAttention(map, { isSpeech, inPause, kept: vad && isSpeech }));
      const seconds = samples.length / options.sampleRate;
      const utterance: AttentionUtterance = {
        name,
        duration: seconds,
        frames: whole.frames,
        framesGiven: given.frames,
        times,
        spectrum: bandsOf(whole, options.bins),
        speech: isSpeech.slice(0, whole.frames),
        speechFrames: isSpeech.subarray(0, whole.frames).reduce((sum, flag) => sum + flag, 0),
        pause,
        layers,
        moments: topMoments(layers, times, given.frames),
      };
      return { utterance, embedding };
    },
    close: () => mapper.close(),
  };
}

/** Log energy that is no speech: what Kaldi's bound is for a clip at a constant level, −69 dB of full scale. */
const SILENCE = 11;

/** Decibels → the natural logarithm of an energy. */
const DECIBEL = Math.LN10 / 10;

/**
 * Speech by level, for models that are given all frames: within 30 dB of the loud frames (the 95th percentile), or
 * above half way down to the quiet ones (the 5th) where noise leaves less; all or none of an utterance of one level.
 * Kaldi's bound, which lies half way to silence, would count every pause of a clean recording as speech.
 */
function byLevel(energies: Float64Array): VadOptions {
  const sorted = Float64Array.from(energies).sort();
  const [quiet, loud] = [0.05, 0.95].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const depth = loud - quiet < 6 * DECIBEL ? Infinity : Math.min(30 * DECIBEL, (loud - quiet) / 2);
  return { ...vadOptions.parse({}), threshold: Math.max(SILENCE, loud - depth), meanScale: 0 };
}

function chooseLayers(
  layers: readonly FrameAttentionLayer[],
  wanted: readonly string[],
  where: string,
): readonly FrameAttentionLayer[] {
  const find = (name: string) => layers.find((layer, i) => layer.name === name || String(i + 1) === name);
  const unknown = wanted.find((name) => !find(name));
  if (unknown !== undefined) {
    const known = layers.map(({ name, title }, i) => `  ${i + 1}  ${name} (${title})`).join('\n');
    throw new UserError(`--layer ${unknown}: ${where} has no such layer that attends to frames; it has\n${known}`);
  }
  return wanted.length === 0 ? layers : layers.filter((layer) => wanted.some((name) => find(name) === layer));
}

function about<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${name}: ${error.message}`, { cause: error }) : error;
  }
}

/** The mel bands, without the energy that may stand before them. */
function bandsOf({ frames, bins, data }: Features, bands: number): AttentionUtterance['spectrum'] {
  if (bins === bands) return { bands, data };
  const only = new Float32Array(frames * bands);
  for (let t = 0; t < frames; t++) only.set(data.subarray((t + 1) * bins - bands, (t + 1) * bins), t * bands);
  return { bands, data: only };
}

interface FrameKinds {
  isSpeech: Uint8Array;
  inPause?: Float64Array;
  /** The frames that the model was given; absent: all. */
  kept?: Uint8Array;
}

function layerAttention(map: AttentionMap, { isSpeech, inPause, kept }: FrameKinds): LayerAttention {
  const { layer, rows, frames } = map;
  const given = meanAttention(map);
  const entropies = rowEntropies(map);
  const entropy = entropies.reduce((sum, value) => sum + value, 0) / rows;
  const [covered] = rowEntropies({ ...map, rows: 1, weights: Float32Array.from(given) });
  const mean = kept ? putBack(given, 1, kept) : given;
  const shareOf = (flags: ArrayLike<number>) => mean.reduce((sum, share, t) => sum + share * flags[t], 0);
  return {
    name: layer.name,
    title: layer.title,
    unit: layer.rows,
    rows,
    weights: kept ? Float32Array.from(putBack(map.weights, rows, kept)) : map.weights,
    mean,
    entropy,
    effectiveFrames: Math.exp(entropy),
    coveredFrames: Math.exp(covered),
    evenness: Math.exp(entropy) / frames,
    speechShare: shareOf(isSpeech),
    ...(inPause && { pauseShare: shareOf(inPause) }),
  };
}

/** Values of the kept frames [rows, kept] among all frames, with zeros elsewhere: [rows, frames]. */
function putBack(values: ArrayLike<number>, rows: number, kept: Uint8Array): Float64Array {
  const all = new Float64Array(rows * kept.length);
  let at = 0;
  for (let i = 0; i < all.length; i++) if (kept[i % kept.length]) all[i] = values[at++];
  return all;
}

/** Frames on each side that a moment is averaged over. */
const MOMENT_REACH = 3;
/** Seconds between two moments. */
const MOMENT_APART = 0.25;
/** Times the even share that a moment gets at least. */
const MOMENT_FROM = 1.05;

/** The moments that get most attention, averaged over the layers; only those that stand out. */
function topMoments(layers: readonly LayerAttention[], times: Float64Array, given: number, count = 5): Moment[] {
  const frames = times.length;
  const multiples = Float64Array.from(times, (_, t) => {
    const [from, to] = [Math.max(0, t - MOMENT_REACH), Math.min(frames, t + MOMENT_REACH + 1)];
    let sum = 0;
    for (const { mean } of layers) for (let i = from; i < to; i++) sum += mean[i];
    return (sum * given) / (layers.length * (to - from));
  });
  const order = Array.from(multiples.keys()).sort((a, b) => multiples[b] - multiples[a] || a - b);
  const moments: Moment[] = [];
  for (const t of order) {
    if (moments.length === count || !(multiples[t] >= MOMENT_FROM)) break;
    if (moments.every(({ time }) => Math.abs(time - times[t]) >= MOMENT_APART)) {
      moments.push({ time: times[t], timesEven: multiples[t] });
    }
  }
  return moments;
}
