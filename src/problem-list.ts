/**
 * @file Many mistakes in one message: the first ten and how many there are.
 *
 * A corpus with a thousand bad files must neither hide 999 of them nor print a thousand lines. Checks therefore collect
 * what is wrong and throw once, here.
 */
import { inWords, UserError } from './errors.js';

const SHOWN = 10;

/** A count with its noun: `1 speaker`, `2 speakers`. */
export const counted = (count: number, singular: string, plural = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`;

/** The first ten items, and how many more there are: `"a", "b", … and 3 more`. */
export function firstOf(items: readonly string[], separator = ', '): string {
  const more = items.length > SHOWN ? `${separator}… and ${items.length - SHOWN} more` : '';
  return items.slice(0, SHOWN).join(separator) + more;
}

/**
 * Does all checks, and says what is wrong with all of them in one error: who mends one thing need not come back for the
 * next.
 * @throws UserError with the messages of those that threw one; anything else at once
 */
export async function checkAll(checks: readonly (() => unknown)[]): Promise<void> {
  const messages: string[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const said = inWords(error);
      if (!(said instanceof UserError)) throw error;
      messages.push(said.message);
    }
  }
  if (messages.length > 0) throw new UserError([...new Set(messages)].join('\n✖ '));
}

/**
 * Throws one UserError if there are problems, else does nothing.
 * `where` names the file or folder, `what` the kind of thing that is wrong ("unreadable audio files"), `one` the same
 * where there is one only (default: `what`, which reads well where it begins with "of 20 files …"), `remedy` the mend.
 */
export function throwProblems(
  problems: readonly string[],
  { where, what, one = what, remedy }: { where: string; what: string; one?: string; remedy?: string },
): void {
  if (problems.length === 0) return;
  const headline = `${where}: ${problems.length} ${problems.length === 1 ? one : what}:`;
  const list = firstOf(
    problems.map((problem) => `  ${problem}`),
    '\n',
  );
  throw new UserError([headline, list, ...(remedy ? [remedy] : [])].join('\n'));
}
