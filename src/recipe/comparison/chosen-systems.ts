/** @file Which systems a comparison and its report are of: those asked for, or those of the last one. */
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { ablationRecord } from '../artifacts/ablation.js';
import { comparisonRecord } from '../artifacts/compare.js';
import { choosesByDevelopment, variedSystem } from '../definition/grid.js';
import type { Recipe } from '../definition/schema.js';
import type { GuestSystem } from './guest-systems.js';

/** What is compared. */
export interface Compared {
  /** Systems of the recipe; default: all. */
  names?: readonly string[];
  /** One of them, or a guest; default: the recipe's. */
  baseline?: string;
  guests?: readonly GuestSystem[];
}

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
    const ablation = ablationRecord.readIfThere(join(workFolder, 'ablation'));
    const shown = ablation?.axes.flatMap(({ rows }) => rows.map(({ system }) => system)).filter(known);
    return shown ? comparedSystems(recipe, shown) : {};
  }
  const folder = join(workFolder, 'compare');
  const comparison = comparisonRecord.readIfThere(folder);
  if (!comparison) return {};
  const names = comparison.systems.map(({ name }) => name);
  const guests = names.filter((name) => !known(name));
  if (guests.length > 0) {
    throw new UserError(
      `${join(folder, comparisonRecord.name)}: ${guests.join(', ')} took part in the last comparison and ${guests.length > 1 ? 'are' : 'is'} not of recipe ${recipe.name}\n` +
        '  give its `acanet compare` command again: it brings the report up to date too',
    );
  }
  return { names, baseline: comparison.baseline };
}
