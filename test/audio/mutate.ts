/** @file Damages files at random, the same way for the same seed, and reads them without a disc. */
import type { AudioFormat, AudioSource } from '../../src/audio/audio-format.js';
import { UserError } from '../../src/errors.js';
import { keyedRandom } from '../../src/random.js';

/**
 * A copy of `bytes` with one to eight changes: bits flipped, bytes replaced by others or by those that parsers stumble over,
 * pieces cut out or doubled, the end cut off. Most changes are among the first `among` bytes, where the meaning is.
 */
export function mutate(bytes: Buffer, seed: number, { among = bytes.length }: { among?: number } = {}): Buffer {
  const { below, uniform } = keyedRandom(seed, 'mutate');
  let mutated = Buffer.from(bytes);
  for (let left = 1 + below(8); left > 0 && mutated.length > 8; left--) {
    const at = below(uniform() < 0.8 ? Math.min(among, mutated.length) : mutated.length);
    const kind = below(8);
    if (kind < 3) mutated[at] ^= 1 << below(8);
    else if (kind === 3) mutated[at] = below(256);
    else if (kind === 4) mutated.subarray(at, at + 1 + below(8)).fill([0x00, 0xff, 0x7f, 0x39][below(4)]);
    else if (kind === 5) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1 + below(16))]);
    else if (kind === 6) mutated = Buffer.concat([mutated.subarray(0, at + 16), mutated.subarray(at)]);
    else if (uniform() < 0.3) mutated = mutated.subarray(0, at);
  }
  return mutated;
}

/** The last channel of `bytes` as `format` reads it, or undefined where it refuses them with a UserError. */
export async function readDamaged(format: AudioFormat, bytes: Buffer): Promise<Float32Array | undefined> {
  const source: AudioSource = {
    path: 'damaged',
    size: bytes.length,
    identity: `damaged ${(identities += 1)}`,
    read: (position, length) => {
      const piece = Uint8Array.from(bytes.subarray(position, Math.max(position, position + length)));
      return Buffer.from(piece.buffer);
    },
  };
  try {
    if (!format.matches(source.read(0, 64))) return undefined;
    const { frames, channels } = await format.probe(source);
    return await format.readChannel(source, { from: 0, count: frames, channel: channels - 1 });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

let identities = 0;
