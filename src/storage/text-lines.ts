/**
 * @file The lines of a text list (trials, `wav.scp`, CSV, …) as people's machines write them.
 *
 * Windows line endings, a byte-order mark (also one in the middle, where files were concatenated), gzip (told by its
 * content, not by the name) and a missing final newline are all read; `-` is the standard input. Text is UTF-8: UTF-16,
 * binary files, bytes that are not UTF-8 and the bare carriage returns of old Macs are refused with file and line,
 * since guessing would change ids. Plain files are read in pieces, so a list of any length needs little memory; a
 * gzip'd list is unpacked in memory.
 */
import { isUtf8 } from 'node:buffer';
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UserError, messageOf } from '../errors.js';
import { checkAsWritten } from './written-files.js';

export interface TextLine {
  /** Without its line ending. */
  text: string;
  /** From 1. */
  number: number;
}

const BLOCK = 1 << 20;
/** A longer line means that the file is not a list. */
const LONGEST_LINE = 1 << 26;
/** A gzip'd list is unpacked in memory, and a few megabytes may unpack to thousands of times as much. */
const MOST_UNPACKED = 2 ** 30;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = 0xfeff;

const reads = new AsyncLocalStorage<Reads>();

/** Absolute paths of text lists: those that were read from files, and those that would have been, if they were there. */
interface Reads {
  read: Set<string>;
  absent: Set<string>;
}

/** Runs work, and tells which text lists it has read, and which it has looked for. */
export async function withReads<T>(work: () => Promise<T>): Promise<{ result: T } & Reads> {
  const own: Reads = { read: new Set(), absent: new Set() };
  return { result: await reads.run(own, work), ...own };
}

/** Whether a list is there that is read if it is. */
export function isListThere(path: string): boolean {
  const there = existsSync(path);
  if (!there) reads.getStore()?.absent.add(resolve(path));
  return there;
}

/**
 * Every line of a text file, empty ones too, in order. The file is open until the last line is taken or the loop left.
 * @param options.what names the file's role in messages: "the trial list"
 * @param options.mostUnpacked bytes that a gzip'd file may unpack to (default: 1 GiB)
 * @throws UserError naming the file, and the line where there is one
 */
export function* readTextLines(
  path: string,
  { what = 'the list', mostUnpacked = MOST_UNPACKED } = {},
): Generator<TextLine, void> {
  const shown = path === '-' ? 'standard input' : path;
  let number = 0;
  for (const block of wholeLines(readBlocks(path, shown, what, mostUnpacked), shown)) {
    const lines = decode(block, shown, number + 1, what).split('\n');
    if (block[block.length - 1] === NEWLINE) lines.pop();
    for (const line of lines) {
      number++;
      const text = withoutEnding(line);
      if (text.includes('\r')) {
        throw new UserError(
          `${shown}:${number}: a carriage return inside the line; does ${what} have the line endings of old Macs?\n` +
            `Convert them: tr '\\r' '\\n' < ${shown}`,
        );
      }
      yield { text, number };
    }
  }
}

function withoutEnding(line: string): string {
  const from = line.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  let to = line.length;
  while (to > from && line[to - 1] === '\r') to--;
  return from === 0 && to === line.length ? line : line.slice(from, to);
}

/** The file's bytes, unpacked, in pieces of any size above 0. */
function* readBlocks(path: string, shown: string, what: string, mostUnpacked: number): Generator<Buffer, void> {
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`${shown}: cannot read ${what}: ${messageOf(error)}`, { cause: error });
    }
  };
  if (path !== '-') {
    guarded(() => checkAsWritten(path));
    reads.getStore()?.read.add(resolve(path));
  }
  const file = path === '-' ? 0 : guarded(() => openSync(path, 'r'));
  try {
    const next = () => {
      const bytes = Buffer.allocUnsafe(BLOCK);
      let filled = 0;
      // A pipe hands over less than was asked for; the beginning must be long enough to tell what the file is.
      while (filled < BLOCK) {
        const count = guarded(() => readSync(file, bytes, filled, BLOCK - filled, null));
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    };
    const first = next();
    refuseUtf16(first, shown, what);
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      for (let block = first; block.length > 0; block = next()) yield block;
      return;
    }
    const tooLong = () =>
      new UserError(
        `${shown}: cannot read ${what}: over ${mostUnpacked} bytes once unpacked, more than is taken from gzip\n` +
          `Unpack it, if it is what it should be: gunzip -c ${shown} > list.txt`,
      );
    const packed = [first];
    let size = first.length;
    for (let block = next(); block.length > 0; block = next()) {
      packed.push(block);
      if ((size += block.length) > mostUnpacked) throw tooLong();
    }
    const unpacked = guarded(() => {
      try {
        return gunzipSync(Buffer.concat(packed), { maxOutputLength: mostUnpacked });
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong() : error;
      }
    });
    refuseUtf16(unpacked, shown, what);
    for (let from = 0; from < unpacked.length; from += BLOCK) yield unpacked.subarray(from, from + BLOCK);
  } finally {
    if (path !== '-') closeSync(file);
  }
}

function refuseUtf16(start: Buffer, shown: string, what: string): void {
  const mark = start.length >= 2 ? start.readUInt16BE(0) : 0;
  // Without a mark, ASCII text in UTF-16 has a zero in one byte of its first two.
  const zeros = start.length >= 2 && (start[0] === 0) !== (start[1] === 0);
  if (mark !== 0xfffe && mark !== 0xfeff && !zeros) return;
  throw new UserError(
    `${shown}: expected ${what} in UTF-8, got ${zeros ? 'what looks like UTF-16' : 'UTF-16'}\n` +
      `Save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 ${shown}`,
  );
}

/** The same bytes in pieces that end with a line's end, except perhaps the last. */
function* wholeLines(blocks: Iterable<Buffer>, shown: string): Generator<Buffer, void> {
  let rest: Buffer[] = [];
  let restLength = 0;
  for (const block of blocks) {
    const end = block.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield rest.length > 0 ? Buffer.concat([...rest, block.subarray(0, end)]) : block.subarray(0, end);
      rest = [];
      restLength = 0;
    }
    if (end === block.length) continue;
    rest.push(block.subarray(end));
    restLength += block.length - end;
    if (restLength > LONGEST_LINE) {
      throw new UserError(`${shown}: expected lines of text, got ${restLength} bytes without a line's end`);
    }
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** `firstLine` is the number of the block's first line. */
function decode(block: Buffer, shown: string, firstLine: number, what: string): string {
  const zero = block.indexOf(0);
  if (zero >= 0) {
    const line = firstLine + countNewlines(block, zero);
    throw new UserError(`${shown}:${line}: expected ${what} as UTF-8 text, got a zero byte; is this a binary file?`);
  }
  if (isUtf8(block)) return block.toString('utf8');
  let from = 0;
  for (let line = firstLine; ; line++) {
    const end = block.indexOf(NEWLINE, from);
    const bytes = block.subarray(from, end < 0 ? block.length : end);
    if (!isUtf8(bytes)) {
      throw new UserError(
        `${shown}:${line}: expected UTF-8, got other bytes in ${JSON.stringify(bytes.toString('utf8').slice(0, 80))}\n` +
          `Convert the file from its encoding: iconv -f ISO-8859-1 -t UTF-8 ${shown}`,
      );
    }
    from = end + 1;
  }
}

function countNewlines(block: Buffer, before: number): number {
  let count = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0 && at < before; at = block.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
