/**
 * @file Random numbers keyed by what they are for.
 *
 * A generator is made from a list of keys such as (seed, epoch, utterance id), so its numbers depend on nothing else:
 * not on the order of the work, the number of workers, or on a run having been interrupted.
 * Keys are hashed with FNV-1a and mixed with MurmurHash3's finaliser; the generator is xoroshiro128+ (pure-rand).
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** What a generator may be keyed by. */
export type RandomKey = string | number;

/** A stream of random numbers; every method advances it. */
export interface RandomStream {
  /** An integer in [-2^31, 2^31). */
  int32(): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** An integer in [0, n). */
  below(n: number): number;
  /** A draw from the standard normal distribution (Box-Muller). */
  normal(): number;
  /** Puts `items` into random order, in place (Fisher-Yates), and returns it. */
  shuffle<Items extends unknown[] | Uint32Array>(items: Items): Items;
}

/** The random stream of the given keys: equal keys give equal streams, on every machine. */
export function keyedRandom(...keys: RandomKey[]): RandomStream {
  const state = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f].map((salt) => hashKeys(keys, salt));
  const generator = xoroshiro128plusFromState(state.some((word) => word !== 0) ? state : [1, 2, 3, 4]);
  const int32 = () => generator.next() | 0;
  const uniform = () => (int32() >>> 0) / 0x1_0000_0000;
  const below = (n: number) => Math.floor(uniform() * n);
  let spare: number | undefined;
  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const shuffle = <Items extends unknown[] | Uint32Array>(items: Items) => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  };
  return { int32, uniform, below, normal, shuffle };
}

export function hashKeys(keys: RandomKey[], salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (const char of keys.map((key) => `${typeof key === 'number' ? '#' : '"'}${key}`).join('\u0000')) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
