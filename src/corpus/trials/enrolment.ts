/**
 * @file Enrolment of several utterances a model: `model utt1 utt2 …` lines (Kaldi's spk2utt), beside a trial list whose
 * first ids are then models.
 *
 * A model is the voice that a trial's test utterance is compared with; what is made of its utterances (the average of
 * their embeddings, a PLDA model of so many sessions) is the scoring's choice. Without such a map every enrolment id is
 * an utterance. With one, every enrolment id is a model, even where an utterance has the same name. NIST's tables
 * (`modelid segmentid side`, a line for each utterance of a model) are read too.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { readTextLines } from '../../storage/text-lines.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import type { Trial } from './trial.js';
import { columnNames, foldName } from './trial-formats.js';

/** Utterance ids of each model, one or more, without repeats. */
export type Enrolment = ReadonlyMap<string, readonly string[]>;

/** Reads `model utt1 utt2 …` lines, or a table of models and segments. Throws UserError with file:line. */
export function readEnrolment(path: string): Map<string, string[]> {
  const enrolment = new Map<string, string[]>();
  const lineOf = new Map<string, number>();
  let table: { model: number; utterance: number } | undefined;
  let first = true;
  for (const { text, number } of readTextLines(path, { what: 'the enrolment map' })) {
    const fields = text.trim().split(/[\s,]+/);
    if (fields[0] === '') continue;
    const where = `${path}:${number}`;
    if (first) {
      first = false;
      table = tableColumns(fields);
      if (table) continue;
    }
    if (table) {
      addRow(enrolment, [fields[table.model], fields[table.utterance]], where);
      continue;
    }
    const [model, ...utterances] = text.trim().split(/\s+/);
    if (utterances.length === 0) {
      throw new UserError(
        `${where}: expected a model and its utterances (model utt1 utt2 …), got ${JSON.stringify(model)}`,
      );
    }
    if (enrolment.has(model)) throw new UserError(`${where}: model ${model} is on line ${lineOf.get(model)} already`);
    const repeated = utterances.find((utterance, index) => utterances.indexOf(utterance) < index);
    if (repeated !== undefined) throw new UserError(`${where}: model ${model} names utterance ${repeated} twice`);
    enrolment.set(model, utterances);
    lineOf.set(model, number);
  }
  if (enrolment.size === 0) throw new UserError(`${path}: expected models (model utt1 utt2 …), got an empty file`);
  return enrolment;
}

/** The columns of a table, where the first line names them: `modelid segmentid`. */
function tableColumns(names: readonly string[]): { model: number; utterance: number } | undefined {
  const at = (kind: 'enroll' | 'test') => names.findIndex((name) => columnNames[kind].test(foldName(name)));
  const [model, utterance] = [at('enroll'), at('test')];
  return model < 0 || utterance < 0 ? undefined : { model, utterance };
}

function addRow(
  enrolment: Map<string, string[]>,
  [model, utterance]: readonly (string | undefined)[],
  where: string,
): void {
  if (!model || !utterance) throw new UserError(`${where}: expected a model and its utterance, got an empty field`);
  const utterances = enrolment.get(model) ?? [];
  if (utterances.includes(utterance))
    throw new UserError(`${where}: model ${model} names utterance ${utterance} twice`);
  enrolment.set(model, [...utterances, utterance]);
}

/** Writes `model utt1 utt2 …` lines, aside and renamed. */
export function writeEnrolment(path: string, enrolment: Enrolment): void {
  const lines = Array.from(enrolment, ([model, utterances]) => `${model} ${utterances.join(' ')}\n`);
  writeFileAtomic(path, lines.join(''));
}

/** Where the map of a list is kept: `trials.txt` → `enroll.map`, `dev-trials.txt` → `dev-enroll.map`. */
export function enrolmentPathOf(trialsPath: string): string {
  const name = basename(trialsPath).replace(/\.gz$/, '');
  const stem = basename(name, extname(name));
  const own = stem.endsWith('trials') ? `${stem.slice(0, -'trials'.length)}enroll.map` : `${stem}.enroll.map`;
  return join(dirname(trialsPath), own);
}

/**
 * The map that a trial list needs: the one given, else the one kept beside the list if it has every model that the list
 * names (a map of another list may lie in the same folder).
 * @returns the map and its path, or undefined where enrolment ids are utterances
 */
export function findEnrolment(
  trialsPath: string,
  trials: readonly Pick<Trial, 'enroll'>[],
  given?: string,
): { path: string; enrolment: Enrolment } | undefined {
  const path = given ?? enrolmentPathOf(trialsPath);
  if (given === undefined && (trialsPath === '-' || !existsSync(path))) return undefined;
  const enrolment = readEnrolment(path);
  const unknown = new Set<string>();
  for (const { enroll } of trials) if (!enrolment.has(enroll)) unknown.add(enroll);
  if (unknown.size === 0) return { path, enrolment };
  if (given === undefined) return undefined;
  throw new UserError(
    `${path}: ${unknown.size} models of ${trialsPath} are not in the map: ${firstOf([...unknown])}\n` +
      'Is this the map of this trial list?',
  );
}

/** Throws where a model has utterances that are not among the known ones. */
export function checkEnrolment(enrolment: Enrolment, knownIds: ReadonlySet<string>, where: string): void {
  const problems = [...enrolment].flatMap(([model, utterances]) =>
    utterances.filter((id) => !knownIds.has(id)).map((id) => `model ${model}: ${id}`),
  );
  throwProblems(problems, {
    where,
    what: 'enrolment utterances are not in the manifest',
    one: 'enrolment utterance is not in the manifest',
  });
}

/** The utterances that trials need: their test utterances, and those of their models or their enrolment utterances. */
export function utterancesOfTrials(
  trials: readonly Pick<Trial, 'enroll' | 'test'>[],
  enrolment?: Enrolment,
): Set<string> {
  const ids = new Set<string>();
  for (const { enroll, test } of trials) {
    ids.add(test);
    if (!enrolment) ids.add(enroll);
  }
  const models = enrolment ? new Set(trials.map(({ enroll }) => enroll)) : [];
  for (const model of models) for (const id of enrolment?.get(model) ?? []) ids.add(id);
  return ids;
}
