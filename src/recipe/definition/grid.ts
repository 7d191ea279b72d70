/**
 * @file A recipe's `grid`: variants of one system, one change at a time or all combinations of them.
 *
 *     grid:
 *       system: aca-small
 *       axes:
 *         latents: { model.latents: [32, 64, 128] } # one setting, its values
 *         size: # or several settings at once, under names of one's own
 *           small: { model.latents: 32, model.embed: 64 }
 *           large: { model.latents: 128, training.batchSize: 16 }
 *
 * Each value becomes a system `aca-small+latents=32`, with `combine: true` each combination one
 * (`aca-small+latents=32+size=small`). A variant that is the same as the system itself, or as another one, is that
 * system: it is trained once and shown wherever it belongs. An axis that is set to null is left out.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { stableJson } from '../../storage/hashing.js';
import { unknownName } from '../../configuration/closest-name.js';
import {
  describeValue,
  nearestLocated,
  plainValue,
  putLocated,
  type Located,
} from '../../configuration/located-yaml.js';
import { checkLocated } from '../../configuration/schema-errors.js';
import { systemsOf, withSystems } from './system-layers.js';

const axisName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a name of letters, digits, ".", "_", "-"');

/** The recipe's `grid` section. */
const gridOptions = z.strictObject({
  /** The system that is varied. */
  system: z.string(),
  /** false: one change at a time. true: every value of an axis with every value of the others. */
  combine: z.boolean().default(false),
  axes: z.record(axisName, z.record(z.string(), z.unknown())),
});

export interface GridVariant {
  /** The value as a reader knows it: `64`, `attentive`, or the name that it was given. */
  label: string;
  /** The system of the recipe that it is. */
  system: string;
}

export interface GridAxis {
  name: string;
  /** The system itself is one of them. */
  variants: GridVariant[];
}

/** Whether a recipe's systems are to be chosen from, rather than compared at the end. */
export const choosesByDevelopment = ({ grid, evaluate }: { grid?: Grid; evaluate: 'test' | 'development' }): boolean =>
  grid !== undefined || evaluate === 'development';

/** The system that all others are held against when one is chosen. */
export const variedSystem = ({ grid, baseline }: { grid?: Grid; baseline: string }): string => grid?.system ?? baseline;

/** A grid with everything filled in. */
export interface Grid {
  system: string;
  combine: boolean;
  /** Axis → label → what is set: all axes in the second of their forms. */
  axes: Record<string, Record<string, Record<string, unknown>>>;
  /** What is shown together; with `combine` one axis of all combinations. */
  shown: GridAxis[];
}

/** What a grid varies, for tables and pictures; undefined for a recipe without one. */
export function gridOf({ grid }: { grid?: Grid }): { base: string; axes: GridAxis[] } | undefined {
  return grid && { base: grid.system, axes: grid.shown };
}

interface AxisValue {
  label: string;
  at: string;
  settings: Map<string, Located>;
}

interface Variant {
  axis: string;
  label: string;
  name: string;
}

/** A grid that has become systems, of which some may turn out to be the same. */
export interface ExpandedGrid extends Omit<Grid, 'shown'> {
  variants: Variant[];
}

/** Adds the systems of a recipe's grid to it. @throws UserError naming the line of an axis that cannot be understood */
export function expandGrid(root: Located): { tree: Located; grid?: ExpandedGrid } {
  const section = (root.value as Map<string, Located>).get('grid');
  if (!section || section.value === null) return { tree: root };
  const given = withoutNullAxes(section);
  const { system, combine } = checkLocated(gridOptions, given, ['grid']);
  const systems = systemsOf(root);
  const base = systems.get(system);
  if (!base) {
    const { at } = nearestLocated(given, ['system']);
    const known = [...systems.keys()];
    throw new UserError(`no system ${unknownName(system, known, 'grid.system')}\n  ${at}`);
  }
  const axes = [...(nearestLocated(given, ['axes']).value as Map<string, Located>)].map(
    ([name, axis]) => [name, valuesOf(name, axis)] as const,
  );
  const changes = combine ? combinations(axes) : axes.flatMap(([axis, values]) => values.map((value) => [{ axis, value }])); // prettier-ignore
  const variants: Variant[] = [];
  const expanded = new Map(systems);
  for (const change of changes) {
    const name = [system, ...change.map(({ axis, value }) => `${axis}=${folderName(value.label)}`)].join('+');
    const { at } = change[0].value;
    if (expanded.has(name)) {
      throw new UserError(
        `two systems would be named "${name}": give the values of this axis names of their own, as in { a: { key: value } }\n  ${at}`,
      );
    }
    const changed = change
      .flatMap(({ value }) => [...value.settings])
      .reduce((tree, [path, value]) => putLocated(tree, path.split('.'), value), base);
    expanded.set(name, { ...changed, at });
    const axis = combine ? axes.map(([each]) => each).join(' × ') : change[0].axis;
    variants.push({ axis, label: change.map(({ value }) => value.label).join(', '), name });
  }
  return {
    tree: withSystems(root, expanded),
    grid: {
      system,
      combine,
      axes: Object.fromEntries(axes.map(([name, values]) => [name, settingsByLabel(values)])),
      variants,
    },
  };
}

/**
 * Finds the variants that are the same as others, takes those out of the systems, and says what is shown together.
 * @param recipe with everything filled in, its systems the written ones first, then the variants
 */
