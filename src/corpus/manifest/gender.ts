/** @file A speaker's gender as corpora write it: F, female, m, Male, …; unknown where a field is empty. */
import { UserError } from '../../errors.js';

export type Gender = 'f' | 'm';

const FEMALE = new Set(['f', 'female', 'w', 'woman']);
const MALE = new Set(['m', 'male', 'man']);
const UNKNOWN = new Set(['', '-', 'u', 'unk', 'unknown', 'none', 'null', 'nan', 'n/a', 'o', 'other']);

/** Throws UserError at `where` (file:line) for anything else, so that a wrong column does not pass for a gender. */
export function parseGender(field: string | undefined, where: string): Gender | undefined {
  const text = (field ?? '').trim().toLowerCase();
  if (FEMALE.has(text)) return 'f';
  if (MALE.has(text)) return 'm';
  if (UNKNOWN.has(text)) return undefined;
  throw new UserError(`${where}: expected a gender (f, m, female, male or nothing), got ${JSON.stringify(field)}`);
}
