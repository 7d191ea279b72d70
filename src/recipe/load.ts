/**
 * @file From a recipe's name to a recipe with everything filled in.
 *
 * Layers, the later ones on top: the recipe that `extends` names (and the one that it extends …), the file itself, each
 * system's own `training` over the common one, and the `--set` options, which reach the common training *and* every
 * system's. Setting a system to null takes it out. Complaints name the file and line, or the option, that is wrong.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../errors.js';
import { drawsFromAudio } from '../features/augmentation/options.js';
import { featureSize } from '../features/options.js';
import { didYouMean } from './closest-name.js';
import { mergeLocated, nearestLocated, parseLocatedYaml, setLocated, type Located } from './located-yaml.js';
import { checkLocated } from './schema-errors.js';
import { recipeSchema, systemName, trainingOptions, type Recipe, type SystemRecipe } from './schema.js';

/** The recipes that come with acanet. */
export const recipesFolder = fileURLToPath(new URL('../../../recipes/', import.meta.url));

export interface LoadedRecipe {
  recipe: Recipe;
  /** Absolute paths of the files it was made of, the recipe itself last. */
  files: string[];
}

/**
 * Loads a recipe by name (`demo`) or file (`my/recipe.yaml`).
 * @param sets `key.path=value` overrides, applied in order
 * @throws UserError for unknown or missing keys, wrong types, unknown recipes
 */
export function loadRecipe(nameOrFile: string, { sets = [] }: { sets?: readonly string[] } = {}): LoadedRecipe {
  const path = findRecipe(nameOrFile);
  const { root, files } = readWithBases(path, []);
  let tree = layerSystems(withName(root, basename(path, extname(path))));
  for (const assignment of sets) tree = setEverywhere(tree, assignment);
  return { recipe: checkRecipe(tree), files };
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
    `no recipe "${nameOrFile}"${didYouMean(nameOrFile, known)}\n` +
      `  there are ${known.join(', ')}; a file of your own is named with its path, as in ./${nameOrFile}.yaml`,
  );
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
  const below = readWithBases(findRecipe(base.value, dirname(path)), [...seen, path]);
  // A name names this recipe's work folder, so the one of the recipe below would be taken.
  if (below.root.value instanceof Map) below.root.value.delete('name');
  return { root: mergeLocated(below.root, root), files: [...below.files, path] };
}

function withName(root: Located, name: string): Located {
  const entries = new Map(root.value as Map<string, Located>);
  if (!entries.has('name')) entries.set('name', { at: root.at, value: name });
  return { at: root.at, value: entries };
}

/** Lays each system's training over the common one, and takes out systems that are null. */
function layerSystems(root: Located): Located {
  const entries = new Map(root.value as Map<string, Located>);
  const systems = entries.get('systems');
  if (!(systems?.value instanceof Map)) return root;
  const kept = [...systems.value].filter(([, system]) => system.value !== null);
  const layered = kept.map(([name, system]): [string, Located] => {
    if (!(system.value instanceof Map)) return [name, system];
    const own = system.value.get('training');
    const common = entries.get('training');
    const training = own && own.value !== null ? mergeLocated(common, own) : common;
    return [name, training ? { at: system.at, value: new Map(system.value).set('training', training) } : system];
  });
  entries.set('systems', { at: systems.at, value: new Map(layered) });
  return { at: root.at, value: entries };
}

/** A `--set training.…` reaches every system: what is typed wins over what any file says. */
function setEverywhere(root: Located, assignment: string): Located {
  let tree = withoutNullSystems(setLocated(root, assignment));
  if (!/^\s*training[.=]/.test(assignment)) return layerAdded(tree, root);
  for (const name of mapKeys(tree, 'systems')) {
    tree = setWithin(tree, ['systems', name], assignment);
  }
  return tree;
}

