/**
 * @file Decodes shorten, the lossless compression inside many SPHERE files (Robinson, "SHORTEN: Simple lossless and
 * near-lossless waveform compression", CUED/F-INFENG/TR.156, 1994), versions 1 to 3.
 *
 * `ajkg`, a byte with the version, then Rice-coded numbers (`rice-reader.ts`): the sample type, the channels, the block
 * size, the highest order of a linear predictor, how many blocks the running mean spans; then commands. A command codes
 * one block of one channel, channels in turn, as a prediction from the samples before it and the residuals:
 *   DIFF0 the mean · DIFF1 x₁ · DIFF2 2x₁ − x₂ · DIFF3 3x₁ − 3x₂ + x₃ · QLPC Σ aₖxₖ · ZERO all samples are 0
 * or changes the block size or the bit shift, carries foreign bytes along (VERBATIM), or ends the data (QUIT).
 *
 * A damaged stream is an error: no value is clipped or made up, samples are only allocated as they are decoded, and the
 * time is bounded by the size of the stream and the number of samples wanted.
 */
import { UserError } from '../errors.js';
import { RiceReader } from './rice-reader.js';
import { type ShortenCoding, type StoredForm, mostShift, shortenTypes, storedForm } from './shorten-types.js';

export type { ShortenCoding } from './shorten-types.js';

export interface ShortenHeader {
  version: number;
  coding: ShortenCoding;
  channels: number;
  /** Samples of one channel in a block; later blocks may be shorter, not longer. */
  blockSize: number;
}

interface Header extends ShortenHeader {
  type: number;
  maxOrder: number;
  meanBlocks: number;
  reader: RiceReader;
}

/** What is the same for all blocks of a stream. */
interface Stream {
  reader: RiceReader;
  version: number;
  /** Samples kept in front of a block: line[0 … past − 1]. */
  past: number;
  maxOrder: number;
  fail: Failure;
}

type Failure = (byte: number, problem: string) => UserError;

const [DIFF0, DIFF1, DIFF2, DIFF3, QUIT, BLOCKSIZE, BITSHIFT, QLPC, ZERO, VERBATIM] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Low bits of the numbers in the stream. */
const WIDTH = {
  numberWidth: 2,
  command: 2,
  energy: 3,
  bitShift: 2,
  order: 2,
  coefficient: 6,
  verbatimLength: 5,
  verbatimByte: 8,
  skippedByte: 7,
};
/** The fewest bits that the command for a block takes: ZERO is 00 1 00. */
const SHORTEST_COMMAND = 5;
/**
 * Samples that are decoded at most: 9 hours of one channel at 16 kHz, 1 GiB. Silence takes next to no room in a file.
 */
const MOST_SAMPLES = 2 ** 29;
/** Bounds that no encoder's streams reach; beyond them a stream is damaged. */
const MAX = { channels: 32, blockSize: 65535, order: 64, meanBlocks: 32768, energy: 24, coefficient: 2 ** 15 };

/**
 * What the first bytes of shorten data say; 64 bytes are enough. `start` is where they begin in the file `path`.
 * @throws UserError naming the file and the byte where the data are not as they should be
 */
export function shortenHeader(path: string, bytes: Uint8Array, start: number): ShortenHeader {
  const { version, coding, channels, blockSize } = readHeader(bytes, failure(path, start));
  return { version, coding, channels, blockSize };
}

/** The most samples, of all channels together, that `length` bytes of shorten data can hold. */
export function mostShortenSamples({ blockSize }: ShortenHeader, length: number): number {
  return Math.floor((8 * length) / SHORTEST_COMMAND) * blockSize;
}

/**
 * Decodes exactly `frames` samples of each channel; they come interleaved, as they were stored: 8- and 16-bit values,
 * or codes 0 … 255. Bytes behind the end mark are ignored.
 * @throws UserError naming the file and the byte of the fault; also if the data hold fewer or more samples than that
 */
