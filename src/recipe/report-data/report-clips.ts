/**
 * @file Pieces of utterances to be heard in the report, as WAV files in data URIs.
 *
 * Audio goes into the page only where it may be passed on: voices that acanet makes itself, and LibriSpeech (CC BY
 * 4.0). Other corpora have terms that acanet does not know, or that forbid it (WSJ0); a recipe that knows better says
 * `report.audio: true`, and `false` keeps all audio out.
 */
import { readAudio } from '../../audio/read.js';
import { encodeWav } from '../../audio/write-wav.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { messageOf } from '../../errors.js';
import type { Recipe } from '../definition/schema.js';

const MAY_BE_PASSED_ON = ['synth', 'librispeech'];
const mayBePassedOn = (corpus: Recipe['corpus']): boolean =>
  corpus.type === 'pool'
    ? Object.values(corpus.of).every(({ type }) => MAY_BE_PASSED_ON.includes(type))
    : MAY_BE_PASSED_ON.includes(corpus.type);
/** Seconds of each utterance, from its beginning. */
const CLIP_SECONDS = 4;
const MOST_RATE = 16_000;
/** Bytes of all clips together; a data URI takes a third more. */
const MOST_BYTES = 3_500_000;

export interface Clips {
  /** Data URI by utterance id. */
  readonly clips: ReadonlyMap<string, string>;
  /** What was left out, and why; or what is there. */
  readonly note: string;
}

/** The beginnings of utterances, as many as fit, those named first before the others. */
export async function cutClips(
  { corpus, report }: Pick<Recipe, 'corpus' | 'report'>,
  utterances: readonly Utterance[],
): Promise<Clips> {
  const clips = new Map<string, string>();
  if (report?.audio === false) return { clips, note: 'The recipe keeps audio out of this page (report.audio: false).' };
  if (report?.audio !== true && !mayBePassedOn(corpus)) {
    return {
      clips,
      note:
        `There is no audio in this page, as acanet does not know that recordings of a ${corpus.type} corpus may be passed on ` +
        'with it; report.audio: true in the recipe puts it in.',
    };
  }
  const failed: string[] = [];
  let bytes = 0;
  let leftOut = 0;
  for (const utterance of new Map(utterances.map((each) => [each.id, each])).values()) {
    const { path, offset, duration, channel, sampleRate } = utterance;
    const rate = Math.min(MOST_RATE, sampleRate);
    const seconds = Math.min(CLIP_SECONDS, duration);
    if (bytes + 2 * rate * seconds > MOST_BYTES) {
      leftOut++;
      continue;
    }
    try {
      const { samples } = await readAudio(path, { offset, duration: seconds, channel, sampleRate: rate });
      const { wav } = encodeWav(samples, rate, path);
      bytes += wav.length;
      clips.set(utterance.id, `data:audio/wav;base64,${wav.toString('base64')}`);
    } catch (error) {
      failed.push(`${utterance.id}: ${messageOf(error)}`);
    }
  }
  const heard = clips.size > 0 ? `You hear at most the first ${CLIP_SECONDS} seconds of each utterance.` : '';
  const missing = failed.length > 0 ? ` ${failed.length} could not be read: ${failed[0].split('\n')[0]}.` : '';
  const over = leftOut > 0 ? ` The audio of ${leftOut} was left out to keep the page small.` : '';
  return { clips, note: `${heard}${missing}${over}`.trim() };
}
