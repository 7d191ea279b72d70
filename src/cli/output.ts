/** @file stdout is data, stderr is talk. */
import { SingleBar } from 'cli-progress';

/**
 * Text that cannot command a terminal: ids and paths come from elsewhere, and may hold control characters or those that turn
 * the direction of writing. These are shown as JSON writes them (`\\u001b`); line ends and tabs stay.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const asLine = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);

/** Prints data: to a file or another program just as it is. */
export function print(text: string): void {
  process.stdout.write(asLine(process.stdout.isTTY ? withoutControls(text) : text));
}

/** Says something on stderr: messages, log lines. */
export function say(text: string): void {
  process.stderr.write(asLine(withoutControls(text)));
}

/** Prints data as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
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
        const format = '  {what} [{bar}] {value}/{total}{detail}, {eta_formatted} left';
        const formatTime = formatTimeLeft;
        const looks = { format, formatTime, clearOnComplete: true, hideCursor: null, linewrap: blocking };
        bar = new SingleBar({ ...looks, ...(blocking && { barsize: 20 }), stream: process.stderr });
        bar.start(total, done, { what, detail: detail && `, ${detail}` });
        if (done >= total) stop();
        return;
      }
      bar.setTotal(total);
      bar.update(done, { what, detail: detail && `, ${detail}` });
      if (done >= total) stop();
    },
    stop,
  };
}
