/**
 * @file `acanet check`: everything that an experiment, a feature cache or a model folder holds, read and compared with
 * what was recorded when it was written. Reads every byte once; changes nothing.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.js';
import { checkFeatureCache } from '../../features/cache/cache.js';
import { checkModelFiles, isOnnxFolder, readModelDescription, readModelFolder } from '../../models/model-folder.js';
import { PROFILE, readScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { isSealed } from '../../storage/sealed-json.js';
import { DamagedFile, damageOf, filesIn } from '../../storage/written-files.js';
import { AVERAGE, modelFilesIn } from '../artifacts/average.js';
import { doneRecord, overrides, provenance, RESOLVED_RECIPE, startedRecord } from '../artifacts/control-files.js';
import { FEATURES, hasFeatures } from '../artifacts/features.js';
import type { JsonArtifact } from '../artifacts/json-artifact.js';

export type Verdict = 'as written' | 'damaged' | 'missing' | 'not recorded' | 'not finished';

export interface FoundFile {
  file: string;
  bytes: number;
  verdict: Verdict;
  /** Of a damaged one: what was expected and found. */
  problem?: string;
}

/** A stage, or the files beside the stages. */
export interface CheckedPart {
  /** `train/aca-net`; `.` for the folder itself. */
  part: string;
  verdict: Verdict;
  files: FoundFile[];
}

export interface CheckOptions {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** @throws UserError for a folder that is none of the three */
export function checkFolder(folder: string, { onProgress, signal }: CheckOptions = {}): CheckedPart[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`${folder}: there is no such folder`);
  const folds = foldsIn(folder);
  const ofFold = (fold: string) => stagesIn(join(folder, fold)).map((stage) => `${fold}/${stage}`);
  const stages = [...folds.flatMap(ofFold), ...stagesIn(folder, { but: folds })];
  if (stages.length > 0) {
    return [
      ...['.', ...folds].map((part) => asPart(part, controlFiles(join(folder, part)))),
      ...stages.map((stage, done) => {
        signal?.throwIfAborted();
        onProgress?.(done, stages.length);
        return asPart(stage, stageFiles(join(folder, stage)));
      }),
    ];
  }
  if (existsSync(join(folder, doneRecord.name))) return [asPart('.', stageFiles(folder))];
  if (hasFeatures(folder)) return [asPart('.', [...cacheDescription(folder), ...cacheFiles(folder)])];
  if (existsSync(join(folder, AVERAGE.description))) return [asPart('.', modelFiles(folder))];
  throw new UserError(
    `${folder}: expected an experiment (exp/NAME), a feature cache or a model folder, got neither\n  name one, or give --recipe`,
  );
}

/** Work folders in the work folder of a recipe with folds: what each remembers tells them. */
const foldsIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, provenance.name)))
    .map(({ name }) => name)
    .sort();

/** Folders with a stage's record, as names in the work folder. */
function stagesIn(
  folder: string,
  { within = '', but = [] }: { within?: string; but?: readonly string[] } = {},
): string[] {
  return readdirSync(join(folder, within), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !but.includes(entry.name))
    .flatMap(({ name }) => {
      const stage = within === '' ? name : `${within}/${name}`;
      const own = [doneRecord, startedRecord].some((record) => existsSync(join(folder, stage, record.name)));
      return own ? [stage] : within === '' ? stagesIn(folder, { within: name }) : [];
    })
    .sort();
}

/** The worst of its files. */
function asPart(part: string, files: FoundFile[]): CheckedPart {
  const worst: Verdict[] = ['damaged', 'missing', 'not finished', 'not recorded'];
  const verdict = worst.find((each) => files.some((file) => file.verdict === each)) ?? 'as written';
  return { part, verdict, files };
}

function controlFiles(folder: string): FoundFile[] {
  const records: JsonArtifact<unknown>[] = [overrides, provenance];
  const found = records.flatMap((record) => readable(folder, record));
  const resolved = join(folder, RESOLVED_RECIPE);
  const bytes = sizeOf(resolved);
  if (bytes === undefined) {
    const recorded = provenance.readIfThere(folder)?.resolved;
    return recorded ? [...found, { file: RESOLVED_RECIPE, bytes: 0, verdict: 'missing', problem: 'is gone' }] : found;
  }
  if (found.some(({ file, verdict }) => file === provenance.name && verdict === 'damaged')) return found;
  const expected = provenance.readIfThere(folder)?.resolved;
  if (!expected) return [...found, { file: RESOLVED_RECIPE, bytes, verdict: 'not recorded' }];
  return [...found, judged(RESOLVED_RECIPE, bytes, damageOf(resolved, expected))];
}

