/**
 * @file The published lists of WSJ0-1talker (Xu et al., Target Speaker Verification with Selective Auditory Attention,
 * TASLP 2021; repository `target_speaker_verification`, folder `egs/WSJ0-2mix-extr/data`), reduced to utterance ids.
 *
 *     tr/ref.scp, cv/ref.scp   `<mixture> <path>`; a mixture is `<s1>_<gain>_<s2>_<gain>_<aux>`. Its talker s1, alone, is what
 *                              training (tr) and development (cv) use, so an utterance in several mixtures is named often
 *     enrol/mix.scp            `<utterance> <path>` (or enrol/aux.scp, the same)
 *     trials_1talker/trials    `<enrolment> <test>_<enrolment> target|nontarget`
 *
 * Paths are those of the authors' machine: only ids count. An id has eight characters: speaker (3), kind of prompt (1),
 * session (2), utterance (2); they are lower-cased. Every file may be gzip'd (`.gz`).
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { sha256Hex } from '../../storage/hashing.js';
import { readTextLines } from '../../storage/text-lines.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import type { Trial } from '../trials/trials.js';

/** One file of the training or the development list: the utterance `s1` of a mixture, which also has `s2`. */
export interface ListedMixture {
  id: string;
  s1: string;
  s2: string;
}

export interface Wsj0Lists {
  /** Where they were found: the folder given, or one below it. */
  folder: string;
  training: ListedMixture[];
  development: ListedMixture[];
  enrolment: string[];
  /** In the published order, repeated lines included. */
  trials: Trial[];
}

/** `011c0201` → `011` */
export const speakerOf = (utterance: string): string => utterance.slice(0, 3);
/** `011c0201` → `011-02` */
export const sessionOf = (utterance: string): string => `${speakerOf(utterance)}-${utterance.slice(4, 6)}`;

/** Where the lists lie in a clone of their repository. */
const FOLDERS = ['', 'data', 'WSJ0-2mix-extr/data', 'egs/WSJ0-2mix-extr/data'];
const FILES = {
  training: ['tr/ref.scp'],
  development: ['cv/ref.scp'],
  enrolment: ['enrol/mix.scp', 'enrol/aux.scp'],
  trials: ['trials_1talker/trials'],
};

const UTTERANCE = /^[0-9a-z]{8}$/;
const MIXTURE = /^([0-9a-z]{8})_-?[\d.]+(?:e[-+]?\d+)?_([0-9a-z]{8})_-?[\d.]+(?:e[-+]?\d+)?_[0-9a-z]{8}$/;

/** Whether a folder holds the lists (or one of its folders does, as in a clone). */
export const holdsLists = (folder: string): boolean => locate(folder) !== undefined;

function locate(folder: string): string | undefined {
  return FOLDERS.map((below) => join(folder, below)).find((path) => listPath(path, FILES.trials) !== undefined);
}

