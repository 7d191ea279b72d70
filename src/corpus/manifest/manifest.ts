/**
 * @file The manifest: one line of JSON for each utterance of a corpus (`manifest.jsonl`).
 *
 * An utterance is a piece of one audio file said by one speaker. `offset` and `duration` are seconds; without `offset`
 * the utterance starts at the file's beginning. `session` names the recording situation (a chapter, a telephone call):
 * two utterances of one session share room, microphone and day, so target trials within a session are easy.
 * Relative paths start at the manifest's folder; acanet writes absolute ones. So a manifest can be read from any working
 * directory.
 */
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { streamJsonl, writeJsonl } from '../../storage/jsonl.js';
import { groupBy } from '../../group-by.js';
import { createTextIndex } from './text-index.js';
import { counted, throwProblems } from '../../problem-list.js';

export interface Utterance {
  /** Unique in the manifest; no white space, as trial lists and Kaldi archives are split at it. */
  id: string;
  speaker: string;
  path: string;
  /** Seconds from the beginning of the file; default 0. */
  offset?: number;
  /** Seconds. */
  duration: number;
  sampleRate: number;
  channels: number;
  /** Which channel to read, from 0; needed where `channels` > 1. */
  channel?: number;
  gender?: 'f' | 'm';
  session?: string;
  /**
   * How often a training list names the utterance, and so an epoch takes it; default 1. Its features are stored once.
   */
  repeats?: number;
  /**
   * Seconds of digital silence (zeros) that features are made with after the audio, which does not hold them; default
   * 0.
   */
  trailingSilence?: number;
  corpus: string;
  split: Split;
}

export type Split = 'train' | 'dev' | 'test';
export const splits: readonly Split[] = ['train', 'dev', 'test'];

/** One line of a manifest. */
export const utteranceSchema = z.strictObject({
  id: z.string(),
  speaker: z.string(),
  path: z.string(),
  offset: z.number().optional(),
  duration: z.number(),
  sampleRate: z.number(),
  channels: z.number(),
  channel: z.number().optional(),
  gender: z.enum(['f', 'm']).optional(),
  session: z.string().optional(),
  repeats: z.number().optional(),
  trailingSilence: z.number().optional(),
  corpus: z.string(),
  split: z.enum(['train', 'dev', 'test']),
});

/**
 * Reads and validates a manifest, one utterance at a time: what grows with its length is the set of its ids.
 * Throws UserError with file:line; once something is wrong no further utterance is given out, only checked.
 */
export function* streamManifest(path: string): Generator<Utterance, void> {
  const check = createManifestCheck('line');
  const intern = createInterning();
  const base = folderOf(path);
  let line = 0;
  const read = (value: unknown, where: string, number: number) => {
    line = number;
    const utterance = asUtterance(value, where);
    if (utterance.path !== '' && !isAbsolute(utterance.path)) utterance.path = resolve(base, utterance.path);
    return utterance;
  };
  for (const utterance of streamJsonl(path, read, { what: 'the manifest' })) {
    check.add(utterance, line);
    if (check.problems.length === 0) yield intern(utterance);
  }
  if (check.count === 0)
    throw new UserError(`${path}: the manifest is empty: expected a line of JSON for each utterance`);
  check.finish(path);
}

/** What relative paths in a manifest are relative to. */
export const folderOf = (manifest: string): string => resolve(manifest === '-' ? '.' : dirname(manifest));

/** All of a manifest, validated. Throws UserError with file:line. */
export function readManifest(path: string): Utterance[] {
  return [...streamManifest(path)];
}

function asUtterance(value: unknown, where: string): Utterance {
  const result = utteranceSchema.safeParse(value);
  if (result.success) return result.data;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const problems = isObject
    ? schemaProblems(result.error, value as Record<string, unknown>)
    : [noObject(JSON.stringify(value))];
  throw new UserError(`${where}: not an utterance: ${problems.join('; ')}`);
}

