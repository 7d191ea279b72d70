/** @file Reading the headers of a batch of audio files. Runs in a worker thread where there are many files. */
import { type AudioInfo, probeAudio } from '../../audio/probe.js';
import { messageOf } from '../../errors.js';

/** Some formats are probed by another program, which can be waited for while others run. */
const AT_ONCE = 4;

/** What each file is, or, as a text, why it cannot be used. */
export async function probeBatch(paths: readonly string[]): Promise<(AudioInfo | string)[]> {
  const results = new Array<AudioInfo | string>(paths.length);
  let next = 0;
  const worker = async () => {
    while (next < paths.length) {
      const index = next++;
      results[index] = await probe(paths[index]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function probe(path: string): Promise<AudioInfo | string> {
  try {
    const info = await probeAudio(path);
    return info.frames > 0 ? info : `${path}: zero-length audio`;
  } catch (error) {
    const line = messageOf(error).replace(/\s*\n\s*/g, ' ');
    return line.includes(path) ? line : `${path}: ${line}`;
  }
}
