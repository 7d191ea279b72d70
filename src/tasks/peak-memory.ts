/**
 * @file The highest resident memory of this process.
 *
 * On Linux `VmHWM` of /proc/self/status, which a process can set back to what it holds now. `getrusage` counts there
 * what the parent held when it started the child, so it is asked only elsewhere, where nothing can be set back.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes; of the whole process, its threads included, its children not. */
export function peakMemory(): number {
  const peak = readPeak();
  return peak ?? process.resourceUsage().maxRSS * 1024;
}

/** Starts anew from what is held now. @returns whether it could */
export function resetPeakMemory(): boolean {
  if (readPeak() === undefined) return false;
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false; // a container may not let it be written
  }
}

function readPeak(): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
