/** @file Paragraphs broken into lines that a terminal shows whole. */
import { displayWidth } from './table.js';

/** So that a terminal of the usual 80 columns need not break lines again. */
const PROSE_WIDTH = 79;

/**
 * Lines of at most `width` terminal cells, broken at spaces; a longer word has a line of its own.
 * @param first what the first line begins with; the others are indented as far
 */
export function wrap(
  text: string,
  { first = '', width = PROSE_WIDTH }: { first?: string; width?: number } = {},
): string {
  const indent = ' '.repeat(displayWidth(first));
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].map((each) => `${each}\n`).join('');
}