export function settleGrid<System extends object>(
  { variants, ...grid }: ExpandedGrid,
  recipe: { systems: Record<string, System> },
): { systems: Record<string, System>; grid: Grid } {
  const { systems } = recipe;
  const names = new Map(variants.map(({ name }) => [name, name]));
  const byContent = new Map<string, string>();
  const content = (name: string) => stableJson(systems[name]);
  const written = Object.keys(systems).filter((name) => !names.has(name));
  // The system itself before any other that happens to be the same.
  for (const name of [grid.system, ...written]) if (!byContent.has(content(name))) byContent.set(content(name), name);
  for (const { name } of variants) {
    const same = byContent.get(content(name));
    if (same === undefined) byContent.set(content(name), name);
    else names.set(name, same);
  }
  const shown = [...new Set(variants.map(({ axis }) => axis))].map((axis): GridAxis => {
    const own = variants
      .filter((variant) => variant.axis === axis)
      .map(({ label, name }): GridVariant => ({ label, system: names.get(name)! }));
    const hasBase = own.some(({ system }) => system === grid.system);
    const base = { label: grid.combine ? AS_IT_IS : baseLabel(grid, axis, recipe), system: grid.system };
    return { name: axis, variants: hasBase ? own : [base, ...own] };
  });
  const kept = Object.entries(systems).filter(([name]) => (names.get(name) ?? name) === name);
  return { systems: Object.fromEntries(kept), grid: { ...grid, shown } };
}

/** A recipe's grid as it may be written in a recipe. */
export const writtenGrid = ({ shown: _, ...grid }: Grid): Omit<Grid, 'shown'> => grid;

/** Whether a system is a grid's; no written one has such a name. */
export const isVariantName = (name: string): boolean => name.includes('+');

function withoutNullAxes(section: Located): Located {
  const axes = section.value instanceof Map ? section.value.get('axes') : undefined;
  if (!(axes?.value instanceof Map)) return section;
  const kept = new Map([...axes.value].filter(([, axis]) => axis.value !== null));
  return {
    at: section.at,
    value: new Map(section.value as Map<string, Located>).set('axes', { at: axes.at, value: kept }),
  };
}

/** The values of an axis, from either of its forms. */
function valuesOf(name: string, axis: Located): AxisValue[] {
  const entries = [...(axis.value as Map<string, Located>)];
  if (entries.length === 0 || entries.some(([, { value }]) => Array.isArray(value) && value.length === 0)) {
    throw new UserError(`the axis has no values; null takes it out → at grid.axes.${name}\n  ${axis.at}`);
  }
  const lists = entries.filter(([, { value }]) => Array.isArray(value));
  if (lists.length === 0) {
    return entries.map(([label, value]) => ({ label, at: value.at, settings: settingsOf(value, ['grid', 'axes', name, label]) })); // prettier-ignore
  }
  const [[path, list]] = lists;
  if (entries.length > 1) {
    throw new UserError(
      `expected one setting with a list of its values, or names with what each sets → at grid.axes.${name}\n  ${axis.at}`,
    );
  }
  return (list.value as Located[]).map((value) => ({
    label: labelOf(plainValue(value)),
    at: value.at,
    settings: new Map([[path, value]]),
  }));
}

/** `{ model.latents: 32, training: { epochs: 4 } }` → settings by their paths. */
function settingsOf(node: Located, path: string[]): Map<string, Located> {
  if (node.value instanceof Map) return node.value;
  throw new UserError(
    `expected what "${path.at(-1)}" sets, such as { model.latents: 32 }, or a list of values, got ${describeValue(node)} → at ${path.join('.')}\n  ${node.at}`,
  );
}

const settingsByLabel = (values: readonly AxisValue[]) =>
  Object.fromEntries(
    values.map(({ label, settings }) => [
      label,
      Object.fromEntries(Array.from(settings, ([path, value]) => [path, plainValue(value)])),
    ]),
  );

const AS_IT_IS = 'as it is';

/** What the system itself has where an axis of one setting varies it. */
function baseLabel(
  { system, axes }: ExpandedGrid | Omit<Grid, 'shown'>,
  axis: string,
  recipe: { systems: Record<string, object> },
): string {
  const paths = [...new Set(Object.values(axes[axis]).flatMap((settings) => Object.keys(settings)))];
  // A section as a whole is too much for a label.
  const values = Object.values(axes[axis]).flatMap((settings) => Object.values(settings));
  if (paths.length !== 1 || values.some((value) => typeof value === 'object' && value !== null)) return AS_IT_IS;
  const valueIn = (tree: object) =>
    paths[0].split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | null | undefined)?.[key], tree); // prettier-ignore
  const value = valueIn(recipe.systems[system]) ?? valueIn(recipe);
  return value === undefined ? AS_IT_IS : labelOf(value);
}

/** A value as a label: what YAML would show, short. */
function labelOf(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map(labelOf).join('-');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, child]) => `${key} ${labelOf(child)}`)
    .join(' ');
}

/** A label as a part of a folder's name. */
const folderName = (label: string) => label.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || '-';

function combinations(
  axes: readonly (readonly [string, readonly AxisValue[]])[],
): { axis: string; value: AxisValue }[][] {
  return axes.reduce<{ axis: string; value: AxisValue }[][]>(
    (combined, [axis, values]) => combined.flatMap((rest) => values.map((value) => [...rest, { axis, value }])),
    [[]],
  );
}
