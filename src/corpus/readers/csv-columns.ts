/**
 * @file What the columns of a table of utterances are called and in which unit they are.
 *
 * A recipe may name them (`columns: {speaker: who, path: file}`); those it does not name are found by their usual
 * names. SpeechBrain's tables (`ID,duration,wav,start,stop,spk_id`) give start and stop in samples, all others in
 * seconds.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';

const roles = ['id', 'speaker', 'path', 'offset', 'end', 'duration', 'channel', 'gender', 'session', 'split'] as const;
export type ColumnRole = (typeof roles)[number];

/** Recipe option: the names of the columns. */
export const columnsOption = z
  .strictObject({
    id: z.string().optional(),
    speaker: z.string().optional(),
    path: z.string().optional(),
    /** Start within the file, seconds. */
    offset: z.string().optional(),
    /** End within the file, seconds. */
    end: z.string().optional(),
    /** Seconds. */
    duration: z.string().optional(),
    /** From 0. */
    channel: z.string().optional(),
    /** null: the table's genders are not read. */
    gender: z.string().nullable().optional(),
    session: z.string().optional(),
    /** train, dev or test. */
    split: z.string().optional(),
  })
  .prefault({});
export type ColumnNames = z.infer<typeof columnsOption>;

const usualNames: Record<ColumnRole, readonly string[]> = {
  id: ['id', 'utt', 'utt_id', 'utterance', 'utterance_id', 'uttid', 'key', 'name'],
  speaker: ['speaker', 'spk', 'spk_id', 'speaker_id', 'spkid', 'speakerid', 'client_id', 'label'],
  path: [
    'path',
    'wav',
    'file',
    'filename',
    'file_path',
    'filepath',
    'audio',
    'audio_path',
    'audio_filepath',
    'wav_path',
  ],
  offset: ['offset', 'start', 'start_time', 'begin'],
  end: ['end', 'stop', 'end_time'],
  duration: ['duration', 'dur', 'length'],
  channel: ['channel'],
  gender: ['gender', 'sex'],
  session: ['session', 'session_id', 'recording', 'recording_id', 'video'],
  split: ['split', 'subset', 'set', 'partition'],
};

export interface Columns {
  /** Index of each column that is there; speaker and path always are. */
  at: Partial<Record<ColumnRole, number>> & { speaker: number; path: number };
  /** SpeechBrain's start and stop. */
  timesInSamples: boolean;
  /** Header names that mean nothing here. */
  ignored: string[];
}

/** Finds the columns of a header. Throws UserError at `where` for missing, doubtful or repeated ones. */
export function findColumns(header: readonly string[], names: ColumnNames, where: string): Columns {
  const folded = header.map((name) => name.trim().toLowerCase());
  const at: Partial<Record<ColumnRole, number>> = {};
  for (const role of roles) {
    const given = names[role];
    if (given === null) continue;
    if (given !== undefined) {
      const index = header.findIndex((name) => name.trim() === given);
      if (index < 0) {
        throw new UserError(
          `${where}: corpus.columns.${role}: there is no column "${given}"; there are ${header.join(', ')}`,
        );
      }
      at[role] = index;
      continue;
    }
    const found = folded.flatMap((name, index) => (usualNames[role].includes(name) ? [index] : []));
    if (found.length > 1) {
      throw new UserError(
        `${where}: ${found.map((index) => header[index]).join(' and ')} may both be the ${role}; say which: ` +
          `--set corpus.columns.${role}=${header[found[0]]}`,
      );
    }
    if (found.length === 1) [at[role]] = found;
  }
  const { speaker, path } = at;
  if (speaker === undefined || path === undefined) {
    const missing = speaker === undefined ? 'speaker' : 'path';
    throw new UserError(
      `${where}: expected a header with a column for the ${missing} (${usualNames[missing].slice(0, 4).join(', ')}, …), ` +
        `got ${header.join(', ')}\nName it with --set corpus.columns.${missing}=NAME.`,
    );
  }
  const used = new Set(Object.values(at));
  const isSpeechbrain = ['id', 'wav', 'start', 'stop', 'spk_id'].every((name) => folded.includes(name));
  return {
    at: { ...at, speaker, path },
    timesInSamples: isSpeechbrain && names.offset === undefined && names.end === undefined,
    ignored: header.filter((_, index) => !used.has(index)),
  };
}
