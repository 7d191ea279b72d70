/**
 * @file Reads Rice-coded numbers from a stream of bits, highest bit first.
 *
 * A number n with w low bits is stored as n >> w zeros, a one, then the w low bits (Rice, "Some Practical Universal
 * Noiseless Coding Techniques", JPL 79-22, 1979). Signed numbers are folded first: 0, −1, 1, −2 … become 0, 1, 2, 3 ….
 * Whatever the bits are, reading ends: beyond the data lie zeros only, and a run of zeros that reaches the end is an
 * error.
 */

/** Zero bytes kept behind the data, so that 4 bytes can always be looked at. */
const PADDING = 4;
/** Codes from here on are refused; no sound stream of 16-bit samples holds such a number. */
const LIMIT = 2 ** 31;

export class RiceReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #fail: (byte: number, problem: string) => Error;
  #byte: number;
  /** Bits of the current byte that are used up: 0 … 7. */
  #bit = 0;

  /** Reads from byte `from` on. `fail` makes the error for what is wrong at a byte of `bytes`. */
  constructor(bytes: Uint8Array, from: number, fail: (byte: number, problem: string) => Error) {
    this.#bytes = new Uint8Array(bytes.length + PADDING);
    this.#bytes.set(bytes);
    this.#end = bytes.length;
    this.#fail = fail;
    this.#byte = from;
  }

  /** The byte that the next bit is in. */
  get byte(): number {
    return this.#byte;
  }

  /** A number with `width` low bits, at most 31 of them. */
  unsigned(width: number): number {
    const bytes = this.#bytes;
    let zeros = 0;
    let rest = (bytes[this.#byte] << this.#bit) & 0xff;
    while (rest === 0) {
      zeros += 8 - this.#bit;
      this.#bit = 0;
      this.#byte++;
      if (this.#byte >= this.#end) throw this.#fail(this.#end, 'the data end too early');
      rest = bytes[this.#byte];
    }
    const run = Math.clz32(rest) - 24;
    zeros += run;
    this.#skip(run + 1);
    let low = 0;
    for (let left = width; left > 0;) {
      const taken = Math.min(left, 8 - this.#bit);
      low = low * 2 ** taken + (((bytes[this.#byte] << this.#bit) & 0xff) >> (8 - taken));
      this.#skip(taken);
      left -= taken;
    }
    this.#checkEnd();
    const value = zeros * 2 ** width + low;
    if (value >= LIMIT) throw this.#fail(this.#byte, `a number of ${value} is too large`);
    return value;
  }

  /** A folded number of which `width` low bits are stored, the sign included. */
  signed(width: number): number {
    const code = this.unsigned(width);
    return (code >>> 1) ^ -(code & 1);
  }

  /** `count` signed numbers of `width` ≥ 1 low bits each, into `into` from index `from`. */
  signedBlock(width: number, into: Int32Array, from: number, count: number): void {
    const bytes = this.#bytes;
    const end = from + count;
    let at = this.#byte;
    let used = this.#bit;
    for (let i = from; i < end; i++) {
      // At least 25 bits that are not used up, at the top. Beyond the data they are zeros, which take the slow way.
      const window = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) << used;
      const zeros = Math.clz32(window);
      const length = zeros + 1 + width;
      if (length <= 25) {
        const code = (zeros << width) | ((window << (zeros + 1)) >>> (32 - width));
        into[i] = (code >>> 1) ^ -(code & 1);
        used += length;
        at += used >> 3;
        used &= 7;
      } else {
        this.#byte = at;
        this.#bit = used;
        into[i] = this.signed(width);
        at = this.#byte;
        used = this.#bit;
      }
    }
    this.#byte = at;
    this.#bit = used;
    this.#checkEnd();
  }

  #skip(bits: number): void {
    const used = this.#bit + bits;
    this.#byte += used >> 3;
    this.#bit = used & 7;
  }

  #checkEnd(): void {
    if (this.#byte > this.#end || (this.#byte === this.#end && this.#bit > 0)) {
      throw this.#fail(this.#end, 'the data end too early');
    }
  }
}
