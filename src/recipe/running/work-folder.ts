/**
 * @file The work folder of a recipe, `exp/<recipe>/`, and what `exp/` remembers between commands.
 *
 * - `exp/.current`: the recipe of the last command, which the next one means unless it names another;
 * - `exp/<recipe>/.overrides.json`: the `--set` options of the last command. The commands of single stages go on from
 *   them, so that `acanet prep --source DIR`, `acanet train`, `acanet compare baseline` is one experiment. `acanet run`
 *   starts from what is typed, but for the places of a corpus on this machine (`corpus.source`, `corpus.lists`) and whether
 *   files may be missing there (`corpus.allowMissing`). A command that fails before it has finished a stage is forgotten,
 *   so that a mistyped folder does not stand in the way of the next one; an interrupted or killed one is remembered;
 * - `exp/<recipe>/recipe.resolved.yaml`: the recipe with everything filled in, itself a recipe.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { findRecipe, loadRecipe, recipeName, recipesFolder, type LoadedRecipe } from '../definition/load.js';
import { CURRENT, overrides, provenance, RESOLVED_RECIPE } from '../artifacts/control-files.js';
import { recordProvenance } from './provenance.js';
import { lockWorkFolder } from './work-folder-lock.js';
import { writtenRecipe } from '../definition/written-recipe.js';

export interface OpenExperimentOptions {
  /** The folder of work folders. */
  work: string;
  /** Name or file; default: $ACANET_RECIPE, else the last one used in `work`, else demo. */
  recipe?: string;
  sets?: readonly string[];
  /** Which overrides of the last command count again: all, only where the corpus lies, or none. */
  remember: 'all' | 'corpus place' | 'none';
}

export interface Experiment extends LoadedRecipe {
  /** `exp/<recipe>` */
  folder: string;
  work: string;
  /** The recipe as it was named, for `.current`. */
  reference: string;
  /** Every override in force. */
  sets: string[];
  /** Those of them that were not typed but remembered. */
  remembered: string[];
}

/** Of the corpus, or of a part of a pool. */
const CORPUS_FOLDER = /^corpus\.(of\.[^.]+\.)?(source2?|lists)$/;
/** What holds of a corpus on this machine, whatever is done with it. */
const CORPUS_PLACE = /^corpus\.(of\.[^.]+\.)?(source2?|lists|allowMissing|allowPipes)$/;

/** Finds and loads the recipe that a command means. Writes nothing. */
export function openExperiment({ work, recipe, sets = [], remember }: OpenExperimentOptions): Experiment {
  const reference = recipe ?? (process.env.ACANET_RECIPE || currentRecipe(work) || 'demo');
  const folder = join(work, recipeName(reference, { sets }));
  const placed = sets.map(placeFromHere);
  const typed = sets.map(keyOf);
  const counts = (key: string) => remember === 'all' || (remember === 'corpus place' && CORPUS_PLACE.test(key));
  const remembered = readOverrides(folder).filter((set) => !typed.includes(keyOf(set)) && counts(keyOf(set)));
  const all = [...remembered, ...placed];
  return { ...loadRecipe(reference, { sets: all }), folder, work, reference, sets: all, remembered };
}

/** A work folder that a command has taken hold of. */
export interface EnteredWorkFolder {
  leave(): void;
  /** Puts the overrides and the provenance of the commands before this one back. */
  forget(): void;
}

/**
 * Takes hold of the work folder for a command that writes into it: locks it, records where the results come from and
 * remembers the recipe.
 */
export async function enterWorkFolder(experiment: Experiment): Promise<EnteredWorkFolder> {
  const { folder, work, recipe, reference, sets } = experiment;
  const leave = lockWorkFolder(folder);
  try {
    const [earlier, before] = [readOverrides(folder), provenance.readIfThere(folder)];
    const forget = () => {
      overrides.write(folder, earlier);
      if (before !== undefined) provenance.write(folder, before);
    };
    writeFileAtomic(join(folder, RESOLVED_RECIPE), stringify(writtenRecipe(recipe), { lineWidth: 0 }));
    overrides.write(folder, sets);
    await recordProvenance(folder, experiment, sets);
    const path = findRecipe(reference);
    const current = path.startsWith(recipesFolder) ? reference : resolve(path);
    writeFileAtomic(join(work, CURRENT), `${current}\n`);
    return { leave, forget };
  } catch (error) {
    leave();
    throw error;
  }
}

/** The recipe of the last command, which may have been moved since. */
function currentRecipe(work: string): string | undefined {
  const path = join(work, CURRENT);
  if (!existsSync(path)) return undefined;
  const current = readFileSync(path, 'utf8').trim();
  if (current === '') throw new UserError(`${path}: damaged, it is empty\n  name a recipe with --recipe`);
  try {
    findRecipe(current);
    return current;
  } catch (error) {
    throw new UserError(
      `${current}: the recipe last used in ${work} is gone\n  name one with --recipe, or remove ${path}`,
      { cause: error },
    );
  }
}

const readOverrides = (folder: string): string[] => overrides.readIfThere(folder) ?? [];

const keyOf = (set: string) => set.slice(0, Math.max(0, set.indexOf('='))).trim();

/** Makes a typed corpus folder absolute, because it is remembered for commands given elsewhere. */
function placeFromHere(set: string): string {
  const key = keyOf(set);
  const value = set.slice(set.indexOf('=') + 1).trim();
  return CORPUS_FOLDER.test(key) && value !== '' && value !== 'null' ? `${key}=${JSON.stringify(resolve(value))}` : set;
}
