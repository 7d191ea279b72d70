/**
 * @file Damages FLAC and Ogg within their units (frames, pages) and makes the checksums right again: else nearly every
 * input would be refused for its checksum, and nothing behind that would be tested.
 */
import { crc16, crc8, frameHeaderAt, splitFlac } from '../../../src/audio/flac-frames.js';
import { packetsOf, splitOgg } from '../../../src/audio/ogg-pages.js';
import type { RandomStream } from '../../../src/random.js';
import { mutateBytes } from './mutations.js';

const MD5_AT = 26; // "fLaC", a block's header of 4 bytes, 18 bytes of STREAMINFO
const MD5_BYTES = 16;

/** One or two units of a FLAC file, the metadata being one, are damaged; most files then state no MD5. */
export function mutateFlac(file: Buffer, random: RandomStream): Buffer {
  const frames = splitFlac('seed', file);
  const metadata = Buffer.from(file.subarray(0, file.length - frames.reduce((sum, { length }) => sum + length, 0)));
  if (random.uniform() < 0.8) metadata.fill(0, MD5_AT, MD5_AT + MD5_BYTES);
  return Buffer.concat(mutateUnits([metadata, ...frames], random).map(withFrameChecksums));
}

/**
 * The bodies of an Ogg file's pages likewise, with the FLAC frames in them; in one file of four a page's own header
 * too.
 */
export function mutateOgg(file: Buffer, random: RandomStream): Buffer {
  const pages = splitOgg('seed', file);
  const bodies = mutateUnits(
    pages.map(({ body }) => body),
    random,
  );
  const other = random.below(4) === 0 ? random.below(pages.length) : -1;
  let at = 0;
  const parts = pages.map((page, i) => {
    const head = file.subarray(at, at + page.length - page.body.length);
    at += page.length;
    // The page's table of segments tells how long the body is.
    const body = Buffer.concat([bodies[i], page.body.subarray(bodies[i].length)]).subarray(0, page.body.length);
    let from = 0;
    for (const { length } of packetsOf([page])) {
      withFrameChecksums(body.subarray(from, from + length)).copy(body, from);
      from += length;
    }
    return [i === other ? mutateBytes(head, random, { keepLength: true, most: 2 }) : head, body];
  });
  return withPageChecksums(Buffer.concat(parts.flat()));
}

/**
 * One or two of the units, the first more often than others; most keep their length, so that the next is still found.
 */
function mutateUnits(units: readonly Buffer[], random: RandomStream): Buffer[] {
  const { below, uniform } = random;
  const chosen = new Set([below(units.length), uniform() < 0.3 ? 0 : below(units.length)]);
  return units.map((unit, i) =>
    chosen.has(i) ? mutateBytes(unit, random, { keepLength: uniform() < 0.8, most: 3 }) : unit,
  );
}

/** A FLAC frame with right CRC-8 and CRC-16; other bytes as they are. */
function withFrameChecksums(frame: Buffer): Buffer {
  const mended = Buffer.from(frame);
  for (let length = 6; length <= 16 && length + 2 < mended.length; length++) {
    const stored = mended[length - 1];
    mended[length - 1] = crc8(mended, 0, length - 1);
    if (frameHeaderAt(mended, 0)?.length === length) {
      mended.writeUInt16BE(crc16(mended, 0, mended.length - 2), mended.length - 2);
      return mended;
    }
    mended[length - 1] = stored;
  }
  return frame;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/** Pages as their tables of segments have them now, up to the first that is none. */
export function withPageChecksums(file: Buffer): Buffer {
  for (let at = 0; file.toString('latin1', at, at + 4) === 'OggS' && at + 27 <= file.length;) {
    const body = at + 27 + file[at + 26];
    const end = file.subarray(at + 27, body).reduce((sum, length) => sum + length, body);
    if (end > file.length) break;
    file.writeUInt32LE(0, at + 22);
    let crc = 0;
    for (let i = at; i < end; i++) crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ file[i]];
    file.writeUInt32LE(crc >>> 0, at + 22);
    at = end;
  }
  return file;
}
