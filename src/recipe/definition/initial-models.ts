/**
 * @file What the trainings of a recipe start from: `training.init` names another system of the recipe, whose training is
 * done first, or else a model folder.
 *
 * Where both systems are trained several times, a run starts from the other system's run of the same number; where the
 * other has fewer, the rest start from its first.
 */
import { firstOf } from '../../problem-list.js';
import { resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { isModelFolder, weightsIdentity } from '../../models/model-folder.js';
import { createModel } from '../../models/registry.js';
import { checkFits, readInitialModel } from '../../training/initial-model.js';
import type { SpeakerModel } from '../../models/contract/model.js';
import { isReady } from './ready-model.js';
import type { Recipe } from './schema.js';
import { trainingRuns, type TrainingRun } from './training-runs.js';

/** What one training starts from: a run of another system, or a model folder. */
export type InitialSource = { readonly run: TrainingRun } | { readonly folder: string };

/** @returns undefined where a training starts from nothing */
export function initialSource(recipe: Recipe, { system, seed }: TrainingRun): InitialSource | undefined {
  const { model, training } = recipe.systems[system];
  const { init } = training;
  if (init == null || isReady(model)) return undefined;
  if (!Object.hasOwn(recipe.systems, init)) return { folder: resolve(init) };
  const runs = trainingRuns(recipe, init);
  return { run: runs[seed - recipe.seed] ?? runs[0] };
}

/** Runs in an order in which none comes before one that it starts from; else as they are. */
export function inOrderOfStart<Run extends TrainingRun>(recipe: Recipe, runs: readonly Run[]): Run[] {
  const ordered = new Set<Run>();
  const add = (run: Run) => {
    const source = initialSource(recipe, run);
    const first = source && 'run' in source ? runs.find(({ name }) => name === source.run.name) : undefined;
    if (first && !ordered.has(first)) add(first);
    ordered.add(run);
  };
  for (const run of runs) add(run);
  return [...ordered];
}

/** What is wrong with the system that another one starts from; undefined where it names none, or all is well. */
export function initialSystemProblem(systems: Recipe['systems'], name: string): string | undefined {
  const own = systems[name].model;
  if (isReady(own)) return undefined;
  const chain = [name];
  for (let { init } = systems[name].training; init != null && Object.hasOwn(systems, init);) {
    if (chain.includes(init)) return `system ${init} starts from itself, through ${[...chain, init].join(' ← ')}`;
    chain.push(init);
    init = isReady(systems[init].model) ? null : systems[init].training.init;
  }
  const [, first] = chain;
  if (first === undefined) return undefined;
  const { model: start } = systems[first];
  if (start.type === 'onnx') return `system ${first} is an ONNX model, whose weights acanet cannot train`;
  if (isReady(start)) return undefined; // its folder is read before anything runs
  return misfit(first, createModel(start), createModel(own));
}

/** What is wrong with starting from a system's network; undefined where a parameter of it fits. */
function misfit(first: string, other: SpeakerModel, own: SpeakerModel): string | undefined {
  const shapes = new Map(other.parameters.map((parameter) => [parameter.name, parameter.shape.join()]));
  if (own.parameters.some((parameter) => shapes.get(parameter.name) === parameter.shape.join())) return undefined;
  return `no parameter of system ${first} (${other.title}) fits ${own.title}`;
}

/**
 * Reads every model folder that a training starts from. @throws UserError where there is none, it is damaged, or nothing
 * of it fits
 */
export function checkInitialModels(recipe: Recipe): void {
  for (const name of Object.keys(recipe.systems)) {
    const { model } = recipe.systems[name];
    const source = initialSource(recipe, trainingRuns(recipe, name)[0]);
    if (!source || isReady(model)) continue;
    const before = 'run' in source ? recipe.systems[source.run.system].model : undefined;
    if ('run' in source && before?.type !== 'folder') continue;
    const folder = 'folder' in source ? source.folder : resolve((before as { dir: string }).dir);
    checkIsFolder(folder, recipe, name);
    checkFits(createModel(model), readInitialModel({ modelDir: folder }));
  }
}

/** What stands for a model folder in settings: the content of its weights, not the place where they lie. */
export function initialIdentity(folder: string, recipe: Recipe, system: string): Record<string, unknown> {
  checkIsFolder(folder, recipe, system);
  return { ...weightsIdentity(folder) };
}

function checkIsFolder(folder: string, { systems }: Recipe, system: string): void {
  if (isModelFolder(folder)) return;
  const others = Object.keys(systems).filter((name) => name !== system);
  throw new UserError(
    `systems.${system}.training.init: ${folder} is no model folder (model.json and model.safetensors, as \`acanet average\` ` +
      `and \`acanet import\` write them), and no system of this recipe has that name; there are ${firstOf(others) || 'no others'}`,
  );
}
