/**
 * @file Work that is cut into stages: a recipe, or utterances that are embedded without one. Plain data, as it goes to
 * the processes that do it, here and in jobs. Its stages are made in `stages.ts`.
 */
import type { EngineOptions } from '../../engine/create-engine.js';
import type { Compared } from '../comparison/chosen-systems.js';
import type { Recipe } from '../definition/schema.js';
import type { EmbeddingWork } from '../definition/embedding-work.js';

export type Work =
  /** `compared`: what `compare` compares, where the stages are of that kind. */
  { recipe: Recipe; compared?: Compared } | { embedding: EmbeddingWork };

/** What it is called in messages and by schedulers. */
export const nameOf = (work: Work): string => ('recipe' in work ? work.recipe.name : work.embedding.name);

export const engineOf = (work: Work): EngineOptions => ('recipe' in work ? work.recipe.engine : work.embedding.engine);

/** The same work on so many threads. */
export const withThreads = (work: Work, threads: number): Work =>
  'recipe' in work
    ? { ...work, recipe: { ...work.recipe, engine: { ...work.recipe.engine, threads } } }
    : { embedding: { ...work.embedding, engine: { ...work.embedding.engine, threads } } };

/** Work without what makes no difference to what it asks for: where it is done. */
export const asked = (work: Work): Record<string, unknown> =>
  'recipe' in work ? { ...work, recipe: { ...work.recipe, executor: undefined } } : work;
