/**
 * @file Trial lists whose labels may be missing, as those of evaluations are handed out:
 *
 *     two fields a line    `enroll test`, often two paths (VoxSRC)
 *     a table              columns named by a first line, `modelid segmentid side` (NIST SRE), by tabs, spaces or commas
 *
 * Lists with labels are those of `trial-formats.ts`.
 */
import { UserError } from '../../errors.js';
import { readTextLines, type TextLine } from '../../storage/text-lines.js';
import { columnNames, foldName, labelOf, parseTrials, splitQuoted, type ParseReport } from './trial-formats.js';

/** Pairs in the order of the list. */
export interface TrialPairs extends ParseReport {
  readonly path: string;
  readonly pairs: { readonly enroll: string; readonly test: string }[];
  /** 1 for target trials; absent where the list has no labels. [trials] */
  readonly labels?: Uint8Array;
}

/** @throws UserError with file:line for what cannot be understood, contradicts itself, or holds nothing */
export function readTrialPairs(path: string): TrialPairs {
  const where = path === '-' ? 'standard input' : path;
  const lines = readTextLines(path, { what: 'the trial list' })[Symbol.iterator]();
  const before: TextLine[] = [];
  let first: TextLine | undefined;
  for (let next = lines.next(); !next.done && !first; next = first ? next : lines.next()) {
    before.push(next.value);
    if (next.value.text.trim() !== '') first = next.value;
  }
  if (!first) throw new UserError(`${where}: expected trials (enroll test, with or without labels), got an empty file`);
  const layout = unlabelledLayout(first.text.trim());
  const all = chained(before, lines);
  const list = layout ? readUnlabelled(all, layout, where) : readLabelled(all, where);
  if (list.pairs.length === 0) throw new UserError(`${where}: expected trials after the first line, got none`);
  return { path: where, ...list };
}

/** Which field is which, and how fields are told apart. */
interface PairLayout {
  readonly names: string;
  readonly columns: number;
  readonly enroll: number;
  readonly test: number;
  readonly ignored: string[];
  /** The first line names the columns. */
  readonly header: boolean;
  readonly split: (text: string) => string[];
}

/** The layout of a list without labels, by its first line; undefined for one with labels. */
function unlabelledLayout(first: string): PairLayout | undefined {
  const separator = ['\t', ',', ';'].find((each) => first.includes(each));
  const split = (text: string) =>
    separator === undefined ? text.trim().split(/\s+/) : splitQuoted(text, separator).map((field) => field.trim());
  const names = split(first);
  const at = (kind: keyof typeof columnNames) =>
    names.flatMap((name, column) => (columnNames[kind].test(foldName(name)) ? [column] : []));
  const [enroll, test, labels] = [at('enroll'), at('test'), at('label')];
  if (enroll.length === 1 && test.length === 1 && labels.length === 0) {
    const ignored = names.filter((_, column) => column !== enroll[0] && column !== test[0]);
    const common = { names: names.join(' '), columns: names.length, ignored, header: true, split };
    return { ...common, enroll: enroll[0], test: test[0] };
  }
  if (names.length !== 2) return undefined;
  return { names: 'enroll test', columns: 2, enroll: 0, test: 1, ignored: [], header: false, split };
}

function readUnlabelled(lines: Iterable<TextLine>, layout: PairLayout, where: string): Omit<TrialPairs, 'path'> {
  const { columns, enroll, test, ignored, split, names } = layout;
  const pairs: TrialPairs['pairs'] = [];
  let { header } = layout;
  for (const { text, number } of lines) {
    if (text.trim() === '') continue;
    if (header) {
      header = false;
      continue;
    }
    const fields = split(text);
    const wrong = fields.length !== columns ? fields.length : fields.includes('') ? 'an empty one' : undefined;
    if (wrong !== undefined) {
      throw new UserError(`${where}:${number}: expected ${columns} fields (${names}), got ${wrong}: ${shown(text)}`);
    }
    const spaced = [fields[enroll], fields[test]].find((id) => /\s/.test(id));
    if (spaced !== undefined) {
      throw new UserError(`${where}:${number}: expected ids without white space, got ${shown(spaced)}`);
    }
    pairs.push({ enroll: fields[enroll], test: fields[test] });
  }
  return { pairs, form: names, ignored };
}

function readLabelled(lines: Iterable<TextLine>, where: string): Omit<TrialPairs, 'path'> {
  const pairs: TrialPairs['pairs'] = [];
  const labels: number[] = [];
  const lineOf = new Map<string, { target: boolean; line: number }>();
  const parsed = parseTrials(lines, where);
  for (let next = parsed.next(); ; next = parsed.next()) {
    if (next.done) return { pairs, labels: Uint8Array.from(labels), ...next.value };
    const { enroll, test, target, line } = next.value;
    const pair = `${enroll} ${test}`;
    const earlier = lineOf.get(pair);
    if (earlier && earlier.target !== target) {
      throw new UserError(
        `${where}:${line}: ${pair} is ${labelOf(target)} here and ${labelOf(earlier.target)} on line ${earlier.line}`,
      );
    }
    lineOf.set(pair, earlier ?? { target, line });
    pairs.push({ enroll, test });
    labels.push(Number(target));
  }
}

function* chained(before: readonly TextLine[], rest: Iterator<TextLine>): Generator<TextLine> {
  yield* before;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/** The text, or its beginning. */
const shown = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text.trim());
