/** @file What is not the same in two sets of options, in lines for a person: `training.batchSize: 32 → 16`. */

const MOST_NAMED = 5;

export const firstOf = (reasons: readonly string[]): string[] =>
  reasons.length > MOST_NAMED
    ? [...reasons.slice(0, MOST_NAMED), `… and ${reasons.length - MOST_NAMED} more`]
    : [...reasons];

/** `training.batchSize: 32 → 16` for each leaf that differs, as many as are worth reading. */
export function describeChanges(before: unknown, now: unknown): string[] {
  const [old, current] = [flatten(before), flatten(now)];
  const changed = [...new Set([...old.keys(), ...current.keys()])].filter((key) => old.get(key) !== current.get(key));
  const show = (value = 'not set') => (value.length > 40 ? `${value.slice(0, 40)}…` : value);
  const lines = changed.map((key) => `${key}: ${show(old.get(key))} → ${show(current.get(key))}`);
  return firstOf(lines);
}

function flatten(value: unknown, path = '', leaves = new Map<string, string>()): Map<string, string> {
  const list = Array.isArray(value) && value.every((child) => typeof child !== 'object');
  const children = value !== null && typeof value === 'object' && !list ? Object.entries(value) : [];
  if (children.length > 0) {
    for (const [key, child] of children) flatten(child, path ? `${path}.${key}` : key, leaves);
  } else if (value !== undefined) {
    leaves.set(path, JSON.stringify(value));
  }
  return leaves;
}
