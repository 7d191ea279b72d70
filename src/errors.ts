/**
 * @file The one kind of error that is meant for the researcher; everything else is a defect of acanet. The refusals of
 * the operating system (`ENOENT: no such file or directory, scandir 'x'`) are given words here.
 */

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

/**
 * `new Error().message` for anything that may be thrown; in words, without the path, where the system refused
 * something.
 */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return refusalOf(error)?.words ?? message;
}

/** A refusal of the system as an error that names the path; any other error as it is. */
export function inWords(error: unknown): unknown {
  const refusal = error instanceof UserError ? undefined : refusalOf(error);
  return refusal ? new UserError(`${refusal.path ?? 'the system refused'}: ${refusal.words}`, { cause: error }) : error;
}

/** Whether the system refused something: what was asked for says nothing about the data, and may go well another time. */
export const isRefusal = (error: unknown): boolean =>
  refusalOf(error) !== undefined || (error instanceof Error && error.cause !== undefined && isRefusal(error.cause));

/** By the system's code; what these are about is the user's to mend, not a defect of acanet. */
const REFUSALS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'expected a file, got a folder',
  ENOTEMPTY: 'the folder is not empty',
  EEXIST: 'something of that name is in the way',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'symbolic links lead in a circle',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is in use',
  EXDEV: 'it lies on another file system',
  ESTALE: 'the network drive has lost it; mount it again',
  EIO: 'the device cannot read or write it',
  ENOSPC: 'the disk is full; free some space and run it again',
  EDQUOT: 'the disk quota is used up; free some space and run it again',
  EFBIG: 'the file is larger than the file system or a limit (ulimit -f) allows',
  EMFILE: 'too many files are open; raise the limit, for example with: ulimit -n 1024',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'memory has run out',
  EAGAIN: 'no more processes or threads can be started here; raise the limit (ulimit -u) or end some',
  EPIPE: 'what was to read it has ended',
};

/** Node's own wording, which is all that is left of an error that has come from a thread. */
const WORDING = /^(E[A-Z]+): .*?, \w+(?: '(.*?)')?(?: -> '.*')?$/s;

function refusalOf(error: unknown): { path?: string; words: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const [, said = '', place] = WORDING.exec(error.message) ?? [];
  // A thread that cannot be started says it in its message.
  const system = code === 'ERR_WORKER_INIT_FAILED' ? (/E[A-Z]+$/.exec(error.message)?.[0] ?? code) : code;
  const known = system !== undefined && system in REFUSALS ? system : said;
  return known in REFUSALS ? { path: path ?? place, words: `${REFUSALS[known]} (${known})` } : undefined;
}
