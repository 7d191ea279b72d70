/**
 * @file Damages files at random, the same way for the same random numbers: as bytes, as text, as JSON.
 *
 * Bytes change where the meaning is rather than anywhere. Text changes in its words, lines and separators, and JSON in
 * its values and keys, so that what comes out is nearly right and reaches the code behind the first check.
 */
import type { RandomStream } from '../../../src/random.js';

/**
 * A copy with one to `most` changes: bits flipped, bytes replaced by others or by those that parsers stumble over, and,
 * unless the length is to stay, pieces cut out or doubled and the end cut off. Most are among the first `among` bytes.
 */
export function mutateBytes(
  bytes: Buffer,
  { below, uniform }: RandomStream,
  { among = bytes.length, keepLength = false, most = 8 } = {},
): Buffer {
  let mutated = Buffer.from(bytes);
  for (let left = 1 + below(most); left > 0 && mutated.length > 8; left--) {
    const at = below(uniform() < 0.8 ? Math.min(among, mutated.length) : mutated.length);
    const kind = below(keepLength ? 5 : 8);
    if (kind < 3) mutated[at] ^= 1 << below(8);
    else if (kind === 3) mutated[at] = below(256);
    else if (kind === 4) mutated.subarray(at, at + 1 + below(8)).fill([0x00, 0xff, 0x7f, 0x39][below(4)]);
    else if (kind === 5) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1 + below(16))]);
    else if (kind === 6) mutated = Buffer.concat([mutated.subarray(0, at + 16), mutated.subarray(at)]);
    else if (uniform() < 0.3) mutated = mutated.subarray(0, at);
  }
  return mutated;
}

const WORDS = [
  ...['0', '-0', '1', '-1', '1e999', '-inf', 'nan', '0x10', '1e-400', '9007199254740993', '4294967296', '2147483648'],
  ...['', ' ', '\t', '\n', '\r\n', '\r', '\0', ',', ';', '"', "'", '""', '|', '#', ':', '=', '[', ']', '{', '}', '-'],
  ...[
    'target',
    'nontarget',
    'true',
    'null',
    '__proto__',
    'constructor',
    '\ufeff',
    'é',
    '\u2028',
    '\u009b',
    'a/../b',
    '/',
  ],
  ...['&a', '*a', '<<: *a', '? ', '- ', '!!binary x', '|+1', '%YAML 9', '---', '...', 'x'.repeat(5000)],
];

/** A copy with one to four changes: words, separators, lines; one in eight is damaged as bytes instead. */
export function mutateText(bytes: Buffer, random: RandomStream): Buffer {
  const { below, uniform } = random;
  if (uniform() < 1 / 8) return mutateBytes(bytes, random);
  let text = bytes.toString();
  for (let left = 1 + below(4); left > 0; left--) {
    const pick = <T>(items: readonly T[]) => items[below(items.length)];
    const lines = text.split('\n');
    const [one, other] = [below(lines.length), below(lines.length)];
    const spans = [...text.matchAll(/[^\s,;:"'=[\]{}/.]+|[\s,;:"'=[\]{}/.]/g)];
    const { 0: word = '', index: at = 0 } = spans.length > 0 ? pick(spans) : { 0: '', index: 0 };
    const kind = below(9);
    if (kind < 3) text = text.slice(0, at) + pick(WORDS) + text.slice(at + word.length);
    else if (kind === 3) text = text.slice(0, at) + pick(WORDS) + text.slice(at);
    else if (kind === 4 && spans.length > 0) text = text.slice(0, at) + pick(spans)[0] + text.slice(at + word.length);
    else if (kind === 5) text = lines.toSpliced(one, 1).join('\n');
    else if (kind === 6) text = lines.toSpliced(one, 0, lines[other]).join('\n');
    else if (kind === 7) text = lines.with(one, lines[other]).join('\n');
    else if (uniform() < 0.3) text = text.slice(0, at);
  }
  return Buffer.from(text);
}

const VALUES: readonly unknown[] = [
  ...[null, true, '', 'x', ' ', '\u0000', 0, -1, 0.5, -0, 1e308, 2 ** 53 + 1, [], {}, [[]], [null], { x: 1 }],
  ...['1', 'NaN', '__proto__', '../x', '\u009b31m', [0, 0], [1, 'a'], { type: 'nothing' }, { length: 1e9 }],
];

/**
 * A copy of a file of JSON, or of lines of JSON, with some of its values and keys replaced; one in three is damaged as
 * text.
 */
export function mutateJson(bytes: Buffer, random: RandomStream): Buffer {
  const { below, uniform } = random;
  if (uniform() < 1 / 3) return mutateText(bytes, random);
  const text = bytes.toString();
  const lines = isJson(text) ? [text] : text.trimEnd().split('\n');
  const line = below(lines.length);
  let value = JSON.parse(lines[line]) as unknown;
  for (let left = 1 + below(3); left > 0; left--) value = replaced(value, random);
  return Buffer.from(lines.with(line, JSON.stringify(value) ?? 'null').join('\n') + '\n');
}

/** A value with one of the values in it replaced, taken away, or given another's name. */
function replaced(value: unknown, random: RandomStream): unknown {
  const { below, uniform } = random;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0 || uniform() < 0.1) return VALUES[below(VALUES.length)];
  const [key, child] = entries[below(entries.length)];
  const kind = below(8);
  const changed = kind < 6 ? [[key, replaced(child, random)]] : kind === 6 ? [] : [[`${key}x`, child]];
  if (Array.isArray(value))
    return value.flatMap((item, i) => (i === Number(key) ? changed.map(([, it]) => it) : [item]));
  return Object.fromEntries(entries.flatMap((entry) => (entry[0] === key ? changed : [entry])) as [string, unknown][]);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