/** The list's path, plain or gzip'd. */
function listPath(folder: string, names: readonly string[]): string | undefined {
  return names
    .flatMap((name) => [name, `${name}.gz`])
    .map((name) => join(folder, name))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/**
 * Reads the lists. @throws UserError with file:line where they are not those of WSJ0-1talker, or contradict each other
 */
export function readWsj0Lists(given: string): Wsj0Lists {
  const folder = locate(given);
  if (folder === undefined) {
    const found = existsSync(given) ? `found ${describeFolder(given)}` : 'found no such folder';
    throw new UserError(
      `${given}: expected the WSJ0-1talker lists (trials_1talker/trials, tr/ref.scp, cv/ref.scp, enrol/mix.scp), ${found}\n` +
        'Point --lists (corpus.lists) at a clone of their repository, or at its egs/WSJ0-2mix-extr/data.',
    );
  }
  const pathOf = (list: keyof typeof FILES) => {
    const path = listPath(folder, FILES[list]);
    if (path !== undefined) return path;
    throw new UserError(`${join(folder, FILES[list][0])}: no such file; the lists are not complete, get them again`);
  };
  const lists = {
    folder,
    training: readMixtures(pathOf('training'), 'the training list'),
    development: readMixtures(pathOf('development'), 'the development list'),
    enrolment: readEnrolment(pathOf('enrolment')),
    trials: readTalkerTrials(pathOf('trials')),
  };
  checkTogether(lists);
  return lists;
}

function describeFolder(folder: string): string {
  const names = statSync(folder).isDirectory() ? readdirSync(folder).sort() : ['a file'];
  return firstOf(names) || 'an empty folder';
}

/**
 * The fields of each line that is not blank, lower-cased. @throws UserError where there are too few or too many, or no
 * lines
 */
function* readFields(path: string, what: string, expected: string): Generator<{ fields: string[]; where: string }> {
  const count = expected.split(' ').length;
  let lines = 0;
  for (const { text, number } of readTextLines(path, { what })) {
    if (text.trim() === '') continue;
    const fields = text.trim().split(/\s+/);
    const where = `${path}:${number}`;
    // The path of a foreign machine may hold white space; no other field may.
    const right = expected.endsWith('path') ? fields.length >= count : fields.length === count;
    if (!right) {
      throw new UserError(`${where}: expected "${expected}", got ${fields.length} fields: ${shown(text.trim())}`);
    }
    lines++;
    yield { fields: fields.map((field) => field.toLowerCase()), where };
  }
  if (lines === 0) throw new UserError(`${path}: ${what} is empty: expected lines of "${expected}"`);
}

const shown = (text: string) => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

const foreign = (where: string, expected: string, got: string) =>
  new UserError(`${where}: expected ${expected}, got ${shown(got)}\nAre these the lists of another corpus?`);

function readMixtures(path: string, what: string): ListedMixture[] {
  const mixtures = new Map<string, ListedMixture>();
  for (const { fields, where } of readFields(path, what, 'mixture path')) {
    const [id] = fields;
    const match = MIXTURE.exec(id);
    if (!match) throw foreign(where, 'a mixture of WSJ0 utterances such as 011a0101_1.2_012c0203_-1.2_011a0102', id);
    if (mixtures.has(id)) throw new UserError(`${where}: the mixture ${id} is listed twice`);
    checkStem(fields, where);
    mixtures.set(id, { id, s1: match[1], s2: match[2] });
  }
  return [...mixtures.values()];
}

function readEnrolment(path: string): string[] {
  const ids = new Set<string>();
  for (const { fields, where } of readFields(path, 'the enrolment list', 'utterance path')) {
    const [id] = fields;
    if (!UTTERANCE.test(id)) throw foreign(where, 'a WSJ0 utterance of 8 characters such as 050a0501', id);
    if (ids.has(id)) throw new UserError(`${where}: the utterance ${id} is listed twice`);
    checkStem(fields, where);
    ids.add(id);
  }
  return [...ids];
}

/** The path is not read, but a line whose path names another file than its id is damaged. */
function checkStem(fields: readonly string[], where: string): void {
  const stem = fields
    .at(-1)!
    .replace(/^.*[\\/]/, '')
    .replace(/\.[a-z0-9]+$/, '');
  if (stem === fields[0]) return;
  throw new UserError(
    `${where}: the id ${shown(fields[0])} and the file ${shown(stem)} differ; is this line of two others?`,
  );
}

function readTalkerTrials(path: string): Trial[] {
  const trials: Trial[] = [];
  const wrong: string[] = [];
  const expected = 'enrolment test_enrolment target|nontarget';
  for (const { fields, where } of readFields(path, 'the trial list', expected)) {
    const [enroll, pair, label] = fields;
    const [test, again = enroll, ...more] = pair.split('_');
    if (![enroll, test, again].every((id) => UTTERANCE.test(id)) || more.length > 0) {
      throw foreign(where, `"${expected}" with WSJ0 utterances of 8 characters`, fields.join(' '));
    }
    if (again !== enroll) {
      throw new UserError(`${where}: expected the test ${test}_${enroll}, as ${enroll} enrols, got ${pair}`);
    }
    if (label !== 'target' && label !== 'nontarget') {
      throw new UserError(`${where}: expected target or nontarget, got ${shown(label)}`);
    }
    const target = label === 'target';
    if (target !== (speakerOf(enroll) === speakerOf(test))) wrong.push(`${where}: ${enroll} ${test} ${label}`);
    trials.push({ enroll, test, target });
  }
  throwProblems(wrong, { where: path, what: 'trials whose label is not what the speakers in their ids say' });
  return trials;
}

function checkTogether({ folder, training, development, enrolment, trials }: Wsj0Lists): void {
  const trained = new Set(training.map(({ s1 }) => s1));
  const both = [...new Set(development.map(({ s1 }) => s1))].filter((id) => trained.has(id));
  throwProblems(both, { where: folder, what: 'utterances are both in tr/ref.scp and in cv/ref.scp' });
  const enrolled = new Set(enrolment);
  const unlisted = [...new Set(trials.map(({ enroll }) => enroll))].filter((id) => !enrolled.has(id));
  throwProblems(unlisted, { where: folder, what: 'utterances enrol in trials but are not in the enrolment list' });
}

/** What lists hold, in the protocol's own figures. */
export interface Wsj0Counts {
  trainingFiles: number;
  trainingUtterances: number;
  trainingSpeakers: number;
  developmentFiles: number;
  developmentUtterances: number;
  enrolments: number;
  testSpeakers: number;
  trials: number;
  distinctTrials: number;
}

export const publishedCounts: Readonly<Wsj0Counts> = {
  trainingFiles: 20_000,
  trainingUtterances: 7925,
  trainingSpeakers: 101,
  developmentFiles: 5000,
  developmentUtterances: 2791,
  enrolments: 1857,
  testSpeakers: 18,
  trials: 51_000,
  distinctTrials: 50_604,
};

export function countLists({ training, development, enrolment, trials }: Omit<Wsj0Lists, 'folder'>): Wsj0Counts {
  const distinct = (items: readonly string[]) => new Set(items).size;
  const trained = [...training, ...development].map(({ s1 }) => s1);
  const tested = trials.flatMap(({ enroll, test }) => [enroll, test]);
  return {
    trainingFiles: training.length,
    trainingUtterances: distinct(training.map(({ s1 }) => s1)),
    trainingSpeakers: distinct(trained.map(speakerOf)),
    developmentFiles: development.length,
    developmentUtterances: distinct(development.map(({ s1 }) => s1)),
    enrolments: enrolment.length,
    testSpeakers: distinct([...enrolment, ...tested].map(speakerOf)),
    trials: trials.length,
    distinctTrials: distinct(trials.map(({ enroll, test }) => `${enroll} ${test}`)),
  };
}

/** Counts as text: `20,000 training files (7,925 utterances of 101 speakers), …`. */
export function describeCounts(counts: Wsj0Counts): string {
  const n = (value: number) => value.toLocaleString('en');
  return (
    `${n(counts.trainingFiles)} training files (${n(counts.trainingUtterances)} utterances), ` +
    `${n(counts.developmentFiles)} development files (${n(counts.developmentUtterances)}), ` +
    `${n(counts.trainingSpeakers)} speakers; ${n(counts.enrolments)} enrolments of ${n(counts.testSpeakers)} speakers, ` +
    `${n(counts.trials)} trials (${n(counts.distinctTrials)} distinct)`
  );
}

/** SHA-256 of the published lists' sorted ids, one a line: their order differs between the two published places. */
const PUBLISHED_HASHES = {
  'training list': '1249352a932d25ffa2af28c462352c196ebf326986047ad01af5ffe085a2a8b9',
  'development list': '74b3d5fc474ed659cc21fd35ccbef29f7d4a46595e23183e64059a15dec897c1',
  'enrolment list': '6673bd49cdddaab4141fe706ed5beab1f40ccc339a52f7178343a21aa01e9ff0',
  trials: '129344d06d7249117f73dda42aebbed7732b9552721483bca94808a4cd7696e2',
};

/** The lists that are not, id by id, the published ones; none where this is the whole protocol. */
export function unpublishedLists({ training, development, enrolment, trials }: Wsj0Lists): string[] {
  const hash = (items: string[]) => sha256Hex(...items.sort().map((item) => `${item}\n`));
  const hashes: typeof PUBLISHED_HASHES = {
    'training list': hash(training.map(({ id }) => id)),
    'development list': hash(development.map(({ id }) => id)),
    'enrolment list': hash([...enrolment]),
    trials: hash(trials.map(({ enroll, test, target }) => `${enroll} ${test} ${target ? 'target' : 'nontarget'}`)),
  };
  const names = Object.keys(hashes) as (keyof typeof hashes)[];
  return names.filter((name) => hashes[name] !== PUBLISHED_HASHES[name]);
}
