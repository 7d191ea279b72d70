/**
 * @file Length of the ID3v2 tags at the beginning of a file: "ID3", version, flags, a size of 4 × 7 bits (id3.org,
 * ID3v2.4, section 3.1), and of the zeros that some taggers leave behind them.
 */
import { UserError } from '../errors.js';
import type { AudioSource } from './audio-format.js';

const HEADER = 10;
const FOOTER_PRESENT = 0x10;
/** As many zeros as are looked through. */
const MOST_ZEROS = 65536;

/** Bytes before the audio; 0 where there is no tag. */
export function id3Length(source: AudioSource): number {
  let at = 0;
  for (;;) {
    const head = source.read(at, HEADER);
    if (head.length < HEADER || head.toString('latin1', 0, 3) !== 'ID3') break;
    const size = ((head[6] & 0x7f) << 21) | ((head[7] & 0x7f) << 14) | ((head[8] & 0x7f) << 7) | (head[9] & 0x7f);
    at += HEADER + size + (head[5] & FOOTER_PRESENT ? HEADER : 0);
    if (at >= source.size) {
      throw new UserError(
        `${source.path}: truncated: its ID3 tag takes ${at} bytes and is to be followed by audio, the file has ${source.size}`,
      );
    }
  }
  if (at === 0) return 0;
  const after = source.read(at, MOST_ZEROS);
  const audio = after.findIndex((byte) => byte !== 0);
  return audio < 0 ? at : at + audio;
}
