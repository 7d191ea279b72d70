/**
 * @file What the folds of a recipe must have in common to be compared as one: the settings of what is compared, and the
 * trainings of systems from elsewhere. A key that may differ is named here.
 */
import { UserError } from '../../errors.js';
import { stableJson } from '../../storage/hashing.js';
import type { Recipe } from '../definition/schema.js';
import { comparedInFold, type Compared } from './chosen-systems.js';

interface Fold {
  readonly fold?: string;
  readonly recipe: Recipe;
}

/** What a fold has of its own: its speech, where it is computed, and what is shown of it. */
const OWN: ReadonlySet<string> = new Set(['corpus', 'development', 'inspect', 'engine', 'executor', 'report']);
/** A model trained on the speech of the fold. */
const OWN_MODEL = /\.training\.init$/;

/** @throws UserError where an earlier command set something in one of the folds */
export function refuseOtherSettings([first, ...others]: readonly Fold[]): void {
  for (const other of others) {
    const found = firstDifference(settingsOf(first), settingsOf(other));
    if (!found) continue;
    const [ours, theirs] = found.values.map((value) => (value === undefined ? 'not set' : JSON.stringify(value)));
    throw new UserError(
      `${found.path} is ${ours} in fold ${first.fold} and ${theirs} in fold ${other.fold}, but what is compared in all folds has the same settings in each\n` +
        '  an earlier command set it for one fold: set it for all with --set and without --fold, or forget what was set with --fresh',
    );
  }
}

const settingsOf = ({ recipe }: Fold) => Object.fromEntries(Object.entries(recipe).filter(([key]) => !OWN.has(key)));

interface Difference {
  readonly path: string;
  readonly values: readonly [unknown, unknown];
}

/** Where two settings differ first, and what they are there. */
function firstDifference(a: unknown, b: unknown, path = ''): Difference | undefined {
  if (!isMapping(a) || !isMapping(b)) {
    if (OWN_MODEL.test(path) && a !== undefined && b !== undefined) return undefined;
    return stableJson([a ?? null]) === stableJson([b ?? null]) ? undefined : { path, values: [a, b] };
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key], b[key], path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws UserError where a system from elsewhere has other trainings in one fold than in another */
export function refuseOtherTrainings([first, ...others]: readonly Fold[], compared: Compared): void {
  const trainingsIn = ({ fold }: Fold) =>
    (comparedInFold(compared, fold).guests ?? []).map(({ name, runs }) => {
      const trainings = runs.map((run) => run.name);
      return `${name}: ${trainings.join(', ')}`;
    });
  const ours = trainingsIn(first);
  for (const other of others) {
    const theirs = trainingsIn(other);
    const differing = ours.findIndex((each, i) => each !== theirs[i]);
    if (differing < 0) continue;
    throw new UserError(
      `other trainings in one fold than in another: ${ours[differing]} in fold ${first.fold}; ${theirs[differing]} in fold ${other.fold}\n` +
        '  give scores of the same trainings in each',
    );
  }
}
