/** @file stdout is data, stderr is talk. */
import { SingleBar } from 'cli-progress';

/**
 * Text that cannot command a terminal: ids and paths come from elsewhere, and may hold control characters or those that
 * turn the direction of writing. These are shown as JSON writes them (`\\u001b`); line ends and tabs stay.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The widest line on a terminal, however wide that is. */
const WIDEST = 99;

const widthOf = ({ columns }: NodeJS.WriteStream) => Math.min(columns || 80, WIDEST);

/**
 * Breaks lines at spaces; what is broken off is indented by two more. Rows of tables stay whole, and so does a command
 * at the end of a line (`make it with: acanet …`), which is there to be copied.
 * @param width columns
 */
export function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (line.length <= width || /\S {3,}\S|[│┌├└]|^[ -]+$/.test(line) ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const [, indent, rest] = /^( *)(.*)$/s.exec(line)!;
  const [, before, command] = /^(.*:) (acanet .*)$/.exec(rest) ?? [undefined, rest];
  // Each word with the spaces before it: fields of the training log stand two apart.
  const words = [...(before.match(/ *\S+/g) ?? []), ...(command === undefined ? [] : [` ${command}`])];
  const lines = [indent];
  for (const word of words) {
    const current = lines.at(-1)!;
    if (current.trim() === '') lines[lines.length - 1] = current + word.trimStart();
    else if (current.length + word.length <= width) lines[lines.length - 1] = current + word;
    else lines.push(`${indent}  ${word.trimStart()}`);
  }
  return lines.join('\n');
}

const asLine = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);

/** Prints data: to a file or another program just as it is. */
export function print(text: string): void {
  const { stdout } = process;
  stdout.write(asLine(stdout.isTTY ? wrapLines(withoutControls(text), widthOf(stdout)) : text));
}

/** Says something on stderr: messages, log lines. */
export function say(text: string): void {
  const shown = withoutControls(text);
  process.stderr.write(asLine(process.stderr.isTTY ? wrapLines(shown, widthOf(process.stderr)) : shown));
}

/** Prints data as JSON, whose lines are never broken. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  process.stdout.write(asLine(process.stdout.isTTY ? withoutControls(text) : text));
}

/** What a command says while it works. */
export interface Talk {
  log(line: string): void;
  /** Shows how far the work is: a bar on a terminal, a line now and then elsewhere; `detail` is shown with it. */
  progress(what: string, done: number, total: number, detail?: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** `12s`, `3m05s`, `1h02m`; `?` for the texts ('0', 'INF', 'NULL') that the bar has before it knows. */
export function formatTimeLeft(seconds: unknown): string {
  if (typeof seconds !== 'number') return '?';
  const [unit, above, below] = seconds < 3600 ? [60, 'm', 's'] : [3600, 'h', 'm'];
  if (seconds < 60) return `${Math.round(seconds)}s`;
  const rest = Math.floor((seconds % unit) / (unit / 60));
  return `${Math.floor(seconds / unit)}${above}${String(rest).padStart(2, '0')}${below}`;
}

/** What a bar shows. */
export interface BarState {
  what: string;
  done: number;
  total: number;
  /** As `formatTimeLeft` says it. */
  left: string;
  detail: string;
}

/** A progress bar that fits into so many columns: where room is short the bar shrinks first, then the detail goes. */
export function barLine({ what, done, total, left, detail }: BarState, columns: number): string {
  const figures = `${done}/${total}, ${left} left`;
  const room = (shown: string) => columns - 1 - `  ${what} [] ${shown}`.length;
  const full = detail ? `${figures}, ${detail}` : figures;
  const shown = room(full) >= 10 ? full : figures;
  const size = Math.max(0, Math.min(40, room(shown)));
  const filled = total > 0 ? Math.round((size * Math.min(done, total)) / total) : size;
  return `  ${what} [${'='.repeat(filled)}${'-'.repeat(size - filled)}] ${shown}`;
}

/** How long plain output may stay silent while work goes on. */
const LINE_EVERY_MS = 30_000;

/**
 * Talk on stderr.
 * @param options.blocking the work leaves no time for signals, so Ctrl-C ends the process at once, and the bar must not
 * have switched the terminal's line wrapping off
 */
export function createTalk({ blocking = false }: { blocking?: boolean } = {}): Talk {
  const terminal = process.stderr.isTTY;
  let bar: SingleBar | undefined;
  let lastLine = performance.now();
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    log: (line) => {
      stop();
      lastLine = performance.now();
      say(line);
    },
    progress: (about, done, total, more = '') => {
      const [what, detail] = [about, more].map(withoutControls);
      if (!terminal) {
        const now = performance.now();
        if (now - lastLine < LINE_EVERY_MS) return;
        lastLine = now;
        say(`  ${what}: ${done} of ${total}${detail && `, ${detail}`}`);
        return;
      }
      if (!bar) {
        bar = new SingleBar({
          format: (_, { value, total: all, eta }, shown: { what: string; detail: string }) =>
            barLine({ ...shown, done: value, total: all, left: formatTimeLeft(eta) }, widthOf(process.stderr)),
          clearOnComplete: true,
          hideCursor: null,
          linewrap: blocking,
          stream: process.stderr,
        });
        bar.start(total, done, { what, detail });
        if (done >= total) stop();
        return;
      }
      bar.setTotal(total);
      bar.update(done, { what, detail });
      if (done >= total) stop();
    },
    stop,
  };
}
