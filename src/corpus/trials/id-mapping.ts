/**
 * @file Ids of a trial list that name the same audio in other words: with a file extension, with `/` for `-`, with
 * leading folders (`wav/id10001/abc/00001.wav` for `id10001-abc-00001`).
 *
 * One rule serves the whole list, the plainest that finds every id; an id that fits two recordings is never guessed, nor
 * is one whose leading folders are other ones (`anna/1` for `bert/1`). What was done is said with an example.
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
  for (const rule of RULES) {
    const found = applyRule(rule, ids, all);
    if (found.missing.length === 0) return found;
    if (!best || found.missing.length < best.missing.length) best = found;
  }
  return best!;
}

interface Rule {
  /** What the parts of an id are; ids are equal where all parts are. */
  parts(id: string): readonly string[];
  /**
   * One id may have more parts in front than the other. Where both have a part it must be the same: `anna/1` is not
   * `bert/1`.
   */
  folders: boolean;
  /** `without their file extension`; undefined for the ids as they are. */
  words?: string;
}

/** From the plainest on. */
const RULES: readonly Rule[] = [
  { parts: (id) => [id], folders: false },
  { parts: (id) => [withoutExtension(id)], folders: false, words: 'without file extensions' },
  { parts: folded, folders: false, words: 'without file extensions, "/" and "-" alike' },
  { parts: folded, folders: true, words: 'without leading folders, "/" and "-" alike' },
];

function applyRule({ parts, folders, words }: Rule, ids: readonly string[], all: readonly string[]): IdMapping {
  const lengths = new Set(folders ? ids.map((id) => parts(id).length) : []);
  const known = new Map<string, string>();
  const missing: string[] = [];
  const ambiguous = new Map<string, readonly [string, string]>();
  const index = indexOf(all, parts, lengths);
  const takenBy = new Map<string, readonly string[]>();
  for (const id of ids) {
    const own = parts(id);
    const found = folders ? candidates(own, index) : (index.whole.get(keyOf(own)) ?? []);
    const other = takenBy.get(found[0]);
    // Two spellings of one id share its recording.
    if (found.length !== 1 || (other && !isEnd(own, other) && !isEnd(other, own))) {
      missing.push(id);
      if (found.length > 1) ambiguous.set(id, [found[0], found[1]]);
      continue;
    }
    takenBy.set(found[0], other && other.length > own.length ? other : own);
    known.set(id, found[0]);
  }
  const [example] = [...known].filter(([id, own]) => id !== own);
  const said = words !== undefined && example ? `${words}: ${example[0]} is ${example[1]}` : undefined;
  return { known, missing, ambiguous, ...(said !== undefined && { said }) };
}

/** Known ids, at most two of each: by all their parts, and by fewer of their last parts. */
interface Index {
  whole: Map<string, string[]>;
  ends: Map<string, string[]>;
}

/** @param lengths of the ends that are asked for */
function indexOf(all: readonly string[], parts: Rule['parts'], lengths: ReadonlySet<number>): Index {
  const index: Index = { whole: new Map(), ends: new Map() };
  const add = (map: Map<string, string[]>, key: string, id: string) => {
    const same = map.get(key);
    if (!same) map.set(key, [id]);
    else if (same.length < 2) same.push(id);
  };
  for (const id of all) {
    const own = parts(id);
    add(index.whole, keyOf(own), id);
    for (const length of lengths) if (length < own.length) add(index.ends, keyOf(own.slice(-length)), id);
  }
  return index;
}

/** Known ids that end in all parts of this one; else those in which it ends, with as many parts as there are. */
function candidates(own: readonly string[], { whole, ends }: Index): string[] {
  const same = whole.get(keyOf(own)) ?? ends.get(keyOf(own));
  if (same) return same;
  // The more parts agree, the surer it is.
  for (let start = 1; start < own.length; start++) {
    const found = whole.get(keyOf(own.slice(start)));
    if (found) return found;
  }
  return [];
}

const isEnd = (short: readonly string[], long: readonly string[]): boolean =>
  short.length <= long.length && keyOf(short) === keyOf(long.slice(-short.length));

const keyOf = (parts: readonly string[]) => parts.join('\0');

/** Without the extensions of audio files. */
export function withoutExtension(id: string): string {
  const lower = id.toLowerCase();
  const extension = audioExtensions.find((each) => lower.endsWith(each) && lower.length > each.length);
  return extension === undefined ? id : id.slice(0, -extension.length);
}

/** `wav/id1/abc-00001.wav` → wav, id1, abc, 00001. A hyphen that a name begins with makes an empty part. */
function folded(id: string): string[] {
  return withoutExtension(id).split(/[/\\-]/);
}
