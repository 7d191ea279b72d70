/**
 * @file What the recipes that come with acanet are for, as the comments at the head of their files say:
 *
 *     # about: artificial voices, two small models; needs nothing
 *     # time: 3 minutes on two cores
 *
 * Comments, as they are for people only: a recipe with another description is the same recipe.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recipesFolder } from './load.js';

export interface RecipeDescription {
  name: string;
  /** What it compares or chooses, on what. */
  about: string;
  /** The corpus that it needs. */
  corpus: string;
  time: string;
}

/** In the order of their names; those that others extend and nobody runs have no description, and are left out. */
export function recipesHere(): RecipeDescription[] {
  const files = readdirSync(recipesFolder).filter((name) => name.endsWith('.yaml'));
  const names = files.map((file) => basename(file, '.yaml')).sort();
  return names.flatMap((name) => {
    const text = readFileSync(join(recipesFolder, `${name}.yaml`), 'utf8');
    const said = (key: string) => new RegExp(`^# ${key}: (.+)$`, 'm').exec(text)?.[1] ?? '';
    const about = said('about');
    return about === '' ? [] : [{ name, about, corpus: said('corpus'), time: said('time') }];
  });
}
