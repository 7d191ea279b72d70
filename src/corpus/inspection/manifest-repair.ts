/**
 * @file Mending a manifest: what can be known is corrected, everything else is named, and every line is accounted for.
 *
 * Corrected without asking, one line of the report for each change:
 *  - names of fields as NeMo (`audio_filepath`, `label`) and WeSpeaker (`key`, `wav`, `spk`) have them; unknown fields;
 *  - numbers written as texts, speakers written as numbers, white space in ids and speakers (`_`), F/M/female/male;
 *  - missing fields: id (from the path), split (train), corpus (the manifest's name); relative paths;
 *  - from the files' headers: sample rate, channels, a missing duration, an end beyond the file, a needless or missing
 *    `channel`;
 *  - lines that repeat an earlier one (after these corrections).
 * Dropped only where that is asked for: lines that cannot be mended (`dropInvalid`: no JSON, no path, no speaker, an id
 * with two different lines, a piece outside its file) and utterances whose file is missing or unreadable
 * (`dropUnreadable`). That is told by the files' headers; with `audio` everything is decoded, which also finds damaged
 * samples and NaN.
 */
import { basename, resolve } from 'node:path';
import { type AudioInfo, probeAudio } from '../../audio/probe.js';
import { UserError, internal } from '../../errors.js';
import { stableJson } from '../../storage/hashing.js';
import { inspectAudio } from './audio-inspection.js';
import { parseGender } from '../manifest/gender.js';
import {
  type ManifestLine,
  type ManifestProblem,
  describeProblem,
  readManifestLines,
} from '../manifest/manifest-lines.js';
import { throwProblems } from '../../problem-list.js';
import { folderOf, schemaProblems, type Utterance, utteranceProblems, utteranceSchema } from '../manifest/manifest.js';

export interface ManifestChange {
  line: number;
  id: string;
  /** `duration: 3.2 → 3.104 (the file ends there)` */
  change: string;
}

export interface ManifestRepair {
  /** Lines that are not empty: kept + duplicates + invalid + unreadable. */
  lines: number;
  kept: Utterance[];
  duplicates: number;
  invalid: ManifestProblem[];
  unreadable: ManifestProblem[];
  /** In the order of lines; dropped lines are in it too. */
  changes: ManifestChange[];
}

export interface RepairOptions {
  /** Also decode what would be kept. */
  audio?: boolean;
  onProgress?: (done: number, total: number, what: 'headers' | 'listening') => void;
  signal?: AbortSignal;
}

type Fields = Record<string, unknown>;

/** Field names of other toolkits. */
const SYNONYMS: Record<string, string> = {
  audio_filepath: 'path',
  audio: 'path',
  wav: 'path',
  label: 'speaker',
  spk: 'speaker',
  speaker_id: 'speaker',
  key: 'id',
  utt: 'id',
  utt_id: 'id',
  sample_rate: 'sampleRate',
  sampling_rate: 'sampleRate',
  start: 'offset',
};
const NUMBERS = ['offset', 'duration', 'sampleRate', 'channels', 'channel', 'repeats', 'trailingSilence'];
const PROBES = 16;

/** A line on its way to becoming an utterance. */
interface Draft {
  line: number;
  fields: Fields;
  changes: string[];
  /** What cannot be mended. */
  problems: string[];
}

