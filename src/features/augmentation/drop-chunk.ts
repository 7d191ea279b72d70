/**
 * @file Dropped chunks: short stretches of the waveform are set to 0 (SpeechBrain's DropChunk).
 *
 * Lengths and places are uniform; chunks may overlap. Each is at most 1/(2·count) of the clip, so that half of it
 * stays, however short it is.
 */
import type { RandomStream } from '../../random.js';

/**
 * The samples with `count` chunks of silence; a new array.
 * @param length shortest and longest chunk, in samples
 */
export function dropChunks(
  samples: Float32Array,
  { count, length: [shortest, longest] }: { count: number; length: readonly [number, number] },
  random: RandomStream,
): Float32Array<ArrayBuffer> {
  const dropped = Float32Array.from(samples);
  const bound = Math.floor(samples.length / (2 * count));
  for (let chunk = 0; chunk < count; chunk++) {
    const length = Math.min(bound, shortest + random.below(longest - shortest + 1));
    const start = random.below(samples.length - length + 1);
    dropped.fill(0, start, start + length);
  }
  return dropped;
}
