/** @file Which systems a comparison and its report are of: those asked for, or those of the last one. */
import { join } from 'node:path';
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
  /** With folds: the guests of each, by its name; `guests` are then those of the first. */
  guestsOfFolds?: Readonly<Record<string, readonly GuestSystem[]>>;
}

/** What is compared in one fold. */
export const comparedInFold = ({ guestsOfFolds, ...compared }: Compared, fold: string | undefined): Compared =>
  guestsOfFolds && fold !== undefined ? { ...compared, guests: guestsOfFolds[fold] } : compared;

/** The stages that compare, and their folders: with systems from elsewhere they are beside the recipe's own. */
export function comparingStages({ guests = [] }: Compared): { compare: string; report: string } {
  const suffix = guests.length > 0 ? '-others' : '';
  return { compare: `compare${suffix}`, report: `report${suffix}` };
}

/** The systems asked for; where they are chosen from, also the one that all are held against. */
export function comparedSystems(recipe: Recipe, asked: readonly string[]): Compared {
  const base = choosesByDevelopment(recipe) ? [variedSystem(recipe)] : [];
  const names = Object.keys(recipe.systems).filter((name) => asked.includes(name) || base.includes(name));
  return { names, baseline: names.includes(recipe.baseline) ? recipe.baseline : (base[0] ?? names[0]) };
}

/** Which of the recipe's systems were compared last in a work folder; all, if none were. */
export function lastCompared(recipe: Recipe, workFolder: string): Compared {
  const known = (name: string) => name in recipe.systems;
  if (recipe.evaluate === 'development') {
    const ablation = ablationRecord.readIfThere(join(workFolder, 'ablation'));
    const shown = ablation?.axes.flatMap(({ rows }) => rows.map(({ system }) => system)).filter(known);
    return shown ? comparedSystems(recipe, shown) : {};
  }
  const comparison = comparisonRecord.readIfThere(join(workFolder, comparingStages({}).compare));
  if (!comparison) return {};
  const names = comparison.systems.map(({ name }) => name).filter(known);
  return { names, baseline: known(comparison.baseline) ? comparison.baseline : recipe.baseline };
}
