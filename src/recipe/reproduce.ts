/**
 * @file Runs a finished experiment again from what it recorded, in a folder beside it, and compares what comes out.
 *
 * The recipe is `recipe.resolved.yaml`; the stages are those that the experiment has finished. On the same machine with
 * the same versions and threads all results are the same bytes; where these differ, that is said, and results may.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { describeChanges } from '../configuration/describe-changes.js';
import { UserError } from '../errors.js';
import { acanetCommit, machine, versions } from '../machine.js';
import { realPath } from '../storage/overwriting.js';
import { damageOf } from '../storage/written-files.js';
import { realLibrary } from '../tasks/do-model-work.js';
import type { Library, Reporting } from '../tasks/model-work.js';
import { doneRecord, provenance, RESOLVED_RECIPE } from './artifacts/control-files.js';
import { lastCompared } from './comparison/chosen-systems.js';
import { type ComparedFile, compareStage } from './examination/compare-folders.js';
import { loadRecipe } from './definition/load.js';
import type { Recipe } from './definition/schema.js';
import { runRecipe } from './run-recipe.js';
import type { Stage } from './running/stage.js';
import { inputOf } from './running/stage-plan.js';
import { changedSources } from './running/stage-sources.js';
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
    const within = existsSync(folder) ? readdirSync(folder).map((each) => join(folder, each)) : [];
    const those = within.filter((each) => existsSync(join(each, RESOLVED_RECIPE)));
    throw new UserError(
      `${folder}: expected an experiment with ${RESOLVED_RECIPE} and ${provenance.name}, as acanet writes it` +
        (those.length > 0 ? `\n  there is one in ${those.join(', ')}` : ''),
    );
  }
  const problem = record.resolved && damageOf(resolved, record.resolved);
  if (problem !== undefined)
    throw new UserError(`${resolved}: ${problem}\n  the experiment cannot be reproduced from it`);
  const written = loadRecipe(resolved).recipe;
  const where = record.commands?.at(-1)?.directory;
  const experiment = openExperiment({
    work: ofFold(folder, written) ? join(out, basename(resolve(folder))) : out,
    recipe: resolved,
    sets: [...placesFrom(written, where), ...sets],
  });
  refuseWithin(experiment.folder, folder);
  const { recipe } = experiment;
  const all = createStages({ recipe, workFolder: experiment.folder, library }).map(({ name }) => name);
  const finished = all.filter((stage) => existsSync(join(folder, stage, doneRecord.name)));
  if (finished.length === 0)
    throw new UserError(`${folder}: no stage of the experiment has finished, so there is nothing to reproduce`);
  const conditions = differingConditions(record);
  const compared = lastCompared(written, folder);
  const before = createStages({ recipe: written, workFolder: folder, compared, library });
  const others = madeOtherwise(before, folder);
  if (others.length > 0) {
    const [{ stage, changes }] = others;
    const last = record.commands?.at(-1)?.command;
    const message = `${stage}: was made with other settings than those of the last command${last === undefined ? '' : `, ${last}`}: ${changes.join('; ')}`;
    const now = acanetCommit()?.commit;
    if (record.versions?.acanet === versions().acanet && record.git?.acanet?.commit === now) {
      throw new UserError(
        `${folder}: ${message}\n  the record holds the settings of the last command alone: give it once more with those of the results`,
      );
    }
    // Another acanet may have settings that this one does not know, or the other way round.
    conditions.push(message);
  }
  conditions.push(...before.flatMap((stage) => changedLists(stage, folder)));
  for (const line of conditions) reporting.log(`! ${line}: results may differ`);
  await runRecipe({ ...reporting, experiment, targets: finished, compared, library, option: '--out' });
  const stages = finished.map((stage) => ({ stage, files: compareStage(stage, folder, experiment.folder) }));
  return { folder: experiment.folder, conditions, stages };
}

/** @throws UserError where the second run would be the first one, or one would lie in the other */
function refuseWithin(second: string, first: string): void {
  const [a, b] = [realPath(second), realPath(first)].map((path) => path + sep);
  if (!a.startsWith(b) && !b.startsWith(a)) return;
  throw new UserError(`${second}: would be the experiment itself, or lie in it\n  name another folder with --out`);
}

/** The experiment is one fold of a recipe: `exp/NAME/FOLD`, whose record knows nothing of folds. */
function ofFold(folder: string, { name }: Recipe): boolean {
  const path = resolve(folder);
  return basename(path) !== name && basename(dirname(path)) === name;
}

/** Finished stages whose settings are not those of the recipe, as a later command had others. */
function madeOtherwise(stages: readonly Stage[], folder: string): { stage: string; changes: string[] }[] {
  return stages.flatMap((stage) => {
    const done = doneRecord.readIfThere(join(folder, stage.name));
    const changes = done ? describeChanges(done.input.settings, inputOf(stage, new Map()).settings) : [];
    return changes.length > 0 ? [{ stage: stage.name, changes }] : [];
  });
}

/** Lists that a finished stage was made from, and that are others now. */
function changedLists({ name, settings }: Stage, folder: string): string[] {
  const sources = doneRecord.readIfThere(join(folder, name))?.sources;
  return sources ? changedSources(sources, settings) : [];
}

/** Places of the corpus that were relative to where the command was given. */
function placesFrom({ corpus }: Recipe, directory: string | undefined): string[] {
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
