/**
 * @file From a recipe's name to a recipe with everything filled in.
 *
 * Layers, the later ones on top: the recipe that `extends` names (and the one that it extends …), the file itself, and
 * the `--set` options, which reach the common sections *and* every system's own. Then systems are laid over those that
 * they extend, the grid's variants are made, and each is laid over the recipe's sections. Complaints name the file and
 * line, or the option, that is wrong.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { augmentationOptions } from '../../features/augmentation/options.js';
import { featureOptions, featureSize, type FeatureOptions } from '../../features/options.js';
import { packageFolder } from '../../machine.js';
import { stableJson } from '../../storage/hashing.js';
import { unknownName } from '../../configuration/closest-name.js';
import { expandGrid, isVariantName, settleGrid } from './grid.js';
import {
  mergeLocated,
  nearestLocated,
  parseLocatedYaml,
  plainValue,
  setLocated,
  type Located,
} from '../../configuration/located-yaml.js';
import { checkLocated } from '../../configuration/schema-errors.js';
import { createModel } from '../../models/registry.js';
import { averageOptions } from '../../training/average-options.js';
import { anyDrawsFromAudio, phasesProblem } from '../../training/phases.js';
import { trainingOptions } from '../../training/training-options.js';
import { foldsOf, recipeOfFold } from './folds.js';
import { initialSystemProblem } from './initial-models.js';
import type { ReadyModel } from '../../models/ready-model.js';
import { checkReadyFit, isReady, refuseTrainingOfReady } from './ready-model.js';
import { recipeSchema, systemName, type Recipe, type SystemRecipe } from './schema.js';
import { extendSystems, layerSystems, setEverywhere, systemsOf } from './system-layers.js';
import { systemSettings } from './system-settings.js';

/** The recipes that come with acanet. */
export const recipesFolder = join(packageFolder, 'recipes');

export interface LoadedRecipe {
  recipe: Recipe;
  /** Absolute paths of the files it was made of, the recipe itself last. */
  files: string[];
}

/**
 * Loads a recipe by name (`demo`) or file (`my/recipe.yaml`).
 * @param sets `key.path=value` overrides, applied in order
 * @param fold the one that is meant, of a recipe with folds
 * @throws UserError for unknown or missing keys, wrong types, unknown recipes
 */
export function loadRecipe(nameOrFile: string, { sets = [], fold }: LoadOptions = {}): LoadedRecipe {
  const path = findRecipe(nameOrFile);
  const { root, files } = readWithBases(path, []);
  const named = withName(root, basename(path, extname(path)));
  const typed = keepClaim(named, sets.reduce(setEverywhere, named));
  const { tree, grid } = expandGrid(checkNames(extendSystems(recipeOfFold(typed, fold))));
  refuseTrainingOfReady(tree);
  const recipe = checkRecipe(layerSystems(tree));
  return { recipe: grid ? { ...recipe, ...settleGrid(grid, recipe) } : recipe, files };
}

interface LoadOptions {
  sets?: readonly string[];
  fold?: string;
}

/** The folds of a recipe; none where it has no such. @throws UserError for folds that cannot be such */
export function foldNames(nameOrFile: string, { sets = [] }: { sets?: readonly string[] } = {}): string[] {
  const { root } = readWithBases(findRecipe(nameOrFile), []);
  const ofFolds = sets.filter((set) => /^\s*folds[.=]/.test(set));
  return foldsOf(ofFolds.reduce(setLocated, root));
}

/** The name of a recipe, without checking the rest of it. */
export function recipeName(nameOrFile: string, { sets = [] }: { sets?: readonly string[] } = {}): string {
  const path = findRecipe(nameOrFile);
  let root = withName(readWithBases(path, []).root, basename(path, extname(path)));
  for (const assignment of sets.filter((set) => set.startsWith('name='))) root = setLocated(root, assignment);
  return checkLocated(systemName, nearestLocated(root, ['name']), ['name']);
}

