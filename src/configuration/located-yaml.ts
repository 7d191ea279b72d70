/**
 * @file YAML that remembers where each key was written, through merges and overrides.
 *
 * A recipe is made of several files (`extends`) and of `--set` options; when something in the result is wrong, the
 * message has to name the line that says so. A located tree is plain data in which every value carries `at`, the place
 * it came from (`recipes/demo.yaml:12`, or `--set training.epochs=3`).
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { UserError } from '../errors.js';

/** A value and the place where it was written. */
export interface Located {
  at: string;
  value: null | boolean | number | string | Located[] | Map<string, Located>;
  /** A number as it was written: names of digits may begin with zeros. */
  written?: string;
}

/** Reads YAML text; `file` is the name that places are given by. */
export function parseLocatedYaml(text: string, file: string): Located {
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => `${file}:${lineCounter.linePos(offset).line}`;
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false });
    // Warnings are of tags that nobody knows (`!foo`): what they mean would be left out.
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new UserError(`${lineOf(problem.pos[0])}: not valid YAML: ${problem.message}`);
    return locate(document.contents, `${file}:1`, { document, lineOf, values: 0 });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`${file}: nested too deeply, or an alias (*) stands inside of what it names; write it out`, {
      cause: error,
    });
  }
}

/** Of a file, once its aliases are written out. A recipe has hundreds; a few lines of aliases of aliases make 10^9. */
const MOST_VALUES = 100_000;

interface Walk {
  document: Document;
  lineOf: (offset: number) => string;
  /** How many have been met. */
  values: number;
  /** The place of the alias that is being written out, the outermost one. */
  alias?: string;
}

function locate(node: Node | null, at: string, walk: Walk): Located {
  const { document, lineOf } = walk;
  if (++walk.values > MOST_VALUES) {
    throw new UserError(
      `${walk.alias ?? at}: expected at most ${MOST_VALUES} values in a file, got more once the aliases (*) are written out\n` +
        '  do not name lists of aliases by further aliases',
    );
  }
  if (isAlias(node)) {
    const outermost = walk.alias === undefined;
    if (outermost) walk.alias = at;
    const named = node.resolve(document);
    if (!named) {
      const place = node.range ? lineOf(node.range[0]) : at;
      throw new UserError(`${place}: no value is named &${node.source} before the alias *${node.source}`);
    }
    const target = locate(named, at, walk);
    if (outermost) walk.alias = undefined;
    return target;
  }
  if (isMap(node)) {
    const entries = node.items.map((pair): [string, Located] => {
      const key = pair.key as Node;
      const place = key.range ? lineOf(key.range[0]) : at;
      if (!isScalar(key)) throw new UserError(`${place}: expected a plain key, got a nested one`);
      return [String(key.value), locate(pair.value as Node | null, place, walk)];
    });
    return { at, value: new Map(entries) };
  }
  if (isSeq(node)) {
    return {
      at,
      value: node.items.map((item) => {
        const child = item as Node;
        return locate(child, child.range ? lineOf(child.range[0]) : at, walk);
      }),
    };
  }
  if (!isScalar(node)) return { at, value: null };
  const value = node.value as null | boolean | number | string;
  return typeof value === 'number' && node.source !== undefined ? { at, value, written: node.source } : { at, value };
}

/**
 * `over` laid over `under`: mappings are merged key by key, anything else is replaced.
 * A mapping that names another `type` starts afresh, because the old type's options mean nothing to the new one.
 */
export function mergeLocated(under: Located | undefined, over: Located): Located {
  if (!(under?.value instanceof Map) || !(over.value instanceof Map)) return over;
  const [oldType, newType] = [under.value.get('type')?.value, over.value.get('type')?.value];
  if (oldType !== undefined && newType !== undefined && oldType !== newType) return over;
  const merged = new Map(under.value);
  for (const [key, value] of over.value) merged.set(key, mergeLocated(merged.get(key), value));
  return { at: over.at, value: merged };
}

/**
 * Applies one `key.path=value`; the value is read as YAML, so that `3`, `true`, `null` and `{type: sgd}` are what they
 * look like. Unlike a file, it changes exactly what it names: a new `type` keeps its neighbours.
 */
export function setLocated(root: Located, assignment: string): Located {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new UserError(`--set ${assignment}: expected key.path=value, for example training.epochs=3`);
  const path = pathIn(root, assignment.slice(0, equals).trim());
  const at = `--set ${assignment}`;
  const parsed = relocate(parseLocatedYaml(assignment.slice(equals + 1), at), at);
  return putLocated(root, path, parsed);
}

/** The path that a key means in a tree: names that are there may hold dots themselves, and the longest is meant. */
function pathIn(root: Located, key: string): string[] {
  const path: string[] = [];
  const parts = key.split('.');
  for (let node: Located | undefined = root; parts.length > 0; node = nearestLocated(node, path.slice(-1))) {
    const entries: Map<string, Located> = node.value instanceof Map ? node.value : new Map<string, Located>();
    const lengths = parts.map((_, i) => parts.length - i);
    const count = lengths.find((length) => entries.has(parts.slice(0, length).join('.'))) ?? 1;
    path.push(parts.splice(0, count).join('.'));
    if (!entries.has(path.at(-1)!)) return [...path, ...parts];
  }
  return path;
}

/**
 * Puts `value` at `path`, merged with a mapping that is there; mappings on the way are made where there are none.
 * @throws UserError where a plain value stands in the way
 */
export function putLocated(root: Located | undefined, path: readonly string[], value: Located): Located {
  const put = (node: Located | undefined, [key, ...rest]: readonly string[], done: string[]): Located => {
    const entries = new Map(node?.value instanceof Map ? node.value : []);
    if (node && node.value !== null && !(node.value instanceof Map)) {
      throw new UserError(
        `${value.at}: ${done.join('.')} is ${JSON.stringify(plainValue(node))} and has no key "${key}"`,
      );
    }
    const old = entries.get(key);
    entries.set(key, rest.length > 0 ? put(old, rest, [...done, key]) : mergeLocated(old, value));
    return { at: node?.at ?? value.at, value: entries };
  };
  return put(root, path, []);
}

function relocate(node: Located, at: string): Located {
  if (node.value instanceof Map) {
    return { at, value: new Map([...node.value].map(([key, value]) => [key, relocate(value, at)])) };
  }
  if (Array.isArray(node.value)) return { at, value: node.value.map((item) => relocate(item, at)) };
  return { ...node, at };
}

/** The plain value, without places. */
export function plainValue({ value }: Located): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, child]) => [key, plainValue(child)]));
  if (Array.isArray(value)) return value.map(plainValue);
  return value;
}

/** The node at `path`, or the nearest one above it that exists. */
export function nearestLocated(root: Located, path: readonly PropertyKey[]): Located {
  let node = root;
  for (const key of path) {
    const child =
      node.value instanceof Map
        ? node.value.get(String(key))
        : Array.isArray(node.value)
          ? node.value[Number(key)]
          : undefined;
    if (child === undefined) break;
    node = child;
  }
  return node;
}

/** A value as a message shows it: `"abc"`, `12`, `a mapping`. */
export function describeValue({ value }: Located): string {
  if (value instanceof Map) return 'a mapping';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'nothing (null)' : JSON.stringify(value);
}