function withoutNullSystems(root: Located): Located {
  const entries = new Map(root.value as Map<string, Located>);
  const systems = entries.get('systems');
  if (!(systems?.value instanceof Map)) return root;
  const kept = [...systems.value].filter(([, system]) => system.value !== null);
  return { at: root.at, value: entries.set('systems', { at: systems.at, value: new Map(kept) }) };
}

/** Systems that a `--set` has just added have no training yet. */
function layerAdded(tree: Located, before: Located): Located {
  const known = mapKeys(before, 'systems');
  return mapKeys(tree, 'systems').some((name) => !known.includes(name)) ? layerSystems(tree) : tree;
}

function setWithin(root: Located, [key, ...rest]: string[], assignment: string): Located {
  if (key === undefined) return setLocated(root, assignment);
  if (!(root.value instanceof Map)) return root;
  const child = root.value.get(key);
  if (!child) return root;
  return { at: root.at, value: new Map(root.value).set(key, setWithin(child, rest, assignment)) };
}

function mapKeys(root: Located, key: string): string[] {
  const { value } = nearestLocated(root, [key]);
  return value instanceof Map && value !== root.value ? [...value.keys()] : [];
}

function checkRecipe(tree: Located): Recipe {
  const checked = checkLocated(recipeSchema, tree);
  const systems = Object.fromEntries(
    Object.entries(checked.systems).map(([name, { model, seeds }]): [string, SystemRecipe] => {
      const path = ['systems', name, 'training'];
      return [
        name,
        { model, ...(seeds && { seeds }), training: checkLocated(trainingOptions, nearestLocated(tree, path), path) },
      ];
    }),
  );
  checkAugmentation(checked, tree);
  const names = Object.keys(systems);
  for (const [name, system] of Object.entries(systems)) checkFit(name, system, checked, tree);
  for (const key of ['model', 'baseline'] as const) {
    if (names.includes(checked[key])) continue;
    const place = nearestLocated(tree, [key]).at;
    const known = names.length > 0 ? `there are ${names.join(', ')}` : 'the recipe has no systems';
    throw new UserError(
      `no system "${checked[key]}" → at ${key}${didYouMean(checked[key], names)}; ${known}\n  ${place}`,
    );
  }
  return { ...checked, systems };
}

/** Crops are read from audio on line, where frames that VAD leaves out of the features cannot be told. */
function checkAugmentation({ features, augmentation }: Pick<Recipe, 'features' | 'augmentation'>, tree: Located): void {
  if (!features.vad || !augmentation || !drawsFromAudio(augmentation)) return;
  const { at } = nearestLocated(tree, ['features', 'vad']);
  throw new UserError(
    `features.vad does not go with augmentation.when: online → at features.vad\n  ${at}\n` +
      '  take augmentation.when: copies, or features.vad: null',
  );
}

/** What only two sections together can get wrong. */
function checkFit(
  name: string,
  { model, training: { batchSize, checkpoint } }: SystemRecipe,
  { features, average }: Pick<Recipe, 'features' | 'average'>,
  tree: Located,
): void {
  const complain = (message: string, path: string[]) => {
    throw new UserError(`${message} → at ${path.join('.')}\n  ${nearestLocated(tree, path).at}`);
  };
  const bins = featureSize(features);
  if (model.bins !== bins) {
    complain(`expected ${bins} values a frame, as features gives, got ${model.bins}`, [
      'systems',
      name,
      'model',
      'bins',
    ]);
  }
  if (batchSize < 2) {
    const path = ['systems', name, 'training', 'batchSize'];
    complain(`expected at least 2 (embeddings are normalised over the batch), got ${batchSize}`, path);
  }
  for (const [kept, wanted, key] of [
    [checkpoint.keepLast, average.last, 'keepLast'],
    [checkpoint.keepBest, average.best, 'keepBest'],
  ] as const) {
    if (wanted === null || kept >= wanted) continue;
    const path = ['systems', name, 'training', 'checkpoint', key];
    complain(`expected at least the ${wanted} checkpoints that are averaged, got ${kept}`, path);
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
export function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
