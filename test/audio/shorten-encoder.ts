/**
 * @file Writes shorten data, good and bad, for the tests of reading them: every command, coded as it is told.
 *
 * Not an encoder for use: it does not look for short codes.
 */

/** Numbers of the commands. */
export const command = {
  DIFF0: 0,
  DIFF1: 1,
  DIFF2: 2,
  DIFF3: 3,
  QUIT: 4,
  BLOCKSIZE: 5,
  BITSHIFT: 6,
  QLPC: 7,
  ZERO: 8,
  VERBATIM: 9,
} as const;

/** Collects bits, highest first. */
export interface BitWriter {
  /** A Rice code with `width` low bits. */
  unsigned(value: number, width: number): BitWriter;
  signed(value: number, width: number): BitWriter;
  /** A number of any size, as in the stream's header. */
  number(value: number): BitWriter;
  bits(text: string): BitWriter;
  /** What was written, filled up with zeros to a multiple of four bytes. */
  bytes(): Buffer;
}

function bitWriter(): BitWriter {
  const bits: string[] = [];
  const writer: BitWriter = {
    unsigned(value, width) {
      bits.push('0'.repeat(Math.floor(value / 2 ** width)), '1');
      if (width > 0) bits.push((value % 2 ** width).toString(2).padStart(width, '0'));
      return writer;
    },
    signed: (value, width) => writer.unsigned(value < 0 ? -2 * value - 1 : 2 * value, width),
    number(value) {
      const width = value.toString(2).length;
      return writer.unsigned(width, 2).unsigned(value, width);
    },
    bits(text) {
      bits.push(text);
      return writer;
    },
    bytes() {
      const all = bits.join('');
      const padded = all.padEnd(Math.ceil(all.length / 32) * 32, '0');
      return Buffer.from(padded.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
    },
  };
  return writer;
}

export interface ShortenOptions {
  version?: number;
  /** 5: 16 bits, low byte first. */
  type?: number;
  channels?: number;
  blockSize?: number;
  maxOrder?: number;
  meanBlocks?: number;
  /** Bytes in front that are to be skipped. */
  skipped?: number[];
}

/** The beginning of a stream; what `write` adds follows. */
export function shortenStream(options: ShortenOptions, write: (writer: BitWriter) => void): Buffer {
  const { version = 2, type = 5, channels = 1, blockSize = 16, maxOrder = 0, meanBlocks = 4, skipped = [] } = options;
  const writer = bitWriter();
  for (const value of [type, channels, blockSize, maxOrder, meanBlocks, skipped.length]) writer.number(value);
  for (const byte of skipped) writer.unsigned(byte, 7);
  write(writer);
  return Buffer.concat([Buffer.from('ajkg'), Buffer.of(version), writer.bytes()]);
}

export interface BlockCoding {
  command: 'DIFF0' | 'DIFF1' | 'DIFF2' | 'DIFF3' | 'QLPC' | 'ZERO';
  /** Of QLPC, in 1/32. */
  coefficients?: number[];
  /** Low bits of the residuals, without the sign; default: enough for short codes. */
  energy?: number;
}

/**
 * Channels of equal length as shorten data. Blocks are coded as `coding` says; `shift` gives their bit shift, and the
 * samples must be multiples of 2^shift. The last block is as short as it needs to be.
 */
export function shortenOf(
  channels: number[][],
  options: ShortenOptions & {
    coding?: (block: number, channel: number) => BlockCoding;
    shift?: (block: number) => number;
    verbatim?: string;
  } = {},
): Buffer {
  const { version = 2, blockSize = 16, maxOrder = 0, meanBlocks = 4, verbatim } = options;
  const { coding = () => ({ command: 'DIFF1' }), shift = () => 0 } = options;
  const length = channels[0].length;
  return shortenStream({ ...options, channels: channels.length }, (writer) => {
    if (verbatim !== undefined) {
      writer.unsigned(command.VERBATIM, 2).unsigned(verbatim.length, 5);
      for (const byte of Buffer.from(verbatim)) writer.unsigned(byte, 8);
    }
    // Unshifted samples of the past, newest last, and full-scale means of the past blocks.
    const pasts = channels.map(() => new Array<number>(Math.max(3, maxOrder)).fill(0));
    const means = channels.map(() => new Array<number>(meanBlocks).fill(0));
    let shifted = 0;
    let size = blockSize;
    for (let from = 0, block = 0; from < length; from += size, block++) {
      if (length - from < size) {
        size = length - from;
        writer.unsigned(command.BLOCKSIZE, 2).number(size);
      }
      if (shift(block) !== shifted) {
        shifted = shift(block);
        writer.unsigned(command.BITSHIFT, 2).unsigned(shifted, 2);
      }
      for (const [channel, samples] of channels.entries()) {
        const past = pasts[channel];
        const wanted = samples.slice(from, from + size).map((sample) => sample / 2 ** shifted);
        writeBlock(writer, coding(block, channel), past, wanted, meanOf(means[channel], version, shifted), version);
        const half = version === 1 ? 0 : size >> 1;
        const mean = Math.trunc((wanted.reduce((a, b) => a + b, 0) + half) / size);
        means[channel].push(mean * (version === 1 ? 1 : 2 ** shifted));
        means[channel].shift();
        past.splice(0, past.length, ...[...past, ...wanted].slice(-past.length));
      }
    }
    writer.unsigned(command.QUIT, 2);
  });
}

function meanOf(means: number[], version: number, shift: number): number {
  if (means.length === 0) return 0;
  const sum = means.reduce((a, b) => a + b, 0);
  if (version === 1) return Math.trunc(sum / means.length);
  return Math.floor(Math.trunc((sum + (means.length >> 1)) / means.length) / 2 ** shift);
}

function writeBlock(
  writer: BitWriter,
  { command: name, coefficients = [], energy }: BlockCoding,
  past: number[],
  wanted: number[],
  mean: number,
  version: number,
): void {
  writer.unsigned(command[name], 2);
  if (name === 'ZERO') return;
  const line = [...past, ...wanted];
  const predict: Record<typeof name, (i: number) => number> = {
    DIFF0: () => mean,
    DIFF1: (i) => line[i - 1],
    DIFF2: (i) => 2 * line[i - 1] - line[i - 2],
    DIFF3: (i) => 3 * line[i - 1] - 3 * line[i - 2] + line[i - 3],
    QLPC: (i) => {
      const sum = coefficients.reduce((total, a, k) => total + a * (line[i - 1 - k] - mean), version === 1 ? 0 : 32);
      return mean + Math.floor(sum / 32);
    },
  };
  const residuals = wanted.map((sample, i) => sample - predict[name](past.length + i));
  const average = residuals.reduce((sum, r) => sum + Math.abs(r), 0) / residuals.length;
  const width = energy ?? Math.max(0, Math.ceil(Math.log2(average + 1)));
  writer.unsigned(width, 3);
  if (name === 'QLPC') {
    writer.unsigned(coefficients.length, 2);
    for (const a of coefficients) writer.signed(a, 6);
  }
  for (const r of residuals) writer.signed(r, width + 1);
}
