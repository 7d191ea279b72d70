/**
 * @file Numbers by text, for millions of texts: some 20 bytes for each beside those of its characters.
 *
 * A `Map` of a million ids takes 100 MB where the ids are not kept for anything else, and gives the garbage collector a
 * million things to look at. Here the characters lie in one buffer, one byte each, or two where a text has some beyond
 * Latin-1, and are found by open addressing.
 */

export interface TextIndex {
  /** The number that the text was added with before; undefined, and it is added, if it is new. */
  add(text: string, number: number): number | undefined;
}

const SMALLEST = 1024;

export function createTextIndex(): TextIndex {
  let count = 0;
  let used = 0;
  let characters = Buffer.allocUnsafe(32 * SMALLEST);
  /** By entry: where its characters end, and its number. An entry begins where the one before it ends. */
  let ends = new Float64Array(SMALLEST);
  let numbers = new Float64Array(SMALLEST);
  let hashes = new Int32Array(SMALLEST);
  /** Entries + 1, at their hash or behind it; 0: none. */
  let table = new Int32Array(2 * SMALLEST);

  /** Writes the text behind the others. @returns the bytes that it takes, its first one telling how it is written */
  const write = (text: string, isWide: boolean): number => {
    const most = 1 + text.length * (isWide ? 2 : 1);
    if (used + most > characters.length) {
      const larger = Buffer.allocUnsafe(2 * (used + most));
      characters.copy(larger, 0, 0, used);
      characters = larger;
    }
    characters[used] = isWide ? 1 : 0;
    characters.write(text, used + 1, isWide ? 'utf16le' : 'latin1');
    return most;
  };
  const place = (entry: number) => {
    let at = hashes[entry] & (table.length - 1);
    while (table[at] !== 0) at = (at + 1) & (table.length - 1);
    table[at] = entry + 1;
  };
  const grow = () => {
    [ends, numbers] = [ends, numbers].map((values) => enlarged(values, new Float64Array(2 * values.length)));
    hashes = enlarged(hashes, new Int32Array(2 * hashes.length));
    table = new Int32Array(2 * table.length);
    for (let entry = 0; entry < count; entry++) place(entry);
  };
  return {
    add(text, number) {
      const { hash, isWide } = look(text);
      const length = write(text, isWide);
      for (let at = hash & (table.length - 1); table[at] !== 0; at = (at + 1) & (table.length - 1)) {
        const entry = table[at] - 1;
        if (hashes[entry] !== hash) continue;
        const start = entry === 0 ? 0 : ends[entry - 1];
        if (characters.compare(characters, start, ends[entry], used, used + length) === 0) return numbers[entry];
      }
      if (count === ends.length) grow();
      used += length;
      ends[count] = used;
      numbers[count] = number;
      hashes[count] = hash;
      place(count++);
      return undefined;
    },
  };
}

function enlarged<Values extends Float64Array | Int32Array>(values: Values, larger: Values): Values {
  larger.set(values);
  return larger;
}

/** FNV-1a, mixed as in MurmurHash3, and whether a character is beyond Latin-1. */
function look(text: string): { hash: number; isWide: boolean } {
  let hash = 0x811c9dc5;
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return { hash: hash ^ (hash >>> 16), isWide: all > 0xff };
}
