/**
 * @file A manifest read line by line as a person or a script may have written it, with everything that is wrong with
 * it.
 *
 * `readManifest` takes valid manifests only, and stops at the first line that is none. This is what `acanet data` reads
 * with: every line comes with its number, its utterance if it is one, and its problems; relative paths are those below
 * the manifest's own folder. Line endings, byte-order mark and gzip are as in `text-lines.ts`.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../errors.js';
import {
  createSpellingCheck,
  folderOf,
  noObject,
  schemaProblems,
  type Utterance,
  utteranceProblems,
  utteranceSchema,
} from './manifest.js';
import { counted, firstOf } from '../../problem-list.js';
import { readTextLines } from '../../storage/text-lines.js';

export interface ManifestLine {
  /** From 1. */
  line: number;
  /** The line's object, as it stands there; undefined where it is not a JSON object. */
  fields?: Record<string, unknown>;
  /** Set where all fields are there and of the right type, even if their values are not sensible. */
  utterance?: Utterance;
  problems: string[];
}

export interface ManifestProblem {
  file: string;
  line: number;
  /** `-` where the line has none. */
  id: string;
  problem: string;
}

/** Every line that is not empty, in order. Throws UserError where the file cannot be read or is not text. */
export function* readManifestLines(path: string): Generator<ManifestLine, void> {
  const base = folderOf(path);
  if (path !== '-' && isFolder(path)) {
    throw new UserError(
      `${path}: expected a manifest, got a folder\n` +
        `Make a manifest of its audio first: acanet data import folder ${/\s/.test(path) ? JSON.stringify(path) : path} --out manifest.jsonl`,
    );
  }
  for (const { text, number } of readTextLines(path, { what: 'the manifest' })) {
    if (text.trim() !== '') yield parseLine(text, number, base);
  }
}

/** Why a path cannot be looked at is said when it is opened. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function parseLine(text: string, line: number, base: string): ManifestLine {
  const fields = parseObject(text);
  if (!fields) return { line, problems: [noObject(text)] };
  const path = typeof fields.path === 'string' && fields.path !== '' ? resolve(base, fields.path) : fields.path;
  const parsed = utteranceSchema.safeParse({ ...fields, path });
  if (parsed.success) return { line, fields, utterance: parsed.data, problems: utteranceProblems(parsed.data) };
  return { line, fields, problems: schemaProblems(parsed.error, fields) };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Finds what is wrong between lines; give it every utterance, in order. */
function createLineComparison({ speakersDisjoint }: { speakersDisjoint: boolean }) {
  const lineOfId = new Map<string, number>();
  const genderOf = new Map<string, { gender: 'f' | 'm'; line: number }>();
  const sideOf = new Map<string, { test: boolean; line: number }>();
  const twinsOf = createSpellingCheck('line');
  return (utterance: Utterance, line: number): string[] => {
    const { id, speaker, gender, split } = utterance;
    const problems = twinsOf(utterance, line);
    const earlier = lineOfId.get(id);
    if (earlier === undefined) lineOfId.set(id, line);
    else problems.push(`the same id as line ${earlier}`);
    const known = genderOf.get(speaker);
    if (gender !== undefined && known === undefined) genderOf.set(speaker, { gender, line });
    else if (gender !== undefined && known !== undefined && known.gender !== gender)
      problems.push(`speaker ${speaker} has gender ${gender}, but ${known.gender} on line ${known.line}`);
    const test = split === 'test';
    const side = sideOf.get(speaker);
    if (side === undefined) sideOf.set(speaker, { test, line });
    else if (side.test !== test && speakersDisjoint) {
      problems.push(`speaker ${speaker} is in ${split}, but on line ${side.line} in ${test ? 'training' : 'test'}`);
    }
    return problems;
  };
}

export interface CheckedManifest {
  /** Lines that are not empty. */
  lines: number;
  /** Those lines that are utterances, with their line numbers. */
  utterances: Utterance[];
  lineNumbers: number[];
  problems: ManifestProblem[];
}

/**
 * Reads a manifest and finds all its problems. Throws UserError only where the file cannot be read.
 * @param speakersDisjoint whether a speaker in test and in another split is one
 */
export function checkManifest(path: string, { speakersDisjoint = true } = {}): CheckedManifest {
  const compare = createLineComparison({ speakersDisjoint });
  const checked: CheckedManifest = { lines: 0, utterances: [], lineNumbers: [], problems: [] };
  const file = path === '-' ? 'standard input' : path;
  for (const { line, fields, utterance, problems } of readManifestLines(path)) {
    checked.lines++;
    const all = utterance ? [...problems, ...compare(utterance, line)] : problems;
    const id = typeof fields?.id === 'string' && fields.id !== '' ? fields.id : '-';
    for (const problem of all) checked.problems.push({ file, line, id, problem });
    if (!utterance) continue;
    checked.utterances.push(utterance);
    checked.lineNumbers.push(line);
  }
  if (checked.lines === 0) checked.problems.push({ file, line: 1, id: '-', problem: 'the manifest is empty' });
  return checked;
}

/** `manifest.jsonl:3: a-1: expected …` */
export const describeProblem = ({ file, line, id, problem }: ManifestProblem): string =>
  `${file}:${line}: ${id === '-' ? '' : `${id}: `}${problem}`;

/**
 * Reads a manifest to work on, whatever its splits are. Throws UserError listing the first ten problems if it has any.
 */
export function readCheckedManifest(path: string): Utterance[] {
  const { utterances, problems } = checkManifest(path, { speakersDisjoint: false });
  if (problems.length === 0) return utterances;
  const name = path === '-' ? 'MANIFEST' : path;
  throw new UserError(
    `${firstOf(problems.map(describeProblem), '\n  ')}\n` +
      `${counted(problems.length, 'problem')} in all: see \`acanet data validate ${name}\`; \`acanet data fix ${name} --out NEW\` mends what it can`,
  );
}
