/**
 * @file Reading lhotse's manifests (JSON lines): recordings, supervisions, cuts. What lhotse adds to them and what is
 * not needed here (features, text, alignments) is passed over.
 */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { parseGender } from '../manifest/gender.js';
import type { ListedUtterance } from './listed-utterance.js';
import { firstOf } from '../../problem-list.js';

const recordingSchema = z.object({
  id: z.string(),
  sources: z.array(z.object({ type: z.string(), channels: z.array(z.int()).min(1), source: z.unknown() })).min(1),
  duration: z.number(),
  transforms: z.array(z.unknown()).nullish(),
});
type Recording = z.infer<typeof recordingSchema>;

const channelSchema = z.union([z.int(), z.array(z.int()).min(1)]).default(0);

const supervisionSchema = z.object({
  id: z.string(),
  recording_id: z.string(),
  start: z.number(),
  duration: z.number(),
  channel: channelSchema,
  speaker: z.string().nullish(),
  gender: z.string().nullish(),
  custom: z.record(z.string(), z.unknown()).nullish(),
});
type Supervision = z.infer<typeof supervisionSchema>;

const cutSchema = z.object({
  id: z.string(),
  start: z.number(),
  duration: z.number(),
  channel: channelSchema,
  supervisions: z.array(supervisionSchema).default([]),
  recording: recordingSchema.nullish(),
});

/** A recording and where it is listed. */
export interface LhotseRecording {
  recording: Recording;
  where: string;
  /** Where relative paths start. */
  root: string;
}

/** The recordings of some files, by id. Throws UserError with file:line. */
export function readRecordings(paths: readonly string[], root: string): Map<string, LhotseRecording> {
  const recordings = new Map<string, LhotseRecording>();
  for (const path of paths) {
    for (const { value: recording, where } of rowsOf(path, recordingSchema, 'recordings')) {
      const earlier = recordings.get(recording.id);
      if (earlier) throw new UserError(`${where}: recording ${recording.id} is listed already, at ${earlier.where}`);
      recordings.set(recording.id, { recording, where, root });
    }
  }
  return recordings;
}

/** The utterances of a file of supervisions. Throws UserError with file:line. */
export function readSupervisions(path: string, recordings: ReadonlyMap<string, LhotseRecording>): ListedUtterance[] {
  return rowsOf(path, supervisionSchema, 'supervisions').map(({ value: supervision, where }) => {
    const { id, recording_id: recordingId, start, duration, channel } = supervision;
    const recording = recordings.get(recordingId);
    if (!recording) throw new UserError(`${where}: supervision ${id}: there is no recording ${recordingId}`);
    return {
      id,
      ...voiceOf([supervision], where),
      ...audioOf(recording, channel, where),
      ...pieceOf(start, duration, recording.recording),
      session: sessionOf(supervision) ?? recordingId,
      where,
    };
  });
}

/** The utterances of a file of cuts. Throws UserError with file:line. */
export function readCuts(path: string, root: string): ListedUtterance[] {
  return rowsOf(path, cutSchema, 'cuts').map(({ value: cut, where }) => {
    const { id, start, duration, channel, supervisions, recording } = cut;
    if (!recording) {
      throw new UserError(
        `${where}: cut ${id} has no recording of its own (mixed, padding or features only): not supported`,
      );
    }
    return {
      id,
      ...voiceOf(supervisions, where),
      ...audioOf({ recording, where, root }, channel, where),
      ...pieceOf(start, duration, recording),
      session: supervisions.map(sessionOf).find((each) => each !== undefined) ?? recording.id,
      where,
    };
  });
}

/** Every line of a manifest, checked. */
function rowsOf<T>(path: string, schema: z.ZodType<T>, what: string): { value: T; where: string }[] {
  const rows: { value: T; where: string }[] = [];
  for (const { text, number } of readTextLines(path, { what: `the ${what}` })) {
    if (text.trim() === '') continue;
    const where = `${path}:${number}`;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw new UserError(`${where}: expected one JSON value on the line, got: ${text.slice(0, 60)}`, { cause: error });
    }
    const result = schema.safeParse(parsed);
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new UserError(
        `${where}: not one of lhotse's ${what}: ${issue.path.join('.') || 'the line'}: ${issue.message}`,
      );
    }
    rows.push({ value: result.data, where });
  }
  if (rows.length === 0) throw new UserError(`${path}: expected ${what}, got an empty file`);
  return rows;
}

/** The one speaker of an utterance. */
function voiceOf(supervisions: readonly Supervision[], where: string): Pick<ListedUtterance, 'speaker' | 'gender'> {
  const speakers = [...new Set(supervisions.map(({ speaker }) => speaker ?? ''))];
  const [speaker] = speakers;
  if (speakers.length !== 1 || !speaker) {
    const got = speakers.filter(Boolean);
    throw new UserError(`${where}: expected one speaker, got ${got.length === 0 ? 'none' : firstOf(got)}`);
  }
  const [{ gender, custom }] = supervisions;
  const own = gender ?? custom?.gender;
  const known = typeof own === 'string' ? parseGender(own, where) : undefined;
  return { speaker, ...(known ? { gender: known } : {}) };
}

/** Where acanet wrote the supervision: a manifest's session is not always one recording. */
const sessionOf = ({ custom }: Supervision): string | undefined =>
  typeof custom?.session === 'string' ? custom.session : undefined;

/** The file that holds the channel, and which of the file's channels that is. */
function audioOf(
  { recording: { id, sources, transforms }, where, root }: LhotseRecording,
  channel: number | number[],
  usedAt: string,
): Pick<ListedUtterance, 'path' | 'channel'> {
  if (transforms && transforms.length > 0) {
    throw new UserError(
      `${where}: recording ${id} is changed when read (transforms): save its audio with lhotse first`,
    );
  }
  const [wanted] = [channel].flat();
  const source = sources.find(({ channels }) => channels.includes(wanted));
  if (!source) {
    const there = sources.flatMap(({ channels }) => channels).join(', ');
    throw new UserError(`${usedAt}: recording ${id} has no channel ${wanted}; there are ${there}`);
  }
  if (source.type !== 'file' || typeof source.source !== 'string') {
    throw new UserError(`${where}: recording ${id}: expected a source of type file, got ${source.type}: not supported`);
  }
  const path = source.source.startsWith('/') ? source.source : resolve(join(root, source.source));
  return { path, ...(source.channels.length > 1 ? { channel: source.channels.indexOf(wanted) } : {}) };
}

/** Nothing where the piece is the whole recording: its length is then the file's. */
function pieceOf(start: number, duration: number, recording: Recording): { offset?: number; duration?: number } {
  const isWhole = start === 0 && Math.abs(duration - recording.duration) < 0.001;
  return isWhole ? {} : { offset: start, duration };
}
