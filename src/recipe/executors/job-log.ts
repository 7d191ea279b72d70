/** @file What jobs say: new lines of their logs as they come, and the last lines of one that failed. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';

/** Lines of a log that a message shows. */
const SHOWN = 8;

/** The last lines of a log; empty where there is none. */
export function lastLines(path: string, count = SHOWN): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.filter((line) => line.trim() !== '').slice(-count);
}

/** Reads on in logs that others write. */
export function createLogReader() {
  const positions = new Map<string, number>();
  return {
    /** Leaves out what is there. */
    skip(path: string): void {
      positions.set(path, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    },
    /** The whole lines that have come since the last time. */
    read(path: string): string[] {
      if (!existsSync(path)) return [];
      const from = positions.get(path) ?? 0;
      const fd = openSync(path, 'r');
      try {
        const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - from));
        const length = readSync(fd, buffer, 0, buffer.length, from);
        const end = buffer.subarray(0, length).lastIndexOf(10) + 1;
        positions.set(path, from + end);
        return buffer.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
      } finally {
        closeSync(fd);
      }
    },
  };
}
