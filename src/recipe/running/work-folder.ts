/**
 * @file The work folder of a recipe, `exp/<recipe>/`, and what `exp/` remembers between commands. Each fold of a recipe
 * with folds has such a folder of its own, `exp/<recipe>/<fold>/`.
 *
 * - `exp/.current`: the recipe of the last command, which the next one means unless it names another; and `name=…` where
 *   that was set;
 * - `exp/<recipe>/.overrides.json`: what commands have set (`--set`, `--source`, `--seeds`, …). It holds for every
 *   later command on the experiment until it is set otherwise or forgotten with `--fresh`, which keeps only what holds
 *   of a corpus on this machine (`corpus.source`, `corpus.lists`, `corpus.allowMissing`, `corpus.allowPipes`);
 * - `exp/<recipe>/recipe.resolved.yaml`: the recipe with everything filled in, itself a recipe.
 *
 * A command that fails changes none of what is remembered, so that a mistyped folder does not stand in the way of the
 * next one; one that was interrupted or killed is remembered, as it is to be gone on with.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { findRecipe, foldNames, loadRecipe, recipeName, type LoadedRecipe } from '../definition/load.js';
import { CURRENT, overrides, provenance, RESOLVED_RECIPE } from '../artifacts/control-files.js';
import { readIfThere } from '../../storage/read-if-there.js';
import { recordProvenance } from './provenance.js';
import { lockWorkFolder } from './work-folder-lock.js';
import { mapPlaces, splitSet } from '../definition/set-places.js';
import { writtenRecipe } from '../definition/written-recipe.js';

export interface OpenExperimentOptions {
  /** The folder of work folders. */
  work: string;
  /** Name or file; default: $ACANET_RECIPE, else the last one used in `work`, else demo. */
  recipe?: string;
  sets?: readonly string[];
  /** Forget what earlier commands set, but for where the corpus lies. */
  fresh?: boolean;
  /** The fold that is meant, of a recipe with folds. */
  fold?: string;
}

/** By what a command names an experiment. */
export interface NamedExperiment {
  fold?: string;
  /** The folder of work folders. */
  work: string;
  /** The recipe: its name, or its file. */
  reference: string;
  /** Where a name was set that is not the recipe's own. */
  name?: string;
}

export interface Experiment extends LoadedRecipe, NamedExperiment {
  /** `exp/<recipe>`, of a fold `exp/<recipe>/<fold>` */
  folder: string;
  /** Every override in force. */
  sets: string[];
  /** Why it is this recipe. */
  chosen: 'named' | '$ACANET_RECIPE' | 'last used' | 'default';
  /** Those of them that were not typed but remembered. */
  remembered: string[];
  /** What earlier commands set and `fresh` forgets. */
  forgotten: string[];
}

/** `--work` where none is given. */
const DEFAULT_WORK = 'exp';

/** The options by which a command given here means the experiment. */
export function optionsOf({ reference, name, fold, work }: NamedExperiment): string[] {
  const folder = fromHere(work);
  return [
    ...['--recipe', isFile(reference) ? fromHere(reference) : reference],
    ...(name === undefined ? [] : ['--set', `name=${name}`]),
    ...(fold === undefined ? [] : ['--fold', fold]),
    ...(folder === DEFAULT_WORK ? [] : ['--work', folder]),
  ];
}

/** The experiment by names that hold wherever a command is given. */
export const namedAnywhere = ({ reference, name, fold, work }: NamedExperiment): NamedExperiment => ({
  reference: isFile(reference) ? resolve(reference) : reference,
  ...(name !== undefined && { name }),
  ...(fold !== undefined && { fold }),
  work: resolve(work),
});

/** A recipe of acanet is named by its name alone; the file may have been moved since. */
const isFile = (reference: string): boolean => /[\\/]|\.ya?ml$/.test(reference);