/** @param text what is there in place of an object */
export const noObject = (text: string): string =>
  `expected one JSON object, got: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;

/** What zod finds wrong with a line, one sentence each; all missing and all unknown fields are one. */
export function schemaProblems({ issues }: z.ZodError, fields: Record<string, unknown>): string[] {
  const list = (names: readonly string[]) => `${names.length === 1 ? 'field' : 'fields'} ${names.join(', ')}`;
  const isMissing = ({ path: [name] }: z.core.$ZodIssue) => name !== undefined && fields[String(name)] === undefined;
  const missing = issues.filter(isMissing).map(({ path: [name] }) => String(name));
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys' && !isMissing(issue));
  return [
    ...(missing.length > 0 ? [`missing ${list(missing)}`] : []),
    ...(unknown.length > 0 ? [`unknown ${list(unknown)}`] : []),
    ...others.map(({ path: [name], message }) => {
      const expected = message.replace(/^Invalid \w+: |, received \w+$/g, '').replace(/\|/g, ' or ');
      return `${String(name)}: ${expected}, got ${JSON.stringify(fields[String(name)])}`;
    }),
  ];
}

/** Keeps one copy of the strings that many lines share, where parsing makes one for each line. */
function createInterning(): (utterance: Utterance) => Utterance {
  const known = new Map<string, string>();
  const one = <Text extends string>(text: Text): Text => {
    const first = known.get(text);
    if (first !== undefined) return first as Text;
    known.set(text, text);
    return text;
  };
  return (utterance) => {
    utterance.speaker = one(utterance.speaker);
    utterance.corpus = one(utterance.corpus);
    utterance.split = one(utterance.split);
    if (utterance.session !== undefined) utterance.session = one(utterance.session);
    return utterance;
  };
}

/** SHA-256 of utterances, in their order. */
export function hashUtterances(utterances: readonly Utterance[]): string {
  return hashLines(utterances);
}

/**
 * The same without where their audio lies, so that a corpus that was moved is still the same. What the audio is, is not
 * part of it: that is known by the features that are made of it.
 */
export function hashUtterancesAnywhere(utterances: readonly Utterance[]): string {
  return hashLines(utterances, 'path');
}

/** Of each utterance's JSON with its keys sorted, a line each. @param left a key that is left out */
function hashLines(utterances: readonly Utterance[], left?: keyof Utterance): string {
  const keys = FIELDS.filter((key) => key !== left);
  const hash = createHash('sha256');
  let block = '';
  for (const utterance of utterances) {
    let line = '';
    for (const key of keys) {
      const value = utterance[key];
      if (value !== undefined) line += `${line === '' ? '' : ','}"${key}":${JSON.stringify(value)}`;
    }
    block += `{${line}}\n`;
    if (block.length < BLOCK) continue;
    hash.update(block);
    block = '';
  }
  return hash.update(block).digest('hex');
}

const FIELDS = Object.keys(utteranceSchema.shape).sort() as (keyof Utterance)[];
/** Characters that are hashed at a time. */
const BLOCK = 1 << 16;

/** Validates, then writes one line for each utterance, aside and renamed. */
export function writeManifest(path: string, utterances: readonly Utterance[]): void {
  validateManifest(utterances, { where: path });
  writeJsonl(path, utterances);
}

/**
 * Checks what the types cannot: unique ids (in any Unicode normalisation), positive durations, channels in range, one
 * gender a speaker. Throws one UserError that lists the first ten problems and counts all. They are numbered as
 * utterances: `where` may be a folder, or a list of another form, whose lines are not the manifest's.
 */
export function validateManifest(utterances: readonly Utterance[], { where }: { where: string }): void {
  const check = createManifestCheck('utterance');
  for (const [index, utterance] of utterances.entries()) check.add(utterance, index + 1);
  check.finish(where);
}

/** The same check for utterances that come one at a time, each with its number as a `unit`. */
function createManifestCheck(unit: 'line' | 'utterance') {
  const problems: string[] = [];
  const lineOfId = createTextIndex();
  const genderOf = new Map<string, { gender: 'f' | 'm'; line: number }>();
  const twinsOf = createSpellingCheck(unit);
  let count = 0;
  const add = (utterance: Utterance, line: number) => {
    count++;
    const { id, speaker, gender } = utterance;
    const report = (problem: string) => problems.push(`${unit} ${line} (${id || 'no id'}): ${problem}`);
    for (const problem of utteranceProblems(utterance)) report(problem);
    for (const problem of twinsOf(utterance, line)) report(problem);
    const earlier = lineOfId.add(id, line);
    if (earlier !== undefined) report(`the same id as ${unit} ${earlier} (${utterance.path})`);
    if (gender === undefined) return;
    const known = genderOf.get(speaker);
    if (known === undefined) genderOf.set(speaker, { gender, line });
    else if (known.gender !== gender) {
      report(`speaker ${speaker} has gender ${gender}, but ${known.gender} on ${unit} ${known.line}`);
    }
  };
  return {
    problems,
    get count() {
      return count;
    },
    add,
    finish: (where: string) =>
      throwProblems(problems, {
        where,
        ...(unit === 'line'
          ? { what: 'problems in the manifest', one: 'problem in the manifest' }
          : { what: 'problems', one: 'problem' }),
      }),
  };
}

/**
 * What keeps a text from naming an utterance or a speaker. Lists and archives are split at white space. Slashes are
 * common (VoxCeleb's ids are paths), and so are letters of any script; `..` is refused, as other tools make files of
 * ids.
 */
function nameProblem(what: string, name: string): string[] {
  const expected = !/^\S+$/.test(name)
    ? 'without white space'
    : /\p{Cc}/u.test(name)
      ? 'without control characters'
      : /(^|\/)\.{1,2}(\/|$)/.test(name)
        ? 'that is no relative path'
        : undefined;
  return expected === undefined ? [] : [`expected ${what} ${expected}, got ${JSON.stringify(name)}`];
}

/**
 * Finds ids and speakers that look the same and differ in Unicode normalisation: `é` may be one character or two, and
 * file systems and archivers change one into the other. Each spelling is reported once.
 */
export function createSpellingCheck(unit: 'line' | 'utterance'): (utterance: Utterance, line: number) => string[] {
  const check = (what: string) => {
    const spellings = new Map<string, { name: string; line: number }>();
    const reported = new Set<string>();
    return (name: string, line: number): string[] => {
      if (!NOT_ASCII.test(name)) return [];
      const normal = name.normalize('NFC');
      const known = spellings.get(normal);
      if (known === undefined) spellings.set(normal, { name, line });
      if (known === undefined || known.name === name || reported.has(name)) return [];
      reported.add(name);
      return [`${what} ${name} differs from the one on ${unit} ${known.line} in its Unicode normalisation only`];
    };
  };
  const [ofIds, ofSpeakers] = [check('id'), check('speaker')];
  return ({ id, speaker }, line) => [...ofIds(id, line), ...ofSpeakers(speaker, line)];
}

/** ASCII is the same in every normalisation. */
const NOT_ASCII = /[^\0-\x7f]/;

/** What the types cannot say and a single line can get wrong; one sentence each. */
export function utteranceProblems(utterance: Utterance): string[] {
  const { id, speaker, path, offset = 0, duration, sampleRate, channels, channel } = utterance;
  const { repeats = 1, trailingSilence = 0 } = utterance;
  const problems = [...nameProblem('an id', id), ...nameProblem('a speaker', speaker)];
  if (path === '' || path.includes('\0')) problems.push(`expected a path, got ${JSON.stringify(path)}`);
  if (!(duration > 0 && Number.isFinite(duration))) problems.push(`expected a duration above 0 s, got ${duration}`);
  if (!(offset >= 0 && Number.isFinite(offset))) problems.push(`expected an offset of 0 s or more, got ${offset}`);
  if (!(Number.isInteger(sampleRate) && sampleRate > 0))
    problems.push(`expected a sample rate in Hz, got ${sampleRate}`);
  if (!(Number.isInteger(channels) && channels > 0)) problems.push(`expected 1 channel or more, got ${channels}`);
  if (channel !== undefined && !(Number.isInteger(channel) && channel >= 0 && channel < channels)) {
    problems.push(`expected a channel from 0 to ${channels - 1}, got ${channel}`);
  }
  if (!(Number.isInteger(repeats) && repeats > 0)) problems.push(`expected 1 repeat or more, got ${repeats}`);
  if (!(trailingSilence >= 0 && Number.isFinite(trailingSilence)))
    problems.push(`expected a trailingSilence of 0 s or more, got ${trailingSilence}`);
  return problems;
}

/**
 * Throws if a speaker of the test split is also in training or development: the test would not be of unseen speakers.
 */
export function checkSpeakersDisjoint(utterances: readonly Utterance[], { where }: { where: string }): void {
  const seen = new Map<string, Utterance>();
  for (const utterance of utterances) if (utterance.split !== 'test') seen.set(utterance.speaker, utterance);
  const shared = new Map<string, string>();
  for (const { speaker, split, id } of utterances) {
    const other = seen.get(speaker);
    if (split !== 'test' || other === undefined || shared.has(speaker)) continue;
    shared.set(speaker, `${speaker}: ${other.id} (${other.split}) and ${id} (test)`);
  }
  throwProblems([...shared.values()], {
    where,
    what: 'speakers are both in training and in test',
    one: 'speaker is both in training and in test',
    remedy: 'Give every speaker to one split.',
  });
}

/** What one split holds. */
export interface SplitSummary {
  split: Split;
  speakers: number;
  utterances: number;
  hours: number;
  /** Speakers with known gender. */
  female: number;
  male: number;
  /** Hz, ascending. */
  sampleRates: number[];
}

/** Speakers, utterances and hours of each split that has utterances, in the order train, dev, test. */
export function summarizeCorpus(utterances: readonly Utterance[]): SplitSummary[] {
  return splits
    .map((split) => {
      const genders = new Map<string, 'f' | 'm' | undefined>();
      const rates = new Set<number>();
      let members = 0;
      let seconds = 0;
      for (const utterance of utterances) {
        if (utterance.split !== split) continue;
        members++;
        seconds += utterance.duration;
        genders.set(utterance.speaker, utterance.gender ?? genders.get(utterance.speaker));
        rates.add(utterance.sampleRate);
      }
      const count = (wanted: 'f' | 'm') => [...genders.values()].filter((gender) => gender === wanted).length;
      return {
        split,
        speakers: genders.size,
        utterances: members,
        hours: seconds / 3600,
        female: count('f'),
        male: count('m'),
        sampleRates: [...rates].sort((a, b) => a - b),
      };
    })
    .filter((summary) => summary.utterances > 0);
}

/** The summary as lines for the log: `train: 248 speakers (124 f, 124 m), 248 utterances, 0.87 h, 16000 Hz`. */
export function describeCorpus(utterances: readonly Utterance[]): string[] {
  return summarizeCorpus(utterances).map(({ split, speakers, female, male, utterances: count, hours, sampleRates }) => {
    const genders = female + male > 0 ? ` (${female} f, ${male} m)` : '';
    const rates = sampleRates.map((rate) => `${rate} Hz`).join(', ');
    return `${split}: ${counted(speakers, 'speaker')}${genders}, ${counted(count, 'utterance')}, ${hours.toFixed(2)} h, ${rates}`;
  });
}

/** Orders ids by their UTF-16 code units: the same on every machine, unlike the locale's order. */
export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Utterances of each speaker, in the order of first appearance. */
export function bySpeaker(utterances: Iterable<Utterance>): Map<string, Utterance[]> {
  return groupBy(utterances, ({ speaker }) => speaker);
}
