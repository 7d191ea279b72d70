/**
 * @file What a system is laid over: the system that it extends, and the recipe's own sections.
 *
 * A system's `training`, `features`, `augmentation` and `average` are overrides of the recipe's sections of these
 * names; `extends: other` takes over everything of another system first. Setting a system to null takes it out.
 */
import { UserError } from '../../errors.js';
import { unknownName } from '../../configuration/closest-name.js';
import {
  describeValue,
  mergeLocated,
  nearestLocated,
  setLocated,
  type Located,
} from '../../configuration/located-yaml.js';

/** Sections that systems may lay something over. */
const LAYERED = ['training', 'features', 'augmentation', 'average'];
/** What a system may have of its own, as `--set` names it. */
const OWN = [...LAYERED, 'seeds'];

/** Applies a `--set`; one of what systems may have of their own reaches those that have it too: what is typed wins. */
export function setEverywhere(root: Located, assignment: string): Located {
  const section = /^\s*(\w+)[.=]/.exec(assignment)?.[1] ?? '';
  let tree = setLocated(root, assignment);
  if (!OWN.includes(section)) return tree;
  for (const [name, system] of systemsOf(root)) {
    const own = system.value instanceof Map ? system.value.get(section) : undefined;
    if (own && own.value !== null) tree = putSystem(tree, name, setLocated(system, assignment));
  }
  return tree;
}

/** Takes out systems that are null, and lays each one that extends another over that. */
export function extendSystems(root: Located): Located {
  const systems = new Map([...systemsOf(root)].filter(([, { value }]) => value !== null));
  if (systems.size === 0) return root;
  const extended = new Map<string, Located>();
  const extend = (name: string, seen: readonly string[]): Located => {
    const known = extended.get(name);
    if (known) return known;
    const system = systems.get(name)!;
    const base = system.value instanceof Map ? system.value.get('extends') : undefined;
    if (!base) return system;
    const { at, value: below } = base;
    const where = `→ at systems.${name}.extends`;
    if (typeof below !== 'string') {
      throw new UserError(`expected the name of a system, got ${describeValue(base)} ${where}\n  ${at}`);
    }
    if ([...seen, name].includes(below)) {
      throw new UserError(`system ${below} extends itself, through ${[...seen, name].join(', ')} ${where}\n  ${at}`);
    }
    if (!systems.has(below)) {
      const others = [...systems.keys()].filter((other) => other !== name);
      throw new UserError(`no system ${unknownName(below, others, `systems.${name}.extends`)}\n  ${at}`);
    }
    const own = new Map(system.value as Map<string, Located>);
    own.delete('extends');
    const result = mergeLocated(extend(below, [...seen, name]), { at: system.at, value: own });
    extended.set(name, result);
    return result;
  };
  return withSystems(root, new Map([...systems.keys()].map((name) => [name, extend(name, [])])));
}

/** Lays each system's sections over the recipe's; every system has a training then. */
export function layerSystems(root: Located): Located {
  const entries = root.value as Map<string, Located>;
  const layered = [...systemsOf(root)].map(([name, system]): [string, Located] => {
    if (!(system.value instanceof Map)) return [name, system];
    const result = new Map(system.value);
    for (const section of LAYERED) {
      const [own, common] = [system.value.get(section), entries.get(section)];
      // Only augmentation may be none.
      const laid = own && (own.value !== null || section === 'augmentation') ? mergeLocated(common, own) : undefined;
      if (laid) result.set(section, laid);
      else if (section === 'training' && common) result.set(section, common);
      else result.delete(section);
    }
    return [name, { at: system.at, value: result }];
  });
  return withSystems(root, new Map(layered));
}

/** The recipe's systems; empty where they are not a mapping, which is complained of later. */
export function systemsOf(root: Located): Map<string, Located> {
  const { value } = nearestLocated(root, ['systems']);
  return value instanceof Map && value !== root.value ? value : new Map<string, Located>();
}

/** The recipe with these systems in place of its own. */
export function withSystems(root: Located, systems: Map<string, Located>): Located {
  const entries = new Map(root.value as Map<string, Located>);
  const before = entries.get('systems');
  if (!(before?.value instanceof Map)) return root;
  return { at: root.at, value: entries.set('systems', { at: before.at, value: systems }) };
}

function putSystem(root: Located, name: string, system: Located): Located {
  return withSystems(root, new Map(systemsOf(root)).set(name, system));
}
