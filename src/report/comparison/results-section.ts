/**
 * @file A comparison as a section of a file of results (`RESULTS.md`), between two comments:
 *
 *     <!-- acanet: NAME -->
 *     ...
 *     <!-- /acanet -->
 *
 * What stands between them is written anew each time; everything else in the file is left as it is.
 */
import { UserError } from '../../errors.js';
import type { Comparison } from './comparison.js';
import { formatComparison } from './comparison-table.js';

/** Where the figures come from. */
export interface ResultsOrigin {
  readonly title: string;
  /** The whole command line, without paths of a machine. */
  readonly command: string;
  /** Where the comparison was made. */
  readonly machine: string;
  /** By name: acanet, node, onnxruntime-node … */
  readonly versions: Readonly<Record<string, string>>;
  readonly commit?: { readonly commit: string; readonly dirty: boolean };
}

/** The section without its markers. */
export function resultsSection(comparison: Comparison, origin: ResultsOrigin): string {
  const { title, command, machine, versions, commit } = origin;
  const { acanet, ...others } = versions;
  const at = commit ? ` at commit ${commit.commit.slice(0, 7)}${commit.dirty ? ' with uncommitted changes' : ''}` : '';
  const software = [`acanet ${acanet}${at}`, ...Object.entries(others).map(([name, version]) => `${name} ${version}`)];
  const sentences = [`Machine: ${machine}.`, `${software.join(', ')}.`, ...describeTraining(comparison, machine)];
  return [
    `## ${title}\n`,
    `    ${command}\n`,
    `${sentences.join(' ')}\n`,
    formatComparison(comparison, { style: 'markdown' }),
  ].join('\n');
}

/** When the systems were trained, and where if that was elsewhere. */
function describeTraining({ systems }: Comparison, machine: string): string[] {
  const trainings = systems.flatMap(({ runs }) => runs.flatMap(({ training }) => training ?? []));
  if (trainings.length === 0) return [];
  const days = trainings.map(({ finished }) => finished.slice(0, 10)).sort();
  const [first, last] = [days[0], days.at(-1)];
  const elsewhere = new Set(trainings.flatMap((training) => training.machine ?? []).filter((each) => each !== machine));
  const where = elsewhere.size > 0 ? `, on ${[...elsewhere].join(' and ')} too` : '';
  return [`Trained ${first === last ? `on ${first}` : `from ${first} to ${last}`}${where}.`];
}

const START = /^<!-- acanet: (.*?) -->$/;
const END = '<!-- /acanet -->';

/**
 * Puts a section in the place of the one of the same name, else at the end.
 * @param where the file, for messages
 * @throws UserError naming the line where markers do not pair
 */
export function replaceSection(
  text: string,
  { name, section, where }: { name: string; section: string; where: string },
): string {
  const lines = text.split('\n');
  const places: { name: string; from: number; to: number }[] = [];
  let open: { name: string; from: number } | undefined;
  lines.forEach((line, i) => {
    const started = START.exec(line.trim())?.[1];
    const problem = (what: string) => new UserError(`${where}:${i + 1}: ${what}`);
    if (started !== undefined) {
      if (open) throw problem(`expected ${END} for line ${open.from + 1} before another section begins`);
      if (places.some((place) => place.name === started)) throw problem(`a second section "${started}"`);
      open = { name: started, from: i };
    } else if (line.trim() === END) {
      if (!open) throw problem(`${END} without a beginning, <!-- acanet: NAME -->`);
      places.push({ ...open, to: i });
      open = undefined;
    }
  });
  if (open) throw new UserError(`${where}:${open.from + 1}: expected ${END} after this line, got the end of the file`);
  const written = [`<!-- acanet: ${name} -->`, section.trimEnd(), END];
  const place = places.find((each) => each.name === name);
  if (place) return [...lines.slice(0, place.from), ...written, ...lines.slice(place.to + 1)].join('\n');
  const before = text.trimEnd();
  return `${before === '' ? '' : `${before}\n\n`}${written.join('\n')}\n`;
}
