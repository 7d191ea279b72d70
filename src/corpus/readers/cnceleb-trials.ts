/**
 * @file CN-Celeb's trial lists: who is enrolled by which files, `eval/lists/{trials.lst,enroll.lst,enroll.map}`.
 *
 * Lists name files, with or without their folder and with whichever extension.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { readEnrolment } from '../trials/enrolment.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import { stem } from './recording-files.js';
import { checkTrials, readTrials, type Trial } from '../trials/trials.js';

/** `id00800-enroll test/id00800-singing-01-001.wav 1` lines; `enroll.lst` says which file a model is. */
export function readTrialsOfFiles(path: string, enrollPath: string, ids: ReadonlySet<string>): Trial[] {
  const idOf = new Map<string, string>();
  if (existsSync(enrollPath)) {
    for (const { text, number } of readTextLines(enrollPath, { what: 'the enrolment list' })) {
      const fields = text.trim().split(/\s+/);
      if (fields[0] === '') continue;
      if (fields.length !== 2) {
        throw new UserError(
          `${enrollPath}:${number}: expected a model and its one file, got ${fields.length} fields: ${firstOf(fields)}`,
        );
      }
      idOf.set(fields[0], stem(basename(fields[1])));
    }
  }
  const resolveName = (name: string) => {
    const id = idOf.get(name) ?? stem(basename(name));
    idOf.set(name, id);
    return id;
  };
  const trials = readTrials(path).map((trial) => ({
    ...trial,
    enroll: resolveName(trial.enroll),
    test: resolveName(trial.test),
  }));
  checkTrials(trials, ids, path);
  return trials;
}

/**
 * The same lines, where `enroll.map` says of which recordings a model is: `id00800-enroll id00800/singing-01-005.wav
 * …`.
 * @returns the models of the trials, each with its recordings as `idXXXXX/name`
 */
export function readTrialsOfParts(path: string, mapPath: string): { trials: Trial[]; models: Map<string, string[]> } {
  if (!existsSync(mapPath)) {
    throw new UserError(
      `${mapPath}: no such file; it says of which recordings a model is, which eval/enroll has in one file each`,
    );
  }
  const listed = new Map(
    Array.from(readEnrolment(mapPath), ([model, files]) => [
      stem(basename(model)),
      files.map((file) => stem(file.replace(/^(\.\/)?(data\/)?/, ''))),
    ]),
  );
  const astray = [...listed.values()].flat().filter((name) => !/^id\d{5}\/[^/]+$/.test(name));
  throwProblems(astray, { where: mapPath, what: 'recordings are not idXXXXX/<genre>-<recording>-<piece>' });
  const trials = readTrials(path, { models: true }).map((trial) => ({
    ...trial,
    enroll: stem(basename(trial.enroll)),
    test: stem(basename(trial.test)),
  }));
  const models = new Map<string, string[]>();
  const unknown: string[] = [];
  for (const model of new Set(trials.map(({ enroll }) => enroll))) {
    const names = listed.get(model);
    if (names) models.set(model, names);
    else unknown.push(model);
  }
  throwProblems(unknown, { where: mapPath, what: `models of ${path} are not in the map` });
  return { trials, models };
}
