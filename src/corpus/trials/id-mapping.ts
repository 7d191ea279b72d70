/**
 * @file Ids of a trial list that name the same audio in other words: with a file extension, with `/` for `-`, with
 * leading folders (`wav/id10001/abc/00001.wav` for `id10001-abc-00001`).
 *
 * One rule serves the whole list, the plainest that finds every id and finds each only once; an id that fits two
 * recordings is never guessed. What was done is said with an example.
 */
import { audioExtensions } from '../../audio/formats.js';

export interface IdMapping {
  /** The known id of each id of the list that has one. */
  readonly known: ReadonlyMap<string, string>;
  /** Ids that no known id, or more than one, fits under the rule that finds most. */
  readonly missing: readonly string[];
  /** Of `missing`, those that several known ids fit, with two of them. */
  readonly ambiguous: ReadonlyMap<string, readonly [string, string]>;
  /** What was done, with an example; undefined where all ids are the known ones as they stand. */
  readonly said?: string;
}

/** Maps the ids of a list to known ones. */
export function mapIds(wanted: Iterable<string>, known: Iterable<string>): IdMapping {
  const [ids, all] = [[...new Set(wanted)], [...new Set(known)]];
  let best: IdMapping | undefined;
  for (const rule of rules(ids)) {
    const found = applyRule(rule, ids, all);
    if (found.missing.length === 0) return found;
    if (!best || found.missing.length < best.missing.length) best = found;
  }
  return best!;
}

interface Rule {
  /** What the parts of an id are; ids are equal where all parts are. */
  parts(id: string): readonly string[];
  /** Known ids may have more parts in front. */
  suffix: boolean;
  /** `without their file extension`; undefined for the ids as they are. */
  words?: string;
}

/** From the plainest on: the fewer parts decide, the more an id of the list may be without. */
function* rules(ids: readonly string[]): Generator<Rule> {
  yield { parts: (id) => [id], suffix: false };
  yield { parts: (id) => [withoutExtension(id)], suffix: false, words: 'without file extensions' };
  yield { parts: folded, suffix: false, words: 'without file extensions, "/" and "-" alike' };
  const deepest = ids.reduce((most, id) => Math.max(most, folded(id).length), 1);
  for (let count = deepest; count > 0; count--) {
    const words = `by the last ${count === 1 ? 'part' : `${count} parts`} of their names, "/" and "-" alike`;
    yield { parts: (id) => folded(id).slice(-count), suffix: true, words };
  }
}

function applyRule({ parts, suffix, words }: Rule, ids: readonly string[], all: readonly string[]): IdMapping {
  const lengths = new Set(ids.map((id) => parts(id).length));
  const known = new Map<string, string>();
  const missing: string[] = [];
  const ambiguous = new Map<string, readonly [string, string]>();
  const lists = index(all, { parts: suffix ? folded : parts, suffix, lengths });
  const takenBy = new Map<string, string>();
  for (const id of ids) {
    const found = lists.get(keyOf(parts(id)));
    const other = found && takenBy.get(found[0]);
    if (!found || found.length > 1 || other !== undefined) {
      missing.push(id);
      if (found && found.length > 1) ambiguous.set(id, [found[0], found[1]]);
      continue;
    }
    takenBy.set(found[0], id);
    known.set(id, found[0]);
  }
  const [example] = [...known].filter(([id, own]) => id !== own);
  const said = words !== undefined && example ? `${words}: ${example[0]} is ${example[1]}` : undefined;
  return { known, missing, ambiguous, ...(said !== undefined && { said }) };
}

/** Known ids by their parts, or by their last parts, of the lengths that are asked for; at most two of each. */
function index(
  all: readonly string[],
  { parts, suffix, lengths }: { parts: Rule['parts']; suffix: boolean; lengths: ReadonlySet<number> },
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const id of all) {
    const own = parts(id);
    const keys = suffix
      ? [...lengths].filter((length) => length > 0 && length <= own.length).map((length) => keyOf(own.slice(-length)))
      : [keyOf(own)];
    for (const key of keys) {
      const same = found.get(key);
      if (!same) found.set(key, [id]);
      else if (same.length < 2) same.push(id);
    }
  }
  return found;
}

const keyOf = (parts: readonly string[]) => parts.join('\0');

/** Without the extensions of audio files. */
export function withoutExtension(id: string): string {
  const lower = id.toLowerCase();
  const extension = audioExtensions.find((each) => lower.endsWith(each) && lower.length > each.length);
  return extension === undefined ? id : id.slice(0, -extension.length);
}

/** `wav/id1/abc-00001.wav` → wav, id1, abc, 00001. A hyphen that a name begins with makes an empty part. */
const folded = (id: string): string[] => withoutExtension(id).split(/[/\\-]/);
