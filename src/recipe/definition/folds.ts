/**
 * @file `folds:` of a recipe: two or more corpora, or splits of one, in each of which every system is trained and
 * tested. A fold lays its own `corpus` and `development` over the recipe's; everything else is the same in all folds.
 */
import { didYouMean, unknownName } from '../../configuration/closest-name.js';
import { describeValue, mergeLocated, type Located } from '../../configuration/located-yaml.js';
import { UserError } from '../../errors.js';
import { systemName } from './schema.js';

const SECTIONS = ['corpus', 'development'];

/** What the folder of a recipe with folds has beside theirs: `compare`, `compare-others`, and results that they replace. */
const TAKEN = /^compare(-others)?(\.previous)?$/;

/** The names of a recipe's folds, none where it has no folds. @throws UserError for folds that cannot be such */
export function foldsOf(tree: Located): string[] {
  return [...foldEntries(tree).keys()];
}

/** The recipe of one fold; without folds the recipe itself. @throws UserError for an unknown fold, or where none is named */
export function recipeOfFold(tree: Located, fold: string | undefined): Located {
  const folds = foldEntries(tree);
  const entries = new Map(tree.value as Map<string, Located>);
  entries.delete('folds');
  const bare: Located = { at: tree.at, value: entries };
  const name = String(entries.get('name')?.value);
  const known = [...folds.keys()];
  if (fold === undefined) {
    if (known.length === 0) return bare;
    throw new UserError(`recipe ${name} has the folds ${known.join(', ')}: name one with --fold`);
  }
  const chosen = folds.get(fold);
  if (chosen) {
    refuseHidden(bare, chosen, fold, []);
    return mergeLocated(bare, chosen);
  }
  throw new UserError(
    known.length > 0
      ? `recipe ${name} has no fold ${unknownName(fold, known)}`
      : `recipe ${name} has no folds: leave out --fold ${fold}`,
  );
}

/** @throws UserError where the fold has a value of its own in place of one that was set for this command */
function refuseHidden(under: Located, over: Located, fold: string, path: readonly string[]): void {
  if (under.value instanceof Map && over.value instanceof Map) {
    for (const [key, value] of over.value as Map<string, Located>) {
      const hidden = (under.value as Map<string, Located>).get(key);
      if (hidden) refuseHidden(hidden, value, fold, [...path, key]);
    }
  } else if (under.at.startsWith('--set ') && !over.at.startsWith('--set ')) {
    const name = path.join('.');
    throw new UserError(
      `${under.at}: fold ${fold} has a ${name} of its own, ${describeValue(over)} (${over.at})\n` +
        `  set folds.${fold}.${name} instead`,
    );
  }
}

function foldEntries(tree: Located): Map<string, Located> {
  const folds = (tree.value as Map<string, Located>).get('folds');
  if (!folds || folds.value === null) return new Map();
  const complain = (message: string, path: string, at: string) => {
    throw new UserError(`${message} → at ${path}\n  ${at}`);
  };
  const found = folds.value instanceof Map ? (folds.value as Map<string, Located>) : new Map<string, Located>();
  const given = new Map([...found].filter(([, { value }]) => value !== null));
  if (given.size < 2) {
    complain('expected two folds or more, as in { a: { corpus: … }, b: { corpus: … } }', 'folds', folds.at);
  }
  for (const [name, fold] of given) {
    const path = `folds.${name}`;
    if (!systemName.safeParse(name).success)
      complain(`expected a name of letters, digits, ".", "_", "-"`, path, fold.at);
    if (TAKEN.test(name))
      complain(`"${name}" is the folder of the comparison of all folds: take another name`, path, fold.at);
    if (!(fold.value instanceof Map)) complain(`expected { corpus: … }, got ${describeValue(fold)}`, path, fold.at);
    for (const [section, { at }] of fold.value as Map<string, Located>) {
      if (SECTIONS.includes(section)) continue;
      complain(
        `a fold has its own ${SECTIONS.join(' and ')} only, got ${section}${didYouMean(section, SECTIONS)}`,
        path,
        at,
      );
    }
  }
  return given;
}