export function decodeShorten(path: string, bytes: Uint8Array, start: number, frames: number): Int16Array {
  const fail = failure(path, start);
  const header = readHeader(bytes, fail);
  const { reader, version, type, channels, maxOrder, meanBlocks } = header;
  for (let left = numberOf(reader, fail); left > 0; left--) reader.unsigned(WIDTH.skippedByte);

  const past = Math.max(3, maxOrder);
  const stream: Stream = { reader, version, past, maxOrder, fail };
  const lines = Array.from({ length: channels }, () => ({
    samples: new Int32Array(past + Math.min(header.blockSize, frames)),
    mean: runningMean(meanBlocks, version),
  }));
  const total = frames * channels;
  if (total > MOST_SAMPLES) {
    throw new UserError(
      `${path}: holds ${total} samples; at most ${MOST_SAMPLES} of shorten data can be decoded at once`,
    );
  }
  // Speech is seldom packed into less than half a byte a sample; where it is, the array grows.
  let samples: Int16Array = new Int16Array(Math.min(total, 2 * bytes.length));
  let blockSize = header.blockSize;
  let shift = 0;
  const forms = [storedForm(type, shift)]; // by shift
  let done = 0; // frames
  let channel = 0;

  for (;;) {
    const at = reader.byte;
    const command = reader.unsigned(WIDTH.command);
    if (command === QUIT) break;
    if (command === BLOCKSIZE) {
      const next = numberOf(reader, fail);
      if (next < 1 || next > header.blockSize || channel !== 0) {
        throw fail(at, `expected a block size of 1 to ${header.blockSize}, before the first channel, got ${next}`);
      }
      blockSize = next;
    } else if (command === BITSHIFT) {
      shift = reader.unsigned(WIDTH.bitShift);
      const most = mostShift(type);
      if (shift > most) throw fail(at, `expected a bit shift of at most ${most}, got ${shift}`);
      forms[shift] ??= storedForm(type, shift);
    } else if (command === VERBATIM) {
      for (let left = reader.unsigned(WIDTH.verbatimLength); left > 0; left--) reader.unsigned(WIDTH.verbatimByte);
    } else if (command <= DIFF3 || command === QLPC || command === ZERO) {
      if (done + blockSize > frames) throw fail(at, `the data hold more than the ${frames} samples that are promised`);
      const line = lines[channel];
      decodeBlock(stream, line.samples, blockSize, command, line.mean.offset(shift));
      const needed = (done + blockSize - 1) * channels + channel + 1;
      if (needed > samples.length) samples = grown(samples, Math.min(total, Math.max(2 * samples.length, needed)));
      const block = line.samples.subarray(past, past + blockSize);
      const wild = store(block, forms[shift], samples, done * channels + channel, channels);
      if (wild !== undefined) throw fail(at, `a sample of ${wild} is out of range`);
      line.mean.add(line.samples, past, blockSize, shift);
      line.samples.copyWithin(0, blockSize, blockSize + past);
      channel = (channel + 1) % channels;
      if (channel === 0) done += blockSize;
    } else {
      throw fail(at, `expected a command from 0 to 9, got ${command}`);
    }
  }
  if (done !== frames || channel !== 0) {
    throw fail(reader.byte, `the data end after ${done} samples; ${frames} are promised`);
  }
  return samples;
}

function readHeader(bytes: Uint8Array, fail: Failure): Header {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (bytes.length < 5) throw fail(bytes.length, 'the data end too early');
  if (magic !== 'ajkg') throw fail(0, `expected "ajkg" at the beginning, got ${JSON.stringify(magic)}`);
  const version = bytes[4];
  if (version < 1 || version > 3) throw fail(4, `expected shorten version 1, 2 or 3, got ${version}`);
  const reader = new RiceReader(bytes, 5, fail);
  const within = (what: string, lowest: number, highest: number): number => {
    const at = reader.byte;
    const value = numberOf(reader, fail);
    if (value >= lowest && value <= highest) return value;
    throw fail(at, `expected ${what} of ${lowest} to ${highest}, got ${value}`);
  };
  const type = numberOf(reader, fail);
  const coding = shortenTypes.get(type);
  if (coding === undefined)
    throw fail(5, `expected a sample type of ${[...shortenTypes.keys()].join(', ')}, got ${type}`);
  const channels = within('a channel count', 1, MAX.channels);
  const blockSize = within('a block size', 1, MAX.blockSize);
  const maxOrder = within('a highest predictor order', 0, MAX.order);
  const meanBlocks = within('a number of blocks of the running mean', 0, MAX.meanBlocks);
  return { version, type, coding, channels, blockSize, maxOrder, meanBlocks, reader };
}

/** A number of any size: first how many low bits it has. */
function numberOf(reader: RiceReader, fail: Failure): number {
  const width = reader.unsigned(WIDTH.numberWidth);
  if (width > 31) throw fail(reader.byte, `expected a number of at most 31 bits, got one of ${width}`);
  return reader.unsigned(width);
}

function failure(path: string, start: number): Failure {
  return (byte, problem) => new UserError(`${path}: damaged shorten data at byte ${start + byte}: ${problem}`);
}

