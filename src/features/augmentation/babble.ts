/**
 * @file Babble: several other people speaking at once.
 *
 * Each voice is a random piece of a random recording of a different speaker, never the utterance's own; voices are
 * brought to equal energy over the crop and summed, and the sum is added at the given ratio to the speech. Of
 * recordings whose speakers are not known (a folder, a list of paths) each counts as a speaker of its own.
 */
import type { RandomStream } from '../../random.js';
import { UserError } from '../../errors.js';
import { addScaled, drawNoise } from './additive-noise.js';
import type { BabbleOptions } from './options.js';
import type { RecordingReader, SourceRecording } from './recording-reader.js';

/** Recordings by speaker. */
export interface Voices {
  speakers: readonly string[];
  recordings: ReadonlyMap<string, readonly SourceRecording[]>;
}

/**
 * Groups recordings by speaker.
 * @throws UserError if there are too few speakers for the largest babble besides the utterance's own
 */
export function groupVoices(recordings: readonly SourceRecording[], options: BabbleOptions): Voices {
  const groups = new Map<string, SourceRecording[]>();
  for (const recording of recordings) {
    // A path cannot be taken for a speaker: a speaker's name has no zero byte.
    const speaker = recording.speaker ?? `\0${recording.path}`;
    const group = groups.get(speaker);
    if (group) group.push(recording);
    else groups.set(speaker, [recording]);
  }
  const known = recordings.some(({ speaker }) => speaker !== undefined);
  const needed = options.speakers[1] + (known ? 1 : 0);
  if (groups.size < needed) {
    const whose = options.source ?? 'the training utterances';
    const what = known ? 'speakers (the utterance’s own is left out)' : 'recordings';
    throw new UserError(
      `augmentation.babble: ${whose}: expected at least ${needed} ${what}, got ${groups.size}; ` +
        'lower augmentation.babble.speakers or add recordings',
    );
  }
  return { speakers: [...groups.keys()], recordings: groups };
}

/**
 * Draws `voices` different speakers but `speaker`, and mixes them; undefined where all they say is silence.
 */
export async function mixBabble(
  { speakers, recordings }: Voices,
  { voices, count, speaker }: { voices: number; count: number; speaker: string },
  reader: RecordingReader,
  random: RandomStream,
): Promise<Float32Array | undefined> {
  const chosen = new Set<string>();
  while (chosen.size < voices) {
    const drawn = speakers[random.below(speakers.length)];
    if (drawn !== speaker) chosen.add(drawn);
  }
  let babble: Float32Array | undefined;
  for (const name of chosen) {
    const own = recordings.get(name)!;
    const piece = await drawNoise(reader, () => own[random.below(own.length)], count, random, { tries: 10 });
    if (!piece) continue;
    babble ??= new Float32Array(count);
    addScaled(babble, piece.noise, 1 / Math.sqrt(piece.energy));
  }
  return babble;
}
