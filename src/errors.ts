/** @file The one kind of error that is meant for the researcher; everything else is a defect of acanet. */

/**
 * Something the user can mend. The command line prints its message (one to three lines, naming the file, what was
 * expected, what was got and what to do) without a stack and exits with `exitCode`.
 */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** An invariant of acanet's own that does not hold: always a defect, never the user's doing. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}

/** `new Error().message` for anything that may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