function stageFiles(folder: string): FoundFile[] {
  const records = [doneRecord, startedRecord].flatMap((record) => readable(folder, record as JsonArtifact<unknown>));
  if (records.some(({ verdict }) => verdict === 'damaged')) return records;
  const done = doneRecord.readIfThere(folder);
  const there = filesIn(folder);
  const find = (file: string, verdict: Verdict) => ({ file, bytes: sizeOf(join(folder, file)) ?? 0, verdict });
  if (!done) return [...records, ...there.map((file) => find(file, 'not finished'))];
  const { files = {} } = done;
  const recorded = Object.entries(files).map(([file, expected]) =>
    judged(file, expected.bytes, damageOf(join(folder, file), expected)),
  );
  const ofCache = hasFeatures(folder) ? cacheFiles(folder) : [];
  const known = new Set([...recorded, ...ofCache].map(({ file }) => file));
  // Kaldi's list of a cache is made of the indexes, and nothing here reads it.
  const others = there.filter((file) => !known.has(file) && !(ofCache.length > 0 && file === FEATURES.list));
  return [...records, ...recorded, ...ofCache, ...others.map((file) => find(file, 'not recorded'))];
}

const judged = (file: string, bytes: number, problem: string | undefined): FoundFile => ({
  file,
  bytes,
  verdict: problem === undefined ? 'as written' : problem === 'is gone' ? 'missing' : 'damaged',
  ...(problem !== undefined && { problem }),
});

function readable(folder: string, record: JsonArtifact<unknown>): FoundFile[] {
  const bytes = sizeOf(join(folder, record.name));
  if (bytes === undefined) return [];
  return [guarded(record.name, bytes, () => record.read(folder))];
}

function guarded(file: string, bytes: number, read: () => unknown): FoundFile {
  try {
    read();
    return { file, bytes, verdict: 'as written' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const path = error instanceof DamagedFile ? error.path : file;
    return { file, bytes, verdict: 'damaged', problem: problemOf(error.message, path) };
  }
}

const cacheDescription = (folder: string) =>
  [FEATURES.description].map((file) => ({
    file,
    bytes: sizeOf(join(folder, file)) ?? 0,
    verdict: 'as written' as const,
  }));

function cacheFiles(folder: string): FoundFile[] {
  const found: FoundFile[] = [];
  const bytes = sizeOf(join(folder, FEATURES.description)) ?? 0;
  const whole = guarded(FEATURES.description, bytes, () => {
    for (const each of checkFeatureCache(folder)) found.push(judged(each.file, each.bytes, each.problem));
  });
  return whole.verdict === 'damaged' ? [whole, ...found] : found;
}

function modelFiles(folder: string): FoundFile[] {
  const files = [...modelFilesIn(folder), AVERAGE.description].map((file) => ({
    file,
    bytes: sizeOf(join(folder, file)) ?? 0,
  }));
  try {
    readModel(folder);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isOf = ({ file }: { file: string }) =>
      error instanceof DamagedFile ? basename(error.path) === file : error.message.includes(join(folder, file));
    const named = files.find(isOf) ?? files[0];
    const problem = problemOf(error.message, join(folder, named.file));
    return files.map((file) =>
      file === named ? { ...file, verdict: 'damaged', problem } : { ...file, verdict: 'not recorded' },
    );
  }
  const verdict: Verdict = isSealed(join(folder, AVERAGE.description)) ? 'as written' : 'not recorded';
  return [...files.map((file) => ({ ...file, verdict })), ...profileFiles(folder)];
}

/** What a folder carries beside the model, where it has a profile. */
function profileFiles(folder: string): FoundFile[] {
  const files = Object.values(PROFILE).flatMap((file) => {
    const bytes = sizeOf(join(folder, file));
    return bytes === undefined ? [] : [{ file, bytes }];
  });
  let damage: DamagedFile | undefined;
  try {
    if (!readScoringProfile(folder)) return [];
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    damage = error;
  }
  const damaged = damage && basename(damage.path);
  const problem = damage && problemOf(damage.message, damage.path);
  const missing: FoundFile[] =
    damaged !== undefined && !files.some(({ file }) => file === damaged)
      ? [{ file: damaged, bytes: 0, verdict: 'missing', problem }]
      : [];
  const rest: Verdict = damaged === PROFILE.description ? 'not recorded' : 'as written';
  const found = files.map((each): FoundFile => {
    if (each.file !== damaged) return { ...each, verdict: rest };
    return { ...each, verdict: 'damaged', problem };
  });
  return [...found, ...missing];
}

/** What a message says of a file, without its name. */
const problemOf = (message: string, path: string) => message.split('\n')[0].replace(`${path}: `, '');

/** Reads all of it. */
function readModel(folder: string): void {
  if (isOnnxFolder(folder)) checkModelFiles(folder, readModelDescription(folder).files);
  else readModelFolder(folder);
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size;
