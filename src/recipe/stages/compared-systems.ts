/** @file Which systems a comparison and its report are of: those asked for, or those of the last one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import type { Ablation } from '../../report/comparison/ablation.js';
import type { Comparison } from '../../report/comparison/comparison.js';
import type { Recipe } from '../definition/schema.js';
import { choosesByDevelopment, variedSystem } from './stage-ablation.js';
import type { Compared } from './stage-compare.js';

/** The systems asked for; where they are chosen from, also the one that all are held against. */
export function comparedSystems(recipe: Recipe, asked: readonly string[]): Compared {
  const base = choosesByDevelopment(recipe) ? [variedSystem(recipe)] : [];
  const names = Object.keys(recipe.systems).filter((name) => asked.includes(name) || base.includes(name));
  return { names, baseline: names.includes(recipe.baseline) ? recipe.baseline : (base[0] ?? names[0]) };
}

/**
 * What was compared last in a work folder; all systems, if nothing was.
 * @throws UserError where systems from elsewhere took part
 */
export function lastCompared(recipe: Recipe, workFolder: string): Compared {
  const known = (name: string) => name in recipe.systems;
  if (recipe.evaluate === 'development') {
    const ablation = readJson<Ablation>(join(workFolder, 'ablation', 'ablation.json'));
    const shown = ablation?.axes.flatMap(({ rows }) => rows.map(({ system }) => system)).filter(known);
    return shown ? comparedSystems(recipe, shown) : {};
  }
  const path = join(workFolder, 'compare', 'compare.json');
  const comparison = readJson<Comparison>(path);
  if (!comparison) return {};
  const names = comparison.systems.map(({ name }) => name);
  const guests = names.filter((name) => !known(name));
  if (guests.length > 0) {
    throw new UserError(
      `${path}: ${guests.join(', ')} took part in the last comparison and ${guests.length > 1 ? 'are' : 'is'} not of recipe ${recipe.name}\n` +
        '  give its `acanet compare` command again: it brings the report up to date too',
    );
  }
  return { names, baseline: comparison.baseline };
}

const readJson = <T>(path: string): T | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
