/**
 * @file MP3 (MPEG audio layers II and III), decoded by mpg123-decoder (mpg123 compiled to WASM).
 *
 * The length is known without decoding: the number of frames from the "Xing"/"Info" frame, else by walking the frame
 * headers; less the encoder's delay and padding where LAME's extension gives them, so that the samples are those that
 * were encoded (gapless), as ffmpeg and mpg123 have it. Reading walks all frames first, so a cut or damaged stream is
 * an error; a flipped bit inside a frame can go unnoticed, as MP3 carries no checksum.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { type Mp3Frame, frameAt, summaryIn, walkFrames } from './mp3-frames.js';
import { decodeByWasm } from './wasm-decoding.js';
import { type Channels, readFromWhole } from './whole-file.js';

/** Samples by which a decoder of layer III lags behind. */
const DECODER_DELAY = 529;
const LONGEST_FRAME = 2881;

interface Mp3Layout {
  info: AudioInfo;
  /** Where the first frame with sound begins. */
  start: number;
  /** Frames with sound. */
  count: number;
  /** Decoded samples to drop at the beginning. */
  skip: number;
}

export const mp3: AudioFormat = {
  name: 'mp3',
  extensions: ['.mp3', '.mp2'],
  matches: (head) => frameAt(head, 0) !== undefined,
  probe: (source) => parseLayout(source).info,
  checks: () => 'number of frames',
  readChannel(source, range) {
    const layout = parseLayout(source);
    return readFromWhole(source, layout.info, range, () => decode(source, layout));
  },
};

function parseLayout(source: AudioSource): Mp3Layout {
  const { path, size } = source;
  const head = source.read(0, LONGEST_FRAME);
  const first = frameAt(head, 0)!;
  const second = source.read(first.length, 4);
  if (second.length === 4 && !frameAt(second, 0)) {
    throw new UserError(`${path}: not an MP3, or damaged: expected a second frame at byte ${first.length}`);
  }
  const summary = summaryIn(head, first);
  if (summary?.bytes !== undefined && summary.bytes > size) {
    throw new UserError(
      `${path}: truncated MP3: its header says ${summary.bytes} bytes of audio, the file holds ${size}`,
    );
  }
  const start = summary ? first.length : 0;
  const count = summary?.frames ?? walkFrames(path, source.read(0, size)).count - (summary ? 1 : 0);
  const decoded = count * first.samples;
  const { skip, frames } = trim(decoded, summary?.delay, summary?.padding);
  if (frames <= 0) throw new UserError(`${path}: holds no audio (0 samples)`);
  return { info: describe(first, frames), start, count, skip };
}

/** What of the decoded samples is the sound that was encoded. */
function trim(decoded: number, delay: number | undefined, padding: number | undefined) {
  if (delay === undefined || padding === undefined) return { skip: 0, frames: decoded };
  const skip = delay + DECODER_DELAY;
  const end = Math.min(decoded, decoded - padding + DECODER_DELAY);
  return { skip, frames: end - skip };
}

function describe({ layer, sampleRate, channels }: Mp3Frame, frames: number): AudioInfo {
  const encoding = `MPEG layer ${'I'.repeat(layer)}`;
  return { format: 'mp3', sampleRate, channels, frames, duration: frames / sampleRate, encoding };
}

async function decode(source: AudioSource, { info, start, count, skip }: Mp3Layout): Promise<Channels> {
  const { path } = source;
  const file = source.read(0, source.size);
  const walked = walkFrames(path, file);
  const found = walked.count - (start > 0 ? 1 : 0);
  if (found !== count) {
    throw new UserError(
      `${path}: ${found < count ? 'truncated' : 'inconsistent'} MP3: its header says ${count} frames, there are ${found}; ` +
        'get it again, or write it anew (`ffmpeg -i FILE -c copy NEW.mp3`)',
    );
  }
  const { MPEGDecoder } = await import('mpg123-decoder');
  // The trimming is done here, by the same rule that the length follows.
  const channels = await decodeByWasm(new MPEGDecoder({ enableGapless: false }), {
    path,
    what: 'MP3',
    decode: (decoder) => decoder.decode(file.subarray(start, walked.end)),
    cut: (samples) => Float32Array.from(samples.subarray(skip, skip + info.frames)),
  });
  // The decoder gives mono twice.
  return channels.slice(0, info.channels);
}
