/**
 * @file The recordings that augmentation draws from.
 */
import type { Utterance } from '../../corpus/manifest.js';

/** A recording, or a piece of one, with what its header says. */
export type SourceRecording = Pick<
  Utterance,
  'path' | 'offset' | 'duration' | 'sampleRate' | 'channels' | 'channel'
> & { speaker?: string };

/** A recording of speech by a known speaker; an `Utterance` is one. */
export type SpeechRecording = SourceRecording & { speaker: string };

/** What each technique draws from; plain data, which may be sent to worker threads. */
export interface AugmentationSources {
  noise?: SourceRecording[];
  music?: SourceRecording[];
  speech?: SourceRecording[];
  /** Absent where babble is made of the training utterances. */
  babble?: SourceRecording[];
  reverberation?: SourceRecording[];
}
