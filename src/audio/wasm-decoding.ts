/**
 * @file Decoding a file by a decoder compiled to WebAssembly that has met no other file.
 *
 * Damage that no checksum finds may bring a decoder to write anywhere in its own memory; it then fails where it is, or
 * only when it is freed. So it is freed, or kept, after a decode that went well, and else left to go with its memory.
 */
import { messageOf, UserError } from '../errors.js';
import type { Channels } from './whole-file.js';

export interface WasmDecoder {
  ready: Promise<unknown>;
  free(): void;
}

export interface Decoded {
  channelData: Float32Array[];
  errors: { message: string }[];
}

/**
 * The channels that `decode` gives, each as `cut` copies it out of the decoder's memory.
 * @param what the kind of file: `Opus`
 * @param release what becomes of a decoder that did well, if it is not to be freed
 * @throws UserError naming `path` if the decoder complains or fails
 */
export async function decodeByWasm<Decoder extends WasmDecoder>(
  decoder: Decoder,
  {
    path,
    what,
    decode,
    cut,
    release = (decoder) => decoder.free(),
  }: {
    path: string;
    what: string;
    decode: (decoder: Decoder) => Decoded | Promise<Decoded>;
    cut: (samples: Float32Array) => Channels[number];
    release?: (decoder: Decoder) => void;
  },
): Promise<Channels> {
  await decoder.ready;
  let complaint: string | undefined;
  try {
    const { channelData, errors } = await decode(decoder);
    complaint = errors[0]?.message;
    if (complaint === undefined) {
      const channels = channelData.map(cut);
      release(decoder);
      return channels;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: damaged ${what}: its decoder failed (${messageOf(error)})`, { cause: error });
  }
  throw new UserError(`${path}: damaged ${what}: ${complaint}`);
}