/** The file of a recipe. @param from the folder that relative paths start at */
export function findRecipe(nameOrFile: string, from = process.cwd()): string {
  if (/[\\/]|\.ya?ml$/.test(nameOrFile)) {
    const path = resolve(from, nameOrFile);
    if (existsSync(path)) return path;
    throw new UserError(`${nameOrFile}: no such recipe file`);
  }
  const path = join(recipesFolder, `${nameOrFile}.yaml`);
  if (existsSync(path)) return path;
  const known = readdirSync(recipesFolder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'));
  throw new UserError(
    `no recipe ${unknownName(nameOrFile, known)}\n` +
      `  \`acanet recipes\` lists them; a file of your own is named with its path, as in ./${nameOrFile}.yaml`,
  );
}

/** @throws UserError that also says where the recipe below is named */
function findBase(name: string, { path, at }: { path: string; at: string }): string {
  try {
    return findRecipe(name, dirname(path));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${at}: extends: ${error.message}`, { cause: error });
  }
}

function readWithBases(path: string, seen: string[]): { root: Located; files: string[] } {
  const shown = displayPath(path);
  if (seen.includes(path)) throw new UserError(`${shown}: extends itself, through ${seen.map(displayPath).join(', ')}`);
  const own = parseLocatedYaml(readText(path, shown), shown);
  if (!(own.value instanceof Map)) throw new UserError(`${shown}: expected a recipe (a mapping), got something else`);
  const base = own.value.get('extends');
  const entries = new Map(own.value);
  entries.delete('extends');
  const root: Located = { at: own.at, value: entries };
  if (!base) return { root, files: [path] };
  if (typeof base.value !== 'string') throw new UserError(`${base.at}: extends: expected the name or file of a recipe`);
  const below = readWithBases(findBase(base.value, { path, at: base.at }), [...seen, path]);
  // A name names this recipe's work folder, so the one of the recipe below would be taken.
  if (below.root.value instanceof Map) below.root.value.delete('name');
  return { root: keepClaim(below.root, mergeLocated(below.root, root)), files: [...below.files, path] };
}

/** What a layer says of two systems does not hold for those that a later one puts in their place. */
function keepClaim(below: Located, above: Located): Located {
  const [before, now] = [below, above].map((root) => plainValue(root) as Partial<Claimed>);
  const same = (of: (claimed: Partial<Claimed>) => unknown) => stableJson([of(before)]) === stableJson([of(now)]);
  const subject = ({ model, baseline, systems }: Partial<Claimed>) =>
    [model, baseline].map((name) => [name, systems?.[name ?? '']?.model]);
  if (!before.claim || !same(({ claim }) => claim) || same(subject)) return above;
  const entries = new Map(above.value as Map<string, Located>);
  entries.delete('claim');
  return { at: above.at, value: entries };
}

/** What a claim is about, in a recipe that is not yet checked. */
interface Claimed {
  model: string;
  baseline: string;
  systems: Record<string, { model?: unknown } | null>;
  claim: unknown;
}

function withName(root: Located, name: string): Located {
  const entries = new Map(root.value as Map<string, Located>);
  if (!entries.has('name')) entries.set('name', { at: root.at, value: name });
  return { at: root.at, value: entries };
}

/** Names with a "+" are those of a grid's variants. */
function checkNames(tree: Located): Located {
  const [taken] = [...systemsOf(tree)].filter(([name]) => isVariantName(name));
  if (!taken) return tree;
  const [name, { at }] = taken;
  throw new UserError(
    `systems.${name}: names with "+" are those of a grid's variants, which are changed in the grid → at systems\n  ${at}`,
  );
}

function checkRecipe(tree: Located): Recipe {
  const { grid: _, ...checked } = checkLocated(recipeSchema, tree);
  const systems = Object.fromEntries(
    Object.keys(checked.systems).map((name) => [name, checkSystem(name, checked, tree)] as const),
  );
  const recipe: Recipe = { ...checked, systems };
  for (const [name, system] of Object.entries(systems)) checkFit(name, system, recipe, tree);
  checkAugmentation(recipe, tree, []);
  const names = Object.keys(systems);
  for (const key of ['model', 'baseline'] as const) {
    if (names.includes(checked[key])) continue;
    const place = nearestLocated(tree, [key]).at;
    throw new UserError(`no system ${unknownName(checked[key], names, key)}\n  ${place}`);
  }
  return recipe;
}

type CheckedRecipe = Omit<z.infer<typeof recipeSchema>, 'grid'>;

/** A system with its training, and with those of its other sections that differ from the recipe's. */
function checkSystem(name: string, checked: CheckedRecipe, tree: Located): SystemRecipe {
  const { model: given, seeds, ...sections } = checked.systems[name];
  const { model, features: ofModel } = isReady(given) ? withoutFeatures(given) : { model: given };
  const own = <T>(section: 'training' | 'features' | 'augmentation' | 'average', schema: z.ZodType<T>): T => {
    const path = ['systems', name, section];
    return checkLocated(schema, nearestLocated(tree, path), path);
  };
  const differing = <T>(section: 'features' | 'augmentation' | 'average', schema: z.ZodType<T>) => {
    if (sections[section] === undefined) return {};
    const value = own(section, schema);
    return stableJson(value) === stableJson(checked[section]) ? {} : { [section]: value };
  };
  return {
    model,
    ...(seeds && { seeds }),
    training: own('training', trainingOptions),
    ...(ofModel ? unlessSame(ofModel, checked.features) : differing('features', featureOptions)),
    ...differing('augmentation', augmentationOptions.nullable()),
    ...differing('average', averageOptions),
  };
}

/** The features that a model itself says it takes are those of its system. */
function withoutFeatures({ features, ...model }: ReadyModel & { features?: FeatureOptions }) {
  return { model, features };
}

const unlessSame = (features: FeatureOptions, common: FeatureOptions) =>
  stableJson(features) === stableJson(common) ? {} : { features };

/** Crops are read from audio on line, where frames that VAD leaves out of the features cannot be told. */
function checkAugmentation(
  { features, augmentation, training }: Pick<Recipe, 'features' | 'augmentation' | 'training'>,
  tree: Located,
  path: string[],
): void {
  if (!features.vad || !anyDrawsFromAudio(training, augmentation)) return;
  const own = [...path, 'features', 'vad'];
  const { at } = nearestLocated(tree, own);
  throw new UserError(
    `features.vad does not go with augmentation.when: online → at ${own.join('.')}\n  ${at}\n` +
      '  take augmentation.when: copies, or features.vad: null',
  );
}

/** What only two sections together can get wrong. */
function checkFit(name: string, system: SystemRecipe, recipe: Recipe, tree: Located): void {
  const { model, training, features, augmentation, average } = systemSettings(recipe, name);
  const { checkpoint } = training;
  if (isReady(model)) {
    checkReadyFit(name, { engine: recipe.engine, features }, model, tree);
    return;
  }
  const own = system.features ?? system.augmentation ?? training.phases;
  if (own) checkAugmentation({ features, augmentation, training }, tree, ['systems', name]);
  const complain = (message: string, path: string[]) => {
    throw new UserError(`${message} → at ${path.join('.')}\n  ${nearestLocated(tree, path).at}`);
  };
  const inTraining = ['systems', name, 'training'];
  const start = initialSystemProblem(recipe.systems, name);
  if (start !== undefined) complain(start, [...inTraining, 'init']);
  const wrong = phasesProblem(training, createModel(model));
  if (wrong) complain(wrong.message, [...inTraining, ...wrong.path]);
  const bins = featureSize(features);
  if (model.bins !== bins) {
    complain(`expected ${bins} values a frame, as features gives, got ${model.bins}`, [
      'systems',
      name,
      'model',
      'bins',
    ]);
  }
  for (const [key, keep] of [
    ['last', 'keepLast'],
    ['best', 'keepBest'],
  ] as const) {
    const [wanted, kept] = [average[key], checkpoint[keep]];
    if (wanted === null || wanted <= kept) continue;
    const path = [...(system.average ? ['systems', name] : []), 'average', key];
    complain(`expected at most the ${kept} checkpoints that training.checkpoint.${keep} keeps, got ${wanted}`, path);
  }
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${shown}: cannot read the recipe: ${messageOf(error)}`, { cause: error });
  }
}

/** A path as messages show it: relative to the working folder where that is inside it. */
function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