/** A path from the working folder, where it lies in that. */
function fromHere(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** The recipe that is meant where none is named: it needs no corpus. */
export const DEFAULT_RECIPE = 'demo';

/** What holds of a corpus on this machine, whatever is done with it. */
const CORPUS_PLACE = /^(folds\..+\.)?corpus\.(of\..+\.)?(source2?|lists|allowMissing|allowPipes)$/;

/** The work folder that a command means, where what is in it is not to be relied on. */
export function meantFolder({ work, recipe, fold }: Pick<OpenExperimentOptions, 'work' | 'recipe' | 'fold'>): string {
  const { reference, sets } = chooseRecipe(work, recipe);
  return join(work, recipeName(reference, { sets }), ...(fold === undefined ? [] : [fold]));
}

/** The folds of the recipe that a command means, none where it has no such. */
export const meantFolds = ({ work, recipe, sets = [] }: OpenExperimentOptions): string[] =>
  foldNames(chooseRecipe(work, recipe).reference, { sets });

/** Finds and loads the recipe that a command means. Writes nothing. */
export function openExperiment({
  work,
  recipe,
  sets: given = [],
  fresh = false,
  fold,
}: OpenExperimentOptions): Experiment {
  const { reference, chosen, sets: before } = chooseRecipe(work, recipe);
  const sets = [...before.filter((set) => !given.map(keyOf).includes(keyOf(set))), ...given];
  const folder = join(work, recipeName(reference, { sets }), ...(fold === undefined ? [] : [fold]));
  // They are remembered for commands that are given elsewhere.
  const placed = sets.map((set) => mapPlaces(set, (path) => resolve(path)));
  const typed = sets.map(keyOf);
  const earlier = readOverrides(folder).filter((set) => !typed.includes(keyOf(set)));
  const remembered = earlier.filter((set) => !fresh || CORPUS_PLACE.test(keyOf(set)));
  const forgotten = earlier.filter((set) => !remembered.includes(set));
  const all = [...remembered, ...placed];
  const loaded = loadWithRemembered(reference, { sets: all, fold }, remembered);
  const { name } = loaded.recipe;
  const renamed = name !== recipeName(reference);
  const place = { folder, ...(fold !== undefined && { fold }), ...(renamed && { name }), work };
  return { ...loaded, ...place, reference, chosen, sets: all, remembered, forgotten };
}

/** Which recipe a command means, and why. @param named by the command */
function chooseRecipe(work: string, named: string | undefined): Pick<Experiment, 'reference' | 'chosen' | 'sets'> {
  if (named !== undefined) return { reference: named, chosen: 'named', sets: [] };
  const { ACANET_RECIPE: set } = process.env;
  if (set) return { reference: set, chosen: '$ACANET_RECIPE', sets: [] };
  return currentRecipe(work) ?? { reference: DEFAULT_RECIPE, chosen: 'default', sets: [] };
}

/** @throws UserError that also says how to be rid of a remembered override, where it complains of one */
function loadWithRemembered(
  reference: string,
  options: { sets: readonly string[]; fold?: string },
  remembered: readonly string[],
): LoadedRecipe {
  try {
    return loadRecipe(reference, options);
  } catch (error) {
    if (!(error instanceof UserError) || !remembered.some((set) => error.message.includes(`--set ${set}`))) throw error;
    throw new UserError(`${error.message}\n  an earlier command here set it: --fresh forgets what was set`, {
      cause: error,
    });
  }
}

/** A work folder that a command has taken hold of. */
export interface EnteredWorkFolder {
  leave(): void;
  /**
   * Makes the folder remember what it did before this command.
   * @param options.record also its record in the provenance, where it has made nothing
   */
  forget(options: { record: boolean }): void;
}

/**
 * Takes hold of the work folder for a command that writes into it: locks it, records where the results come from and
 * remembers the recipe.
 */
export async function enterWorkFolder(
  experiment: Experiment,
  {
    readsTest = false,
    option,
  }: {
    /** The command looks at the test trials. */
    readsTest?: boolean;
    /** By which the user names the folder, where it is not --work. */
    option?: string;
  } = {},
): Promise<EnteredWorkFolder> {
  const { folder, work, recipe, sets } = experiment;
  const leave = lockWorkFolder(folder, option);
  try {
    const restoreMemory = keepFiles(join(folder, overrides.name));
    const restoreCurrent = keepFiles(join(work, CURRENT));
    const restoreRecord = keepFiles(join(folder, provenance.name), join(folder, RESOLVED_RECIPE));
    const { reference, name } = namedAnywhere(experiment);
    const current = `${reference}\n${name === undefined ? '' : `name=${name}\n`}`;
    const forget = ({ record }: { record: boolean }) => {
      restoreMemory();
      // A command on another recipe may have come after this one.
      if (readIfThere(join(work, CURRENT)) === current) restoreCurrent();
      if (record) restoreRecord();
    };
    writeFileAtomic(join(folder, RESOLVED_RECIPE), stringify(writtenRecipe(recipe), { lineWidth: 0 }));
    overrides.write(folder, { sets });
    await recordProvenance(folder, experiment, { sets, readsTest });
    writeFileAtomic(join(work, CURRENT), current);
    return { leave, forget };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Reads files that are about to be changed. @returns what makes them as they were, also absent */
function keepFiles(...paths: string[]): () => void {
  const before = paths.map((path) => (existsSync(path) ? readFileSync(path) : undefined));
  return () =>
    paths.forEach((path, i) => {
      const content = before[i];
      if (content === undefined) rmSync(path, { force: true });
      else writeFileAtomic(path, content);
    });
}

/** The recipe of the last command, which may have been moved since, and the name that was set. */
function currentRecipe(work: string): ReturnType<typeof chooseRecipe> | undefined {
  const path = join(work, CURRENT);
  if (!existsSync(path)) return undefined;
  const [current, ...sets] = readFileSync(path, 'utf8').trim().split('\n');
  if (current === '') throw new UserError(`${path}: damaged, it is empty\n  name a recipe with --recipe`);
  try {
    findRecipe(current);
    return { reference: current, chosen: 'last used', sets };
  } catch (error) {
    throw new UserError(
      `${current}: the recipe last used in ${work} is gone\n  name one with --recipe, or remove ${path}`,
      { cause: error },
    );
  }
}

function readOverrides(folder: string): string[] {
  const found = overrides.readIfThere(folder) ?? [];
  return Array.isArray(found) ? found : found.sets;
}

const keyOf = (set: string) => splitSet(set).key;
