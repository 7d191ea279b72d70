/**
 * @file The same utterance with a pause in it: what a mean over time cannot ignore and attention can.
 *
 * The pause is put where the middle third of the utterance is quietest, so that it parts no word. It sounds as the
 * utterance's own pauses do: pieces of its quietest tenth, drawn at random, overlap by half under sine windows, whose
 * squares sum to one, so that level and spectrum are kept. Digital silence would be unlike anything that a model has
 * been trained on. The draws depend on nothing but the number of samples.
 */
import { keyedRandom } from '../../random.js';

export interface WithPause {
  samples: Float32Array<ArrayBuffer>;
  /** Seconds. */
  pause: { from: number; to: number };
}

/** Of a piece, in seconds. */
const PIECE = 0.032;
const QUIET_SHARE = 0.1;

/** @param samples at least one piece (32 ms) of them */
export function insertPause(
  samples: Float32Array,
  { sampleRate, seconds }: { sampleRate: number; seconds: number },
): WithPause {
  const hop = Math.round((sampleRate * PIECE) / 2);
  const size = 2 * hop;
  const starts = Array.from({ length: Math.max(1, Math.floor((samples.length - size) / hop) + 1) }, (_, i) => i * hop);
  const energies = starts.map((start) => samples.subarray(start, start + size).reduce((sum, x) => sum + x * x, 0));

  const third = Math.floor(starts.length / 3);
  let quietest = third;
  for (let i = third; i < starts.length - third; i++) if (energies[i] < energies[quietest]) quietest = i;
  const at = Math.min(samples.length, starts[quietest] + hop);

  const byLevel = Array.from(starts.keys()).sort((a, b) => energies[a] - energies[b] || a - b);
  const quiet = byLevel.slice(0, Math.max(1, Math.round(QUIET_SHARE * starts.length)));
  const length = Math.round(seconds * sampleRate);
  const longer = new Float32Array(samples.length + length);
  longer.set(samples.subarray(0, at));
  longer.set(samples.subarray(at), at + length);
  const random = keyedRandom('pause', samples.length);
  for (let from = -hop; from < length; from += hop) {
    const start = starts[quiet[random.below(quiet.length)]];
    for (let i = Math.max(0, -from); i < Math.min(size, length - from); i++) {
      longer[at + from + i] += Math.sin((Math.PI * (i + 0.5)) / size) * (samples[start + i] ?? 0);
    }
  }
  return { samples: longer, pause: { from: at / sampleRate, to: (at + length) / sampleRate } };
}
