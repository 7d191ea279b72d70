/**
 * @file Kaldi's text archives of vectors, `key  [ v v v ]` a line, as copy-vector and `acanet embed --format text`
 * write them. Limits: vectors only; what has many rows is read in its binary form.
 */
import { UserError } from '../errors.js';
import { readTextLines } from './text-lines.js';

/** Each vector under its key, in the order of the lines. @throws UserError naming file:line */
export function readTextVectors(path: string): Map<string, Float32Array> {
  const vectors = new Map<string, Float32Array>();
  for (const { text, number } of readTextLines(path, { what: 'the archive of vectors' })) {
    if (text.trim() === '') continue;
    const where = `${path}:${number}`;
    const match = /^(\S+)\s+\[([^[\]]*)\]\s*$/.exec(text);
    if (!match)
      throw new UserError(
        `${where}: expected a key and a vector, \`key [ 1 2 ]\`, got ${JSON.stringify(text.slice(0, 80))}`,
      );
    const [, key, inside] = match;
    if (vectors.has(key)) throw new UserError(`${where}: the key "${key}" comes twice`);
    const fields = inside.trim() === '' ? [] : inside.trim().split(/\s+/);
    const values = fields.map(Number);
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0) throw new UserError(`${where}: expected numbers, got "${fields[bad]}" as value ${bad} of "${key}"`);
    vectors.set(key, Float32Array.from(values));
  }
  return vectors;
}