/** Mends the lines of a manifest. Throws UserError only where the file itself cannot be read. */
export async function repairManifest(
  path: string,
  { audio = false, onProgress, signal }: RepairOptions = {},
): Promise<ManifestRepair> {
  const corpus = (path === '-' ? '' : basename(path)).replace(/\.(jsonl|json|gz)\b/g, '') || 'corpus';
  const drafts = [...readManifestLines(path)].map((entry) => draftOf(entry, folderOf(path), corpus));
  const paths = new Set(drafts.flatMap(({ fields }) => (typeof fields.path === 'string' ? [fields.path] : [])));
  const headers = await readHeaders([...paths], { onProgress, signal });
  withdrawDisputedGenders(drafts);

  const repair: ManifestRepair = {
    lines: drafts.length,
    kept: [],
    duplicates: 0,
    invalid: [],
    unreadable: [],
    changes: [],
  };
  const file = path === '-' ? 'standard input' : path;
  const lineOfText = new Map<string, number>();
  const lineOfId = new Map<string, number>();
  const keptLines: number[] = [];
  for (const draft of drafts) {
    const { line, fields, changes, problems } = draft;
    const header = headers.get(String(fields.path));
    if (header && !('problem' in header)) applyHeader(draft, header);
    const id = typeof fields.id === 'string' && fields.id !== '' ? fields.id : '-';
    const settle = () => {
      if (header && 'problem' in header) return repair.unreadable.push({ file, line, id, problem: header.problem });
      const utterance = problems.length === 0 ? utteranceOf(draft) : undefined;
      if (utterance) {
        const text = stableJson(utterance);
        const same = lineOfText.get(text);
        if (same !== undefined) {
          changes.push(`dropped: the same as line ${same}`);
          return repair.duplicates++;
        }
        const earlier = lineOfId.get(id);
        if (earlier === undefined) {
          lineOfText.set(text, line);
          lineOfId.set(id, line);
          keptLines.push(line);
          return repair.kept.push(utterance);
        }
        problems.push(`the same id as line ${earlier}, which says something else`);
      }
      return repair.invalid.push({ file, line, id, problem: problems.join('; ') });
    };
    settle();
    for (const change of changes) repair.changes.push({ line, id, change });
  }
  if (audio) {
    const problems = await listen(repair.kept, { onProgress, signal });
    repair.kept.forEach(({ id }, index) => {
      const problem = problems.get(index);
      if (problem !== undefined) repair.unreadable.push({ file, line: keptLines[index], id, problem });
    });
    repair.kept = repair.kept.filter((_, index) => !problems.has(index));
    repair.unreadable.sort((a, b) => a.line - b.line);
  }
  const { kept, duplicates, invalid, unreadable } = repair;
  const accounted = kept.length + duplicates + invalid.length + unreadable.length;
  if (accounted !== drafts.length) throw internal(`${drafts.length} lines in, ${accounted} accounted for`);
  return repair;
}

/**
 * Throws UserError where nothing is left, or where lines would have to be dropped that nobody asked to drop.
 */
export function requireUsable(
  path: string,
  { kept, invalid, unreadable }: ManifestRepair,
  { dropUnreadable = false, dropInvalid = false }: { dropUnreadable?: boolean; dropInvalid?: boolean },
): void {
  const refused = [
    ...(dropInvalid ? [] : invalid.map((problem) => ({ ...problem, flag: '--drop-invalid' }))),
    ...(dropUnreadable ? [] : unreadable.map((problem) => ({ ...problem, flag: '--drop-unreadable' }))),
  ].sort((a, b) => a.line - b.line);
  const flags = [...new Set(refused.map(({ flag }) => flag))].sort().join(' ');
  throwProblems(
    refused.map((problem) => describeProblem(problem)),
    {
      where: path,
      what: 'lines that cannot be mended',
      one: 'line that cannot be mended',
      remedy: `Nothing was written. Mend them, or leave them out: ${flags}`,
    },
  );
  if (kept.length === 0) throw new UserError(`${path}: no utterance is left`);
}

/** All that can be mended without the audio. */
function draftOf({ line, fields: given, problems }: ManifestLine, base: string, corpus: string): Draft {
  const draft: Draft = { line, fields: {}, changes: [], problems: given ? [] : [...problems] };
  if (!given) return draft;
  const { fields, changes } = draft;
  for (const [name, value] of Object.entries(given)) {
    const own = name in utteranceSchema.shape ? name : SYNONYMS[name];
    if (value === null || value === '') changes.push(`${name}: removed (${value === null ? 'null' : 'empty'})`);
    else if (own === undefined) changes.push(`${name}: removed (no field of a manifest)`);
    else if (own !== name && own in given) changes.push(`${name}: removed (${own} is there too)`);
    else if (own !== name && own in fields && fields[own] !== value)
      draft.problems.push(
        `${name}: another ${own} than before: ${JSON.stringify(fields[own])}, ${JSON.stringify(value)}`,
      );
    else {
      fields[own] = value;
      if (own !== name) changes.push(`${name}: is now ${own}`);
    }
  }
  const set = (name: string, value: unknown, why = '') => {
    const before = fields[name] === undefined ? 'none' : JSON.stringify(fields[name]);
    fields[name] = value;
    changes.push(`${name}: ${before} → ${JSON.stringify(value)}${why && ` (${why})`}`);
  };
  const end = given.end ?? given.stop;
  if (end !== undefined && end !== null && given.duration === undefined) {
    const length = Number(end) - Number(fields.offset ?? 0);
    if (length > 0) set('duration', Number(length.toFixed(6)), 'to its end');
    else draft.problems.push(`end: expected a number of seconds after the start, got ${JSON.stringify(end)}`);
  }
  for (const name of NUMBERS) {
    const value = fields[name];
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) set(name, Number(value));
  }
  for (const name of ['id', 'speaker', 'session', 'corpus']) {
    if (typeof fields[name] === 'number') set(name, String(fields[name]));
  }
  const { path } = fields;
  if (typeof path === 'string' && resolve(base, path) !== path) set('path', resolve(base, path));
  if (fields.id === undefined && typeof fields.path === 'string') set('id', idOf(fields.path), 'from the path');
  for (const name of ['id', 'speaker']) {
    const value = fields[name];
    if (typeof value === 'string' && /\s/u.test(value)) set(name, value.trim().replace(/\s+/gu, '_'));
  }
  if (typeof fields.gender === 'string' && fields.gender !== 'f' && fields.gender !== 'm') mendGender(draft, set);
  if (fields.split === undefined) set('split', 'train');
  if (fields.corpus === undefined) set('corpus', corpus);
  return draft;
}

