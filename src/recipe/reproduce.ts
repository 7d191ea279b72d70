/**
 * @file Runs a finished experiment again from what it recorded, in a folder beside it, and compares what comes out.
 *
 * The recipe is `recipe.resolved.yaml`; the stages are those that the experiment has finished. On the same machine with
 * the same versions and threads all results are the same bytes; where these differ, that is said, and results may.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { UserError } from '../errors.js';
import { acanetCommit, machine, versions } from '../machine.js';
import { realPath } from '../storage/overwriting.js';
import { damageOf } from '../storage/written-files.js';
import { realLibrary } from '../tasks/do-model-work.js';
import type { Library, Reporting } from '../tasks/model-work.js';
import { doneRecord, provenance, RESOLVED_RECIPE } from './artifacts/control-files.js';
import { lastCompared } from './comparison/chosen-systems.js';
import { type ComparedFile, compareStage } from './examination/compare-folders.js';
import { runRecipe } from './run-recipe.js';
import { openExperiment } from './running/work-folder.js';
import { createStages } from './stages/stages.js';

export interface ReproduceOptions extends Reporting {
  /** `exp/<recipe>` */
  folder: string;
  /** The folder of work folders that the second run goes to; default: `exp/<recipe>.reproduced`. */
  out?: string;
  /** Overrides: where the corpus is now. */
  sets?: readonly string[];
  library?: Library;
}

export interface Reproduction {
  /** The second run's work folder. */
  folder: string;
  /** What is not as it was: versions, machine. */
  conditions: string[];
  stages: { stage: string; files: ComparedFile[] }[];
}

/** @throws UserError where the folder is no finished experiment, its record is damaged, or its corpus is not there */
export async function reproduce({
  folder,
  out = join(dirname(resolve(folder)), `${basename(resolve(folder))}.reproduced`),
  sets = [],
  library = realLibrary,
  ...reporting
}: ReproduceOptions): Promise<Reproduction> {
  const resolved = join(folder, RESOLVED_RECIPE);
  const record = provenance.readIfThere(folder);
  if (!existsSync(resolved) || !record) {
    throw new UserError(
      `${folder}: expected an experiment with ${RESOLVED_RECIPE} and ${provenance.name}, as acanet writes it`,
    );
  }
  const problem = record.resolved && damageOf(resolved, record.resolved);
  if (problem !== undefined)
    throw new UserError(`${resolved}: ${problem}\n  the experiment cannot be reproduced from it`);
  const where = record.commands?.at(-1)?.directory;
  const experiment = openExperiment({
    work: out,
    recipe: resolved,
    sets: [...(await placesFrom(resolved, where)), ...sets],
  });
  refuseWithin(experiment.folder, folder);
  const { recipe } = experiment;
  const all = createStages({ recipe, workFolder: experiment.folder, library }).map(({ name }) => name);
  const finished = all.filter((stage) => existsSync(join(folder, stage, doneRecord.name)));
  if (finished.length === 0)
    throw new UserError(`${folder}: no stage of the experiment has finished, so there is nothing to reproduce`);
  const conditions = differingConditions(record);
  for (const line of conditions) reporting.log(`! ${line}: results may differ`);
  const compared = lastCompared(recipe, folder);
  await runRecipe({ ...reporting, experiment, targets: finished, compared, library });
  const stages = finished.map((stage) => ({ stage, files: compareStage(stage, folder, experiment.folder) }));
  return { folder: experiment.folder, conditions, stages };
}

/** @throws UserError where the second run would be the first one, or one would lie in the other */
function refuseWithin(second: string, first: string): void {
  const [a, b] = [realPath(second), realPath(first)].map((path) => path + sep);
  if (!a.startsWith(b) && !b.startsWith(a)) return;
  throw new UserError(`${second}: would be the experiment itself, or lie in it\n  name another folder with --out`);
}

/** Places of the corpus that were relative to where the command was given. */
async function placesFrom(resolved: string, directory: string | undefined): Promise<string[]> {
  const { loadRecipe } = await import('./definition/load.js');
  const { corpus } = loadRecipe(resolved).recipe;
  if (directory === undefined) return [];
  return Object.entries(corpus as Record<string, unknown>)
    .filter(([key, value]) => /^(source2?|lists)$/.test(key) && typeof value === 'string' && !isAbsolute(value))
    .map(([key, value]) => `corpus.${key}=${JSON.stringify(resolve(directory, value as string))}`);
}

/** What the results may depend on and is not as it was. */
function differingConditions(record: ReturnType<typeof provenance.read>): string[] {
  const now = { ...versions(), ...machine(), commit: acanetCommit()?.commit };
  const then = { ...record.versions, ...record.machine, commit: record.git?.acanet?.commit };
  const names = [
    'acanet',
    'commit',
    'node',
    'onnxruntime-node',
    '@tensorflow/tfjs-core',
    'system',
    'processor',
    'logicalCores',
  ];
  const [before, today] = [then, now] as Record<string, unknown>[];
  return names
    .filter((name) => before[name] !== undefined && before[name] !== today[name])
    .map((name) => `${name}: was ${String(before[name])}, is ${String(today[name] ?? 'not known')}`);
}
