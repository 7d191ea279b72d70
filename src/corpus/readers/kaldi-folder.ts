/**
 * @file Reading a Kaldi data folder: `wav.scp`, `utt2spk` (or `spk2utt`), and, where they are there, `segments` and
 * `spk2gender`, each gzip'd perhaps (`wav.scp.gz`). Other files (text, feats.scp, utt2dur, …) are not looked at:
 * lengths come from the audio itself.
 *
 * With `segments`, the ids of wav.scp are recordings, and pieces of one recording share its session. Relative paths
 * start at the working directory, as in Kaldi's tools, if the first of them is found there, else at the data folder or
 * the folder that holds it. Kaldi drops utterances that are missing in one of the files; here that is an error.
 */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { isListThere, readTextLines } from '../../storage/text-lines.js';
import { parseGender, type Gender } from '../manifest/gender.js';
import type { PipeCommand } from './kaldi-pipes.js';
import type { ListedUtterance } from './listed-utterance.js';
import { counted, throwProblems } from '../../problem-list.js';

export interface KaldiFolder {
  /** In the order of `utt2spk`; `path` is empty where `command` makes the audio. */
  listed: (ListedUtterance & { recording: string })[];
  /** Recordings that a command makes. */
  commands: PipeCommand[];
  notes: string[];
}

/** A line's first field and the rest. */
interface Row {
  key: string;
  rest: string;
  where: string;
}

/** The path of a list in a data folder, which may have the ending .gz; undefined where there is none. */
export const findKaldiList = (folder: string, name: string): string | undefined =>
  [join(folder, name), join(folder, `${name}.gz`)].find(isListThere);

/** Throws UserError with file:line. @param root where relative paths start; default: see above */
export function readKaldiFolder(folder: string, { root }: { root?: string | undefined } = {}): KaldiFolder {
  const wavScp = findKaldiList(folder, 'wav.scp');
  if (wavScp === undefined) {
    throw new UserError(`${folder}: expected a Kaldi data folder, with wav.scp and utt2spk; there is no wav.scp`);
  }
  const recordings = uniqueRows(wavScp, 'recordings');
  const segmentList = findKaldiList(folder, 'segments');
  const segments = segmentList === undefined ? undefined : uniqueRows(segmentList, 'segments');
  const speakerOf = readSpeakers(folder);
  const genders = readGenders(findKaldiList(folder, 'spk2gender'));
  const sourceOf = resolveRecordings(recordings, folder, root);
  const utterances = segments ?? recordings;
  matchIds(folder, segments ? 'segments' : 'wav.scp', utterances, speakerOf);

  const used = new Set<string>();
  const listed = [...speakerOf].map(([id, speaker]) => {
    const row = utterances.get(id)!;
    const piece = segments ? parseSegment(row, recordings, wavScp) : { recording: id };
    used.add(piece.recording);
    const gender = genders.get(speaker);
    return {
      id,
      speaker,
      path: sourceOf.paths.get(piece.recording) ?? '',
      ...piece,
      ...(gender ? { gender } : {}),
      ...(segments ? { session: piece.recording } : {}),
      where: row.where,
    };
  });
  const unused = recordings.size - used.size;
  return {
    listed,
    commands: sourceOf.commands.filter(({ id }) => used.has(id)),
    notes: [
      ...sourceOf.notes,
      ...(segments && unused > 0
        ? [`${folder}: ${counted(unused, 'recording')} of wav.scp in no segment: left out`]
        : []),
    ],
  };
}

function uniqueRows(path: string, what: string): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { text, number } of readTextLines(path, { what: `the ${what}` })) {
    const trimmed = text.trim();
    if (trimmed === '') continue;
    const where = `${path}:${number}`;
    const space = trimmed.search(/\s/);
    if (space < 0) throw new UserError(`${where}: expected an id and more, got ${JSON.stringify(trimmed)}`);
    const key = trimmed.slice(0, space);
    const earlier = rows.get(key);
    if (earlier) throw new UserError(`${where}: ${key} is listed already, at ${earlier.where}`);
    rows.set(key, { key, rest: trimmed.slice(space).trim(), where });
  }
  if (rows.size === 0) throw new UserError(`${path}: expected ${what}, got an empty file`);
  return rows;
}

