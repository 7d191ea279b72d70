/** @file Pieces of the page: sections, tables, lists, figures with their data. */
import { forPage } from '../figures/chart.js';
import type { Cell, DataTable, Figure, NoFigure } from '../figures/figure.js';
import { escapeMarkup } from '../text/escape.js';
import { linkTerms } from './terms.js';

interface TableMarkup extends DataTable {
  /** Says what the table is, for those who hear it. */
  readonly caption: string;
  /** Rows to set off, by index. */
  readonly marked?: readonly number[];
}

/** A table whose first column names its rows; columns of figures are set to the right. */
export function tableMarkup({ caption, columns, rows, marked = [] }: TableMarkup): string {
  const figures = columns.map((_, c) => rows.every((row) => isFigure(row[c])));
  const cell = (value: Cell, c: number) => {
    const content = value === null ? '' : escapeMarkup(String(value));
    const kind = figures[c] ? ' class="figures"' : '';
    return c === 0 ? `<th scope="row"${kind}>${content}</th>` : `<td${kind}>${content}</td>`;
  };
  const head = columns
    .map((title, c) => `<th scope="col"${figures[c] ? ' class="figures"' : ''}>${escapeMarkup(title)}</th>`)
    .join('');
  const body = rows
    .map((row, r) => `<tr${marked.includes(r) ? ' class="marked"' : ''}>${row.map(cell).join('')}</tr>`)
    .join('\n');
  return (
    `<div class="scroll" role="group" aria-label="${escapeMarkup(caption)}"><table><caption class="heard">${escapeMarkup(caption)}</caption>` +
    `<thead><tr>${head}</tr></thead>\n<tbody>${body}</tbody></table></div>`
  );
}

const isFigure = (value: Cell) =>
  value === null || typeof value === 'number' || /^(-|[-+−]?[\d(][\d.,\s%()a-zA-Z+−-]*)$/.test(value);

/** A figure with its caption, its data behind a fold, and links to its files beside the page; or why there is none. */
export function figureMarkup(figure: Figure | NoFigure, { png }: { png: boolean }): string {
  if ('why' in figure) return `<p class="absent">${escapeMarkup(figure.why)}</p>`;
  const { id, title, caption, description, svg, shown, partial, notes } = figure;
  const files = ['svg', ...(png ? ['png'] : []), 'csv'];
  const links = files.map(
    (type) =>
      `<a href="figures/${id}.${type}" aria-label="${escapeMarkup(title)} as ${type.toUpperCase()}">${type.toUpperCase()}</a>`,
  );
  const below = (partial === undefined ? '' : partialMarkup(partial)) + (notes ? notesMarkup(notes) : '');
  return `<figure id="figure-${id}">
<div class="scroll" role="img" aria-label="${escapeMarkup(`${title}. ${description}.`)}">${forPage(svg)}</div>
<figcaption>${escapeMarkup(caption)}</figcaption>
<details><summary>Data of this figure</summary>
${tableMarkup({ ...shown, caption: `${title}: data` })}
<p class="files">The whole figure, in the folder <code>figures</code> beside this page: ${links.join(' · ')}</p></details>
</figure>${below && `\n${below}`}`;
}

/** What of the whole is not shown. */
export const partialMarkup = (partial: string): string => `<p class="partial">${escapeMarkup(partial)}</p>`;

export const notesMarkup = (lines: readonly string[]): string =>
  `<ul class="notes">${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;

/** A part of the page that its head links to. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly markup: string;
}

export const pageSection = (id: string, title: string, content: string): PageSection => ({
  id,
  title,
  markup: `<section id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${escapeMarkup(title)}</h2>\n${linkTerms(content)}\n</section>`,
});
