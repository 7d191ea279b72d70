/** @file A speaker's gender as corpora write it: F, female, m, male_masculine (Common Voice), …; unknown where a field is empty. */
import { UserError } from '../../errors.js';

export type Gender = 'f' | 'm';

const FEMALE = new Set(['f', 'female', 'w', 'woman', 'female_feminine']);
const MALE = new Set(['m', 'male', 'man', 'male_masculine']);
const UNKNOWN = new Set([
  '',
  '-',
  'u',
  'unk',
  'unknown',
  'none',
  'null',
  'nan',
  'n/a',
  'o',
  'other',
  'transgender',
  'non-binary',
  'do_not_wish_to_say',
]);

/** Throws UserError at `where` (file:line) for anything else, so that a wrong column does not pass for a gender. */
export function parseGender(field: string | undefined, where: string): Gender | undefined {
  const text = (field ?? '').trim().toLowerCase();
  if (FEMALE.has(text)) return 'f';
  if (MALE.has(text)) return 'm';
  if (UNKNOWN.has(text)) return undefined;
  throw new UserError(`${where}: expected a gender (f, m, female, male or nothing), got ${JSON.stringify(field)}`);
}
