/**
 * @file Decoding FLAC frames by @wasm-audio-decoders/flac (libFLAC compiled to WASM), with one decoder for many files.
 *
 * Making a decoder costs more than decoding a second of speech, so it is kept for as long as files agree in sample
 * rate, channels and bits; one that has met a damaged frame is dropped. Frames do not depend on each other, but libFLAC
 * takes a number that is too high for a lost frame. So it is given each frame as number 0, with checksums to match,
 * behind a STREAMINFO that states neither length nor block sizes. NOTE: the package (0.2.11) writes out of its bounds
 * when a block is longer than those before it, in files of two channels at least. So the longest block that there can
 * be comes first, as silence.
 */
import type { FLACDecoder } from '@wasm-audio-decoders/flac';
import { UserError, messageOf } from '../errors.js';
import { crc16, crc8, frameHeaderAt } from './flac-frames.js';

export interface DecodedFrames {
  /** Values v/(2^(b−1) − 1) of integers v of b bits. */
  channelData: Float32Array[];
  /** Of one channel. */
  samples: number;
  sampleRate: number;
}

/** The sound of a file, and the metadata block STREAMINFO. */
interface StreamProperties {
  sampleRate: number;
  channels: number;
  bits: number;
  block: Buffer;
}

/** The decoder that was used last. */
let latest: { key: string; decoder: FLACDecoder } | undefined;

/**
 * Decodes frames whose checksums have been checked, in their order, whatever their numbers are.
 * @throws UserError naming `path` if libFLAC complains
 */
export async function decodeFlacFrames(
  path: string,
  stream: StreamProperties,
  frames: readonly Buffer[],
): Promise<DecodedFrames> {
  const { sampleRate, channels, bits } = stream;
  const numbered = frames.map((frame) => asFirst(path, frame));
  const key = `${sampleRate} Hz × ${channels} × ${bits} bits`;
  if (latest?.key !== key) {
    const decoder = await makeDecoder(stream);
    latest?.decoder.free();
    latest = { key, decoder };
  }
  // NOTE: no `await` between here and the decoding, which is done when decodeFrames returns its promise: so no other
  // call can free the decoder or meet it at work.
  const { decoder } = latest;
  try {
    const decoded = await decoder.decodeFrames(numbered);
    if (decoded.errors.length > 0) throw new Error(decoded.errors[0].message);
    return { channelData: decoded.channelData, samples: decoded.samplesDecoded, sampleRate: decoded.sampleRate };
  } catch (error) {
    // It does not recover, nor is it sure to survive being freed; its memory goes with it.
    if (latest?.decoder === decoder) latest = undefined;
    throw new UserError(`${path}: damaged FLAC: ${messageOf(error)}`, { cause: error });
  }
}

async function makeDecoder({ block, channels, bits }: StreamProperties): Promise<FLACDecoder> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = new FLACDecoder();
  await decoder.ready;
  await decoder.decodeFrames([plainMetadata(block), longestBlock(channels, bits)]);
  return decoder;
}

/** A frame of 65,535 zeros in each channel, coded as CONSTANT; sample rate and bits as in STREAMINFO. */
function longestBlock(channels: number, bits: number): Uint8Array {
  const header = [0xff, 0xf8, 0x70, (channels - 1) << 4, 0, 0xff, 0xfe];
  header.push(crc8(Uint8Array.from(header), 0, header.length));
  const frame = Uint8Array.from([...header, ...new Array<number>(channels * (1 + bits / 8)).fill(0), 0, 0]);
  storeCrc16(frame);
  return frame;
}

/** "fLaC" and STREAMINFO, which frames may refer to for sample rate and bits. */
function plainMetadata(block: Buffer): Uint8Array {
  const metadata = Buffer.concat([Buffer.from('fLaC'), block.subarray(0, 38)]);
  metadata[4] |= 0x80; // the last metadata block
  metadata.writeUInt16BE(16, 8);
  metadata.writeUInt16BE(65535, 10);
  metadata.fill(0, 12, 18); // frame sizes: not known
  metadata[21] &= 0xf0; // number of samples, and MD5: not known
  metadata.fill(0, 22);
  return Uint8Array.from(metadata);
}

/** The frame with number 0. */
function asFirst(path: string, frame: Buffer): Uint8Array {
  const header = frameHeaderAt(frame, 0);
  if (!header) throw new UserError(`${path}: damaged FLAC: expected a frame, got ${frame.toString('hex', 0, 4)}`);
  const { length, numberLength } = header;
  const shorter = numberLength - 1;
  const first = new Uint8Array(frame.length - shorter);
  first.set(frame.subarray(0, 4));
  first.set(frame.subarray(4 + numberLength), 5);
  const headerEnd = length - shorter;
  first[headerEnd - 1] = crc8(first, 0, headerEnd - 1);
  storeCrc16(first);
  return first;
}

function storeCrc16(frame: Uint8Array): void {
  const end = frame.length - 2;
  const crc = crc16(frame, 0, end);
  frame[end] = crc >> 8;
  frame[end + 1] = crc & 0xff;
}
