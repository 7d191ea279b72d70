/** @file Reading a file that may not be there, or may be removed by another process at any time. */
import { readFileSync } from 'node:fs';

/** The file's text; undefined where there is none. @throws what the system says of a file that cannot be read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether the system says that a file is not there, or on a network drive not any more. */
export const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ESTALE'].includes((error as NodeJS.ErrnoException).code ?? '');
