/**
 * @file Whether a recording holds a voice that can be compared: it is not silent, not broken, and long enough.
 *
 * Frames count as sound where their energy lies within 30 dB of the 95th percentile of the recording's own. That tells
 * pauses from what was said, not speech from music.
 */
import { createAudioMeter } from '../corpus/inspection/audio-measures.js';
import { UserError } from '../errors.js';

/** Seconds of a recording, and of sound in it, without which nothing is compared. */
const SHORTEST = 0.5;
const LEAST_SOUND = 0.3;
/** Below this a score says little. */
const RELIABLE = 2;
/** dB of full scale. The loudest parts of a whisper across a room are above it. */
const SILENT = -65;
const FRAME_SECONDS = 0.02;
const SOUND_RANGE_DB = 30;
/** Share of the samples from which clipping is said. */
const CLIPPED = 0.01;

export interface CheckedSpeech {
  /** Length of the recording. */
  seconds: number;
  /** Of it, with sound. */
  soundSeconds: number;
  /** What makes a score less reliable: one sentence each. */
  notes: string[];
}

/**
 * @param samples one channel, −1 … 1
 * @param where names the recording in messages
 * @throws UserError for silence, for what is too short, and for values that are no numbers
 */
export function checkSpeech(samples: Float32Array, sampleRate: number, where: string): CheckedSpeech {
  const meter = createAudioMeter(sampleRate);
  meter.add(samples);
  const { activeLevel, clipped, nonFinite } = meter.measures();
  if (nonFinite > 0) throw new UserError(`${where}: ${nonFinite} of its samples are no numbers; the file is damaged`);
  const seconds = samples.length / sampleRate;
  if (seconds < SHORTEST) {
    throw new UserError(
      `${where}: is ${seconds.toFixed(2)} s long, and a voice needs ${SHORTEST} s at least\n  3 s or more are better`,
    );
  }
  if (activeLevel < SILENT) {
    throw new UserError(
      `${where}: is silent: its loudest parts have ${Math.round(activeLevel)} dB of full scale, speech has -40 or more\n  was the microphone on?`,
    );
  }
  const soundSeconds = secondsOfSound(samples, sampleRate);
  if (soundSeconds < LEAST_SOUND) {
    throw new UserError(
      `${where}: only ${soundSeconds.toFixed(2)} s of its ${seconds.toFixed(1)} s hold sound, and a voice needs ${LEAST_SOUND} s at least`,
    );
  }
  const notes = [
    ...(soundSeconds < RELIABLE
      ? [`${where}: holds ${soundSeconds.toFixed(1)} s of sound; below ${RELIABLE} s a score says little`]
      : []),
    ...(clipped > CLIPPED ? [`${where}: ${(100 * clipped).toFixed(0)} % of it is clipped: recorded too loudly`] : []),
  ];
  return { seconds, soundSeconds, notes };
}

function secondsOfSound(samples: Float32Array, sampleRate: number): number {
  const length = Math.max(1, Math.round(FRAME_SECONDS * sampleRate));
  const powers = Float64Array.from({ length: Math.floor(samples.length / length) }, (_, frame) => {
    let [sum, squares] = [0, 0];
    for (let i = frame * length; i < (frame + 1) * length; i++) {
      sum += samples[i];
      squares += samples[i] * samples[i];
    }
    return Math.max(0, squares / length - (sum / length) ** 2);
  });
  const loud = powers.toSorted()[Math.floor(0.95 * (powers.length - 1))];
  const bound = loud / 10 ** (SOUND_RANGE_DB / 10);
  return (powers.filter((power) => power > bound).length * length) / sampleRate;
}
