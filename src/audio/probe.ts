/** @file What an audio file is, from its header alone. */
import { type AudioInfo, withAudioSource } from './audio-format.js';
import { formatOf } from './formats.js';

export type { AudioInfo } from './audio-format.js';

/**
 * Format, sample rate, channels and length of an audio file; reads only its header.
 * @throws UserError naming the file: unreadable, unknown format, damaged header, truncated, or no samples
 */
export function probeAudio(path: string): Promise<AudioInfo> {
  return withAudioSource(path, async (file) => {
    const { format, source } = formatOf(file);
    const { decoded: _, ...info } = await format.probe(source);
    return info;
  });
}
