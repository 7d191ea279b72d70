/**
 * @file SIGINT and SIGTERM: the first asks the work to stop at the next safe point (training writes a checkpoint), the
 * second ends the process at once.
 */

export interface Interruption {
  signal: 'SIGINT' | 'SIGTERM';
  /** 128 + the signal's number, as shells do. */
  exitCode: number;
}

let controller: AbortController | undefined;
let received: Interruption | undefined;

/** The signal that has been received, if any. */
export const interruption = (): Interruption | undefined => received;

/** Starts listening, once. @returns the signal to pass to long work */
export function listenForInterruption(): AbortSignal {
  if (controller) return controller.signal;
  const work = (controller = new AbortController());
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (received) process.exit(exitCode);
      received = { signal, exitCode };
      process.stderr.write(`\n${signal}: stopping at the next safe point; once more stops at once\n`);
      work.abort(new Error(signal));
    });
  }
  return work.signal;
}
