/** @file One synthetic utterance: voice, session and sentence put together. A function of its arguments alone. */
import { keyedRandom } from '../../../random.js';
import { makeSession, record } from './channel.js';
import { speakSentence } from './sentence.js';
import { synthesize } from './vocal-tract.js';
import type { Voice } from './voice.js';

/** `samples` samples in -1…1 of `voice` saying something of its own in `session`. */
export function synthesizeUtterance({
  seed,
  voice,
  utterance,
  session,
  snr,
  samples,
  sampleRate,
}: {
  seed: number;
  voice: Voice;
  /** Id of the utterance; keys what is said. */
  utterance: string;
  /** Id of the session; keys how it is recorded. */
  session: string;
  snr: readonly [number, number];
  samples: number;
  sampleRate: number;
}): Float32Array<ArrayBuffer> {
  const random = keyedRandom(seed, voice.speaker, utterance);
  const situation = makeSession(seed, session, snr);
  const noise = uniformNoise(random.int32());
  const tracks = speakSentence(voice, situation, samples / sampleRate, random);
  const speech = synthesize(tracks, voice, { samples, sampleRate, noise });
  record(speech, situation, { sampleRate, noise });
  return speech;
}

/** White noise in [-1, 1): Marsaglia's xorshift32, as a sample's noise must cost nanoseconds. */
function uniformNoise(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x8000_0000;
  };
}
