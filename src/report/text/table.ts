/**
 * @file Tables of text: aligned columns for a terminal, or Markdown.
 *
 * Width is counted in terminal cells: a grapheme takes one, East Asian wide characters and emoji take two.
 */

export interface Column {
  readonly title: string;
  /** Default: left. */
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** `plain`: a rule of dashes under the titles, two spaces between columns. */
  readonly style?: 'plain' | 'markdown';
}

/** A table of rows with as many cells as there are columns; ends with a line end. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { style = 'plain' }: TableOptions = {},
): string {
  for (const row of rows) {
    if (row.length !== columns.length)
      throw new RangeError(`a row of ${row.length} cells in ${columns.length} columns`);
  }
  const markdown = style === 'markdown';
  const clean = (cell: string) => {
    const oneLine = cell.replace(/[\t\r\n]+/g, ' ');
    return markdown ? oneLine.replace(/([\\|])/g, '\\$1') : oneLine;
  };
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(clean));
  // Markdown's rule needs three dashes.
  const widths = columns.map((_, c) => Math.max(markdown ? 3 : 0, ...cells.map((row) => displayWidth(row[c]))));
  const pad = (cell: string, c: number) => {
    const space = ' '.repeat(widths[c] - displayWidth(cell));
    return columns[c].align === 'right' ? space + cell : cell + space;
  };
  const lines = cells.map((row) => row.map(pad));
  if (!markdown) {
    const rule = widths.map((width) => '-'.repeat(width)).join('  ');
    // Long reasons at the ends of rows wrap; a rule that did would look like several.
    const short = rule.slice(0, Math.max(WIDEST, rule.lastIndexOf(' ') + 1 + displayWidth(cells[0].at(-1)!)));
    return [lines[0], [short], ...lines.slice(1)].map((line) => `${line.join('  ').trimEnd()}\n`).join('');
  }
  const rule = columns.map(({ align }, c) =>
    align === 'right' ? `${'-'.repeat(widths[c] - 1)}:` : '-'.repeat(widths[c]),
  );
  return [lines[0], rule, ...lines.slice(1)].map((line) => `| ${line.join(' | ')} |\n`).join('');
}

/** Terminal cells that the widest line of a table takes. */
export const tableWidth = (table: string): number => Math.max(...table.split('\n').map(displayWidth));

/** Columns of a terminal that a table may take where it could be laid out otherwise. */
export const WIDEST = 100;

let graphemes: Intl.Segmenter | undefined;
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uFF01-\uFF60\u3000-\u303E]/u;

/** Terminal cells that a text takes. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text)).reduce((width, { segment }) => width + (wide.test(segment) ? 2 : 1), 0);
}
