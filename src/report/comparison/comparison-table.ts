/**
 * @file A comparison as text, for the terminal or for Markdown: first what was found, then the figures, what to know of
 * them, and last how they came about.
 */
import { foldTable } from './fold-table.js';
import { comparisonDetails } from './comparison-details.js';
import type { Comparison } from './comparison.js';
import { robustnessTable } from './robustness-table.js';
import { slicesTable } from './slice-table.js';
import { seedTable } from './seed-table.js';
import { furtherTable, mainTable } from './system-table.js';
import { type TableOptions, WIDEST } from '../text/table.js';
import { wrap } from '../text/wrap.js';
import type { Verdict } from './verdict.js';

/** What `acanet compare` prints. */
export function formatComparison(comparison: Comparison, { style = 'plain' }: TableOptions = {}): string {
  const markdown = style === 'markdown';
  const { partial, verdicts, notes, robustness, systems } = comparison;
  return [
    ...(partial === undefined ? [] : [markdown ? `**${partial}**\n` : `! ${partial}\n`]),
    ...verdicts.map(markdown ? verdictMarkdown : verdictLines),
    mainTable(comparison, style),
    furtherTable(comparison, style),
    ...(comparison.folds ? [foldTable(comparison, style)] : []),
    ...(systems.some(({ runs }) => runs.length > 1) ? [seedTable(comparison, style)] : []),
    ...(comparison.slices ? [slicesTable(comparison.slices, comparison, { style })] : []),
    ...(robustness ? [robustnessTable(robustness, comparison, { style })] : []),
    ...(notes.length > 0 ? [markdown ? bullets(notes) : `Notes\n${listed(notes)}`] : []),
    folded(comparisonDetails(comparison), markdown),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function verdictLines({ headline, sentence, limits, claim }: Verdict): string {
  const below = [[sentence, ...limits].join(' '), ...(claim ? [claim.sentence] : [])];
  return wrap(headline, { width: WIDEST }) + below.map((text) => wrap(text, { first: '  ' })).join('');
}

const verdictMarkdown = ({ headline, sentence, limits, claim }: Verdict): string =>
  [`**${headline}.** ${[sentence, ...limits].join(' ')}\n`, ...(claim ? [`${claim.sentence}\n`] : [])].join('\n');

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');
const listed = (lines: readonly string[]): string => lines.map((line) => wrap(line, { first: '- ' })).join('');

function folded(details: readonly string[], markdown: boolean): string {
  if (!markdown) return `Details\n${listed(details)}`;
  return `<details><summary>Details</summary>\n\n${bullets(details)}\n</details>\n`;
}
