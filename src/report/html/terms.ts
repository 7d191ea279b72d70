/**
 * @file Explains the field's terms on the page: in each section the first mention of a term links to its meaning, which
 * a pointer or the keyboard shows at once; the last section lists all of them.
 */
import { escapeMarkup } from '../text/escape.js';
import { glossary, type GlossaryTerm } from '../text/glossary.js';

/** Elements whose texts are left as they are: drawings, names, links, code, and data that is folded away. */
const LEFT_ALONE = new Set(['svg', 'h2', 'h3', 'a', 'code', 'pre', 'caption', 'details', 'audio']);

const byForm = new Map(glossary.flatMap((term) => [term.term, ...(term.forms ?? [])].map((form) => [form, term])));
const forms = [...byForm.keys()].sort((a, b) => b.length - a.length);
const anyForm = new RegExp(`(?<![\\w-])(${forms.join('|')})(?![\\w-])`, 'g');

/** The markup of a section with its terms linked, each where it is first mentioned. */
export function linkTerms(markup: string): string {
  const seen = new Set<GlossaryTerm>();
  let left: string | undefined; // the outermost element that is being left alone
  let depth = 0;
  return markup.replace(/<(\/?)(\w+)[^>]*?(\/?)>|[^<]+/g, (piece, closing: string, element: string, empty: string) => {
    if (element === undefined) return left === undefined ? linkIn(piece, seen) : piece;
    if (left === undefined && LEFT_ALONE.has(element)) [left, depth] = [element, 0];
    if (element === left && empty === '') depth += closing === '' ? 1 : -1;
    if (depth === 0) left = undefined;
    return piece;
  });
}

const linkIn = (text: string, seen: Set<GlossaryTerm>) =>
  text.replace(anyForm, (form) => {
    const term = byForm.get(form)!;
    if (seen.has(term)) return form;
    seen.add(term);
    return `<a class="term" href="#${anchorOf(term)}" title="${escapeMarkup(term.meaning)}">${form}</a>`;
  });

const anchorOf = ({ term }: GlossaryTerm) => `term-${term.toLowerCase().replace(/\W+/g, '-')}`;

/** All terms with their meanings. */
export const glossaryMarkup = (): string =>
  `<dl class="terms">${glossary
    .map((term) => `<dt id="${anchorOf(term)}">${escapeMarkup(term.term)}</dt><dd>${escapeMarkup(term.meaning)}</dd>`)
    .join('\n')}</dl>`;
