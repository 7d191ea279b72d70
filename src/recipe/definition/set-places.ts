/**
 * @file The folders and files that a `--set` names, alone or inside of a mapping: they are remembered for commands that
 * are given elsewhere, and left out of what is published.
 */
import { statSync } from 'node:fs';
import { parseLocatedYaml, plainValue } from '../../configuration/located-yaml.js';

/** Keys whose values are folders or files: of a corpus, or a part of a pool; of noise and rooms; of a model that is ready. */
const PLACE = new RegExp(
  [
    /^(folds\..+\.)?corpus\.(of\..+\.)?(source2?|lists)$/,
    /^(.+\.)?augmentation\.\w+\.source$/,
    /^robustness\.noise\.source$/,
    /^systems\..+\.model\.(dir|file)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** Keys whose values are files, or words that mean something else: `O-cleaned`, `train`. */
const PERHAPS = new RegExp(
  [/^(folds\..+\.)?corpus\.(of\..+\.)?(trials|enrolment)$/, /^slices\.labels$/, /^scoring\.cohort\.from$/]
    .map(({ source }) => source)
    .join('|'),
);

/** A folder, or the name of a system, which has no slash. */
const INIT = /^(systems\..+\.)?training\.init$/;

/** Whether a value is a folder or file: by its key, by there being a file of that name, or by its form. */
const isPlace = (key: string, value: string): boolean =>
  PLACE.test(key) ||
  (PERHAPS.test(key) && (statSync(value, { throwIfNoEntry: false })?.isFile() ?? false)) ||
  (INIT.test(key) && /[\\/]/.test(value));

/** An override as its two sides: `training.epochs`, `3`. */
export function splitSet(set: string): { key: string; value: string } {
  const equals = Math.max(0, set.indexOf('='));
  return { key: set.slice(0, equals).trim(), value: set.slice(equals + 1).trim() };
}

/** The override with other places. @param place gives what stands for one; an override without any stays as it is */
export function mapPlaces(set: string, place: (path: string) => string): string {
  const { key, value } = splitSet(set);
  if (!/^$|^null$|^[{[]/.test(value) && isPlace(key, plainText(value)))
    return `${key}=${JSON.stringify(place(plainText(value)))}`;
  if (!/^[{[]/.test(value)) return set;
  let mapped = 0;
  const walk = (node: unknown, path: string): unknown => {
    if (typeof node === 'string' && node !== '' && isPlace(path, node)) {
      mapped++;
      return place(node);
    }
    if (node === null || typeof node !== 'object') return node;
    if (Array.isArray(node)) return node.map((item, i) => walk(item, `${path}.${i}`));
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, walk(child, `${path}.${name}`)]));
  };
  try {
    const result = walk(plainValue(parseLocatedYaml(value, set)), key);
    return mapped > 0 ? `${key}=${JSON.stringify(result)}` : set;
  } catch {
    return set; // it is complained of when it is applied
  }
}

/** A path may be typed with quotes, and digits alone are a folder too. */
function plainText(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value;
}
