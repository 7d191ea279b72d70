/**
 * @file The pages of the documentation as tests read them: README.md and docs/*.md, their fenced blocks, their links.
 *
 * A block of commands is fenced with `sh`; words after it say what it needs, so that a reader of the source sees why a
 * block is not run here (Markdown shows only the first word as the language):
 *  - `needs-corpus`, `needs-gpu`, `needs-network`, `needs-screen`: not run, but parsed like all others;
 *  - `needs-minutes`: run with ACANET_DOCS=all (npm run test:docs);
 *  - `fails`: the last command ends with an error, whose lines are those of the `text` block that follows.
 * A `yaml` block with a file's name after it is that file, for the commands below it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith('.md'),
);

export interface Fence {
  /** From 1, of the line that opens the block. */
  line: number;
  language: string;
  marks: string[];
  text: string;
}

const FILE = /^[a-z-]+\.ya?ml$/;
const MARKS = ['needs-corpus', 'needs-gpu', 'needs-network', 'needs-screen', 'needs-minutes', 'fails'];

export function fencesOf(page: string): Fence[] {
  const fences: Fence[] = [];
  let open: Fence | undefined;
  for (const [index, line] of linesOf(page).entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open && fence) {
      fences.push(open);
      open = undefined;
    } else if (open) {
      open.text += `${line}\n`;
    } else if (fence) {
      const [language, ...marks] = fence[1].trim().split(/\s+/);
      const unknown = marks.find((mark) => !MARKS.includes(mark) && !FILE.test(mark));
      if (unknown)
        throw new Error(`${page}:${index + 1}: a block is marked "${unknown}", known are ${MARKS.join(', ')}`);
      open = { line: index + 1, language, marks, text: '' };
    }
  }
  if (open) throw new Error(`${page}:${open.line}: the block is not closed`);
  return fences;
}

/** The file that a block stands for. */
export const fileOf = ({ marks }: Fence) => marks.find((mark) => FILE.test(mark));

export function linesOf(page: string): string[] {
  return readFileSync(join(root, page), 'utf8').split('\n');
}

/** Text outside of fenced blocks and code spans. */
export function proseOf(page: string): string {
  let fenced = false;
  return linesOf(page)
    .map((line) => {
      const fence = line.trimStart().startsWith('```');
      if (fence) fenced = !fenced;
      return fence || fenced ? '' : line.replace(/`[^`]*`/g, '');
    })
    .join('\n');
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  return linesOf(page)
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    );
}

/**
 * The commands of a block in words, each with what a shell would have taken away: comments, quotes, redirections.
 * Pipes, `;` and `&&` end a command.
 */
export function commandsOf(text: string): string[][] {
  const commands: string[][] = [];
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    let words: string[] = [];
    for (const [, word, end] of line.matchAll(/((?:'[^']*'|"[^"]*"|[^\s'"|;&#]|(?<=\S)#)+)|(\||;|&&|#.*)/g)) {
      if (word !== undefined) words.push(word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
      else if (end.startsWith('#')) break;
      else {
        commands.push(words);
        words = [];
      }
    }
    commands.push(words);
  }
  return commands.filter((words) => words.length > 0).map(withoutRedirections);
}

function withoutRedirections(words: string[]): string[] {
  return words.filter((word, index) => !/^\d?>{1,2}/.test(word) && !/^\d?>{1,2}$/.test(words[index - 1] ?? ''));
}
