/**
 * @file SIGINT and SIGTERM: the first asks the work to stop at the next safe point (training writes a checkpoint), the
 * second ends the process, after the utterances that threads are embedding.
 */
import { say } from './output.js';

export interface Interruption {
  signal: 'SIGINT' | 'SIGTERM';
  /** 128 + the signal's number, as shells do. */
  exitCode: number;
  /** Whether the same command, given again, goes on from what is there; otherwise it starts over. */
  goesOn: boolean;
}

let controller: AbortController | undefined;
let received: Interruption | undefined;
let goesOn = false;

/** The signal that has been received, if any. */
export const interruption = (): Interruption | undefined => received;

/**
 * Starts listening, once. @returns the signal to pass to long work
 * @param options.goesOn whether the same command, given again, goes on with this work
 */
export function listenForInterruption(
  options: {
    goesOn?: boolean;
    /** The work is done by jobs, which the signal does not reach. */
    elsewhere?: boolean;
  } = {},
): AbortSignal {
  const { elsewhere = false } = options;
  goesOn = options.goesOn ?? false;
  if (controller) return controller.signal;
  const work = (controller = new AbortController());
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (received) process.exit(exitCode);
      received = { signal, exitCode, goesOn };
      const effect = elsewhere ? 'this command ends' : 'stopping at the next safe point; once more stops at once';
      say(`\n${signal}: ${effect}\n`);
      work.abort(new Error(signal));
    });
  }
  return work.signal;
}