/** The file's folder and name: what tells files of most corpora apart. */
function idOf(path: string): string {
  const parts = path.split(/[/\\]/).slice(-2);
  return parts
    .join('/')
    .replace(/\.[^./]+$/, '')
    .replace(/^\//, '');
}

function mendGender({ fields, changes }: Draft, set: (name: string, value: unknown) => void): void {
  const text = String(fields.gender);
  try {
    const gender = parseGender(text, '');
    if (gender !== undefined) return set('gender', gender);
    changes.push(`gender: removed (${text})`);
    delete fields.gender;
  } catch {
    return; // the schema will say that it is none
  }
}

/** Nobody can tell which of two genders a speaker has; not known is what is true. */
function withdrawDisputedGenders(drafts: readonly Draft[]): void {
  const gendersOf = new Map<unknown, Set<unknown>>();
  for (const { fields } of drafts) {
    if (fields.gender === undefined) continue;
    gendersOf.set(fields.speaker, (gendersOf.get(fields.speaker) ?? new Set()).add(fields.gender));
  }
  for (const { fields, changes } of drafts) {
    if (fields.gender === undefined || (gendersOf.get(fields.speaker)?.size ?? 0) < 2) continue;
    changes.push(`gender: removed (${String(fields.gender)}; other lines give this speaker another)`);
    delete fields.gender;
  }
}

/** What the file's header knows better. */
function applyHeader({ fields, changes, problems }: Draft, header: AudioInfo): void {
  const { sampleRate, channels, duration: whole } = header;
  const set = (name: string, value: unknown, why: string) => {
    changes.push(`${name}: ${JSON.stringify(fields[name]) ?? 'none'} → ${JSON.stringify(value)} (${why})`);
    fields[name] = value;
  };
  const file = "the file's";
  if (fields.sampleRate !== sampleRate) set('sampleRate', sampleRate, file);
  if (fields.channels !== channels) set('channels', channels, file);
  if (channels === 1 && fields.channel === 0) {
    changes.push('channel: 0 removed (the file is mono)');
    delete fields.channel;
  }
  if (channels > 1 && fields.channel === undefined) set('channel', 0, `the file has ${channels} channels`);
  const offset = typeof fields.offset === 'number' ? fields.offset : 0;
  if (offset >= whole) {
    problems.push(`starts at ${offset} s, but the file has ${whole.toFixed(3)} s`);
    return;
  }
  const rest = whole - offset;
  const { duration } = fields;
  if (typeof duration !== 'number' || !(duration > 0)) set('duration', rest, 'to the end of the file');
  else if (duration > rest + 0.5 / sampleRate) set('duration', rest, 'the file ends there');
}

function utteranceOf({ fields, problems }: Draft): Utterance | undefined {
  const parsed = utteranceSchema.safeParse(fields);
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error, fields));
    return undefined;
  }
  problems.push(...utteranceProblems(parsed.data));
  return problems.length === 0 ? parsed.data : undefined;
}

/** What is wrong with the audio of utterances, by their index. */
async function listen(
  utterances: readonly Utterance[],
  { onProgress, signal }: RepairOptions,
): Promise<Map<number, string>> {
  const problems = new Map<number, string>();
  let index = 0;
  const inspection = inspectAudio(utterances, {
    signal,
    onProgress: ({ done, total }) => onProgress?.(done, total, 'listening'),
  });
  for await (const result of inspection) {
    if ('problem' in result) problems.set(index, result.problem.replace(/\s*\n\s*/g, ' '));
    index++;
  }
  return problems;
}

/** The header of each file, or why it cannot be read. */
async function readHeaders(
  paths: readonly string[],
  { onProgress, signal }: RepairOptions,
): Promise<Map<string, AudioInfo | { problem: string }>> {
  const headers = new Map<string, AudioInfo | { problem: string }>();
  let next = 0;
  const probe = async () => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      const path = paths[next++];
      const header = await probeAudio(path).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        return { problem: error.message.replace(/\s*\n\s*/g, ' ') };
      });
      headers.set(path, header);
      onProgress?.(headers.size, paths.length, 'headers');
    }
  };
  await Promise.all(Array.from({ length: PROBES }, probe));
  return headers;
}