/** Speaker of each utterance, from `utt2spk`, else from `spk2utt`. */
function readSpeakers(folder: string): Map<string, string> {
  const path = findKaldiList(folder, 'utt2spk');
  if (path !== undefined) {
    return new Map(
      [...uniqueRows(path, 'speakers').values()].map(({ key, rest, where }) => {
        if (!/\s/.test(rest)) return [key, rest];
        throw new UserError(`${where}: expected an utterance and its speaker, got ${JSON.stringify(`${key} ${rest}`)}`);
      }),
    );
  }
  const inverse = findKaldiList(folder, 'spk2utt');
  if (inverse === undefined) throw new UserError(`${folder}: expected utt2spk (or spk2utt), found neither`);
  const speakerOf = new Map<string, string>();
  for (const { key, rest, where } of uniqueRows(inverse, 'speakers').values()) {
    for (const id of rest.split(/\s+/)) {
      if (speakerOf.has(id)) throw new UserError(`${where}: utterance ${id} is of speaker ${speakerOf.get(id)} too`);
      speakerOf.set(id, key);
    }
  }
  return speakerOf;
}

function readGenders(path: string | undefined): Map<string, Gender> {
  const genders = new Map<string, Gender>();
  if (path === undefined) return genders;
  for (const { key, rest, where } of uniqueRows(path, 'genders').values()) {
    const gender = parseGender(rest, where);
    if (gender) genders.set(key, gender);
  }
  return genders;
}

/** Utterances must be in both files. */
function matchIds(
  folder: string,
  name: string,
  utterances: ReadonlyMap<string, Row>,
  speakerOf: ReadonlyMap<string, string>,
): void {
  const noSpeaker = [...utterances.keys()].filter((id) => !speakerOf.has(id)).map((id) => `${id}: not in utt2spk`);
  const noAudio = [...speakerOf.keys()].filter((id) => !utterances.has(id)).map((id) => `${id}: not in ${name}`);
  throwProblems([...noSpeaker, ...noAudio], {
    where: folder,
    what: `utterances are not in both ${name} and utt2spk`,
    one: `utterance is not in both ${name} and utt2spk`,
    remedy: "Complete the lists, or cut them to what they share with Kaldi's utils/fix_data_dir.sh.",
  });
}

/** `utt recording start end`, perhaps with a channel; an end of -1 is the recording's. */
function parseSegment(
  { rest, where }: Row,
  recordings: ReadonlyMap<string, Row>,
  wavScp: string,
): { recording: string; offset: number; duration?: number; channel?: number } {
  const fields = rest.split(/\s+/);
  const [recording] = fields;
  const [start, end, channel] = fields.slice(1).map(Number);
  if (fields.length < 3 || fields.length > 4 || !Number.isFinite(start) || !Number.isFinite(end)) {
    throw new UserError(`${where}: expected an utterance, a recording, a start and an end in seconds, got "${rest}"`);
  }
  if (!recordings.has(recording)) throw new UserError(`${where}: recording ${recording} is not in ${wavScp}`);
  if (start < 0 || (end !== -1 && end <= start)) {
    throw new UserError(`${where}: expected an end after the start, got ${start} to ${end} s`);
  }
  return {
    recording,
    offset: start,
    ...(end === -1 ? {} : { duration: end - start }),
    ...(fields.length === 4 ? { channel } : {}),
  };
}

/** Paths of the recordings that are files, commands of the others. */
function resolveRecordings(
  recordings: ReadonlyMap<string, Row>,
  folder: string,
  root: string | undefined,
): { paths: Map<string, string>; commands: PipeCommand[]; notes: string[] } {
  const commands: PipeCommand[] = [];
  const files: Row[] = [];
  for (const row of recordings.values()) {
    if (row.rest.endsWith('|')) commands.push({ id: row.key, command: row.rest.slice(0, -1).trim(), where: row.where });
    else if (/:\d+$/.test(row.rest) && !existsSync(row.rest)) {
      throw new UserError(
        `${row.where}: expected an audio file, got a place in an archive, "${row.rest}"\n` +
          `  take the files out with Kaldi: wav-copy scp:wav.scp scp:FILES.scp (FILES.scp names a WAV file for each key)`,
      );
    } else files.push(row);
  }
  const firstRelative = files.find(({ rest }) => !isAbsolute(rest));
  const bases = root === undefined ? [process.cwd(), folder, dirname(folder)] : [resolve(root)];
  const base = bases.find((candidate) => firstRelative && existsSync(join(candidate, firstRelative.rest))) ?? bases[0];
  return {
    paths: new Map(files.map(({ key, rest }) => [key, resolve(base, rest)])),
    commands,
    notes: firstRelative ? [`${folder}: relative paths of wav.scp start at ${base}`] : [],
  };
}
