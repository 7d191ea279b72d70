/**
 * @file What zod finds wrong in a recipe, as sentences that a person can act on.
 *
 *     unknown key "bacth_size" → at training (did you mean "batchSize"?)
 *       recipes/demo.yaml:12
 *
 * The known keys of a place come from the schema's JSON Schema form, walked along the path of the complaint.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { didYouMean } from './closest-name.js';
import { describeValue, nearestLocated, plainValue, type Located } from './located-yaml.js';

const SHOWN = 10;

/**
 * Checks `root` against `schema` and returns the parsed value, defaults filled in.
 * `prefix` is the path that messages put before the schema's own (`['systems', 'x', 'training']`).
 * @throws UserError listing up to ten complaints, one sentence and one place each.
 */
export function checkLocated<T>(schema: z.ZodType<T>, root: Located, prefix: readonly string[] = []): T {
  const result = schema.safeParse(plainValue(root));
  if (result.success) return result.data;
  const complaints = oncePerPlace(result.error.issues.flatMap((issue) => complain(issue, schema, root, prefix)));
  const shown = complaints.slice(0, SHOWN);
  if (complaints.length > SHOWN) shown.push(`… and ${complaints.length - SHOWN} more`);
  throw new UserError(shown.join('\n✖ '));
}

/** What several systems have from one line is said once. */
function oncePerPlace(complaints: readonly string[]): string[] {
  const withoutPath = (complaint: string) => complaint.replace(/ → at \S+/, '');
  return [
    ...new Map(complaints.toReversed().map((complaint) => [withoutPath(complaint), complaint])).values(),
  ].reverse();
}

function complain(issue: z.core.$ZodIssue, schema: z.ZodType, root: Located, prefix: readonly string[]): string[] {
  // Of a name or a mapping, what is wrong within the mapping says more than that it is neither.
  const within = issue.code === 'invalid_union' ? issue.errors.flat().filter(({ path }) => path.length > 0) : [];
  if (within.length > 0) {
    const from = (path: PropertyKey[]) => [...issue.path, ...path];
    return within.flatMap((each) => complain({ ...each, path: from(each.path) }, schema, root, prefix));
  }
  const at = pathOf([...prefix, ...issue.path]);
  const found = nearestLocated(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path, root);
    return issue.keys.map((key) => {
      const place = nearestLocated(root, [...issue.path, key]).at;
      return `unknown key "${key}" → at ${at}${didYouMean(key, known) || listed(known)}\n  ${place}`;
    });
  }
  // A rule of ours may speak of a key that was left out because its default breaks the rule.
  const missing = issue.code !== 'custom' && valueAt(plainValue(root), issue.path) === undefined;
  if (missing) {
    const key = String(issue.path.at(-1));
    const known = issue.code === 'invalid_union' ? discriminators(schema, issue.path, root) : [];
    const parent = pathOf([...prefix, ...issue.path.slice(0, -1)]);
    return [`missing key "${key}"${oneOf(known)} → at ${parent}\n  ${found.at}`];
  }
  return [`${expectation(issue, schema, root)} → at ${at}\n  ${found.at}`];
}

function expectation(issue: z.core.$ZodIssue, schema: z.ZodType, root: Located): string {
  const found = nearestLocated(root, issue.path);
  const got = describeValue(found);
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${named(issue.expected)}, got ${got}${issue.expected === 'string' ? quoting(found.written ?? got) : ''}`;
    case 'invalid_value':
      return `expected ${alternatives(issue.values.map(String))}, got ${got}${suggest(got, issue.values.map(String))}`;
    case 'invalid_union': {
      const known = discriminators(schema, issue.path, root);
      if (known.length > 0) return `expected ${alternatives(known)}, got ${got}${suggest(got, known)}`;
      const expected = [...new Set(issue.errors.flatMap((errors) => errors.map(shortExpectation)))];
      return `expected ${alternatives(expected, false)}, got ${got}`;
    }
    case 'too_small':
      return `expected ${sizeWord(issue)}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, got ${got}`;
    case 'too_big':
      return `expected ${sizeWord(issue)}${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}, got ${got}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default: {
      const { value } = nearestLocated(root, issue.path);
      return value instanceof Map ? issue.message : `${issue.message}, got ${got}`;
    }
  }
}

/** YAML takes names of digits for numbers, and loses the zeros that they begin with. */
const quoting = (got: string) => (/^[-\d.]/.test(got) ? ` (a number; a name of digits needs quotes: "${got}")` : '');

const sizeWord = ({ origin }: { origin: string }) => (origin === 'array' || origin === 'string' ? 'a length of ' : '');

function shortExpectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return named(issue.expected);
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  return issue.message;
}

const NAMES: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list',
  string: 'a text',
};
const named = (type: string) =>
  NAMES[type] ?? (type === 'int' ? 'a whole number' : type === 'null' ? 'null' : `a ${type}`);

const suggest = (got: string, known: string[]) =>
  got.startsWith('"') ? didYouMean(JSON.parse(got) as string, known) : '';
const alternatives = (values: string[], quoted = true) => values.map((v) => (quoted ? `"${v}"` : v)).join(' or ');
const oneOf = (values: string[]) => (values.length > 0 ? `: expected ${alternatives(values)}` : '');
const listed = (keys: string[]) => (keys.length > 0 ? ` (known: ${keys.join(', ')})` : '');
const pathOf = (path: readonly PropertyKey[]) => (path.length > 0 ? path.join('.') : 'the top level');

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** The parts of JSON Schema that zod's export uses for objects and unions. */
interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  const?: unknown;
  enum?: unknown[];
}

const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;

/** The schemas of the value at `path`, unions opened; on the way down only branches that fit the value's `type`. */
function schemasAt(schema: JsonSchema, path: readonly PropertyKey[], value: unknown): JsonSchema[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (branches.length > 0) {
    const followed = path.length > 0 ? branches.filter((branch) => fitsType(branch, value)) : branches;
    return followed.flatMap((branch) => schemasAt(branch, path, value));
  }
  if (path.length === 0) return [schema];
  const [key, ...rest] = path;
  const extra = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const child = typeof key === 'number' ? schema.items : (schema.properties?.[String(key)] ?? extra);
  return child ? schemasAt(child, rest, valueAt(value, [key])) : [];
}

function fitsType(branch: JsonSchema, value: unknown): boolean {
  const expected = branch.properties?.type?.const;
  return expected === undefined || expected === (value as { type?: unknown } | null | undefined)?.type;
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], root: Located): string[] {
  const value = plainValue(root);
  const fitting = schemasAt(jsonSchemaOf(schema), path, value).filter((found) => fitsType(found, valueAt(value, path)));
  return [...new Set(fitting.flatMap((found) => Object.keys(found.properties ?? {})))];
}

/** What a union's discriminating key, at the end of `path`, may be. */
function discriminators(schema: z.ZodType, path: readonly PropertyKey[], root: Located): string[] {
  const key = String(path.at(-1));
  const branches = schemasAt(jsonSchemaOf(schema), path.slice(0, -1), plainValue(root));
  return branches.flatMap(({ properties }) => {
    const choice = properties?.[key];
    return choice?.const !== undefined ? [String(choice.const)] : (choice?.enum ?? []).map(String);
  });
}