/** One block of one channel, into line[past … past + count − 1]; values are not shifted yet. */
function decodeBlock(stream: Stream, line: Int32Array, count: number, command: number, offset: number): void {
  const { reader, past, fail } = stream;
  const end = past + count;
  if (command === ZERO) {
    line.fill(0, past, end);
    return;
  }
  const at = reader.byte;
  const width = reader.unsigned(WIDTH.energy) + 1; // the sign takes a bit
  if (width > MAX.energy) throw fail(at, `expected residuals of at most ${MAX.energy} bits, got ${width}`);
  if (command === QLPC) {
    decodePredicted(stream, line, count, width, offset);
    return;
  }
  reader.signedBlock(width, line, past, count);
  // A residual has at most 30 bits, so the first value that is out of range is stored as it is, and `store` sees it.
  let x1 = line[past - 1];
  let x2 = line[past - 2];
  let x3 = line[past - 3];
  if (command === DIFF0) {
    for (let i = past; i < end; i++) line[i] += offset;
  } else if (command === DIFF1) {
    for (let i = past; i < end; i++) {
      x1 = (line[i] + x1) | 0;
      line[i] = x1;
    }
  } else if (command === DIFF2) {
    for (let i = past; i < end; i++) {
      const x = (line[i] + 2 * x1 - x2) | 0;
      x2 = x1;
      x1 = x;
      line[i] = x;
    }
  } else {
    for (let i = past; i < end; i++) {
      const x = (line[i] + 3 * (x1 - x2) + x3) | 0;
      x3 = x2;
      x2 = x1;
      x1 = x;
      line[i] = x;
    }
  }
}

/** QLPC: coefficients are in 1/32; samples are predicted without their mean. */
function decodePredicted(
  { reader, version, past, maxOrder, fail }: Stream,
  line: Int32Array,
  count: number,
  width: number,
  offset: number,
): void {
  const at = reader.byte;
  const order = reader.unsigned(WIDTH.order);
  if (order > maxOrder) throw fail(at, `expected a predictor of order 0 to ${maxOrder}, got ${order}`);
  const coefficients = Int32Array.from({ length: order }, () => reader.signed(WIDTH.coefficient));
  if (coefficients.some((a) => Math.abs(a) > MAX.coefficient)) throw fail(at, 'a predictor coefficient is too large');
  reader.signedBlock(width, line, past, count);
  for (let i = past - order; i < past; i++) line[i] -= offset;
  const rounding = version === 1 ? 0 : 32;
  for (let i = past; i < past + count; i++) {
    let sum = rounding;
    for (let k = 0; k < order; k++) sum += coefficients[k] * line[i - 1 - k];
    const value = line[i] + Math.floor(sum / 32);
    // Checked here, as a large value would wrap around. 16-bit samples without their mean stay below this.
    if (Math.abs(value) > 2 ** 17) throw fail(at, `a sample of ${value + offset} is out of range`);
    line[i] = value;
  }
  for (let i = past; i < past + count; i++) line[i] += offset;
}

/**
 * Puts a finished block among the samples, every `step`th from `to` on. Returns the first value that is out of range.
 */
function store(block: Int32Array, form: StoredForm, samples: Int16Array, to: number, step: number): number | undefined {
  const { low, high, shift, table } = form;
  for (let i = 0; i < block.length; i++, to += step) {
    const value = block[i];
    if (value < low || value > high) return value * 2 ** shift;
    samples[to] = table ? table[value - low] : value << shift;
  }
  return undefined;
}

/**
 * The mean of the last blocks' means, which are integers cut towards 0; blocks before the beginning count as 0.
 * Versions from 2 on round before they cut, and keep block means on the scale of shifted samples.
 */
function runningMean(blocks: number, version: number) {
  const means = new Int32Array(blocks);
  const half = (count: number) => (version === 1 ? 0 : count >> 1);
  let sum = 0;
  let oldest = 0;
  return {
    /** The mean on the scale of samples without the lowest `shift` bits. */
    offset(shift: number): number {
      if (blocks === 0) return 0;
      const mean = Math.trunc((sum + half(blocks)) / blocks);
      return version === 1 ? mean : mean >> shift;
    },
    add(line: Int32Array, from: number, count: number, shift: number): void {
      if (blocks === 0) return;
      let total = half(count);
      for (let i = from; i < from + count; i++) total += line[i];
      const mean = Math.trunc(total / count) << (version === 1 ? 0 : shift);
      sum += mean - means[oldest];
      means[oldest] = mean;
      oldest = (oldest + 1) % blocks;
    },
  };
}

function grown(samples: Int16Array, length: number): Int16Array {
  const larger = new Int16Array(length);
  larger.set(samples);
  return larger;
}
