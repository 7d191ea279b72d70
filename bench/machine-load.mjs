/**
 * @file How busy the machine is while nobody of ours works: the share of its processor time that others took.
 *
 * The load average counts our own contestants for a minute after they have stopped, and says nothing of the last half
 * second. So processor time is read before and after a pause in which all contestants sleep. On Linux, time that the
 * host of a virtual machine took away (steal) counts too.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processors busy with others' work, above which times say more about those others than about us. */
const BUSY = 0.15;
const RECHECK_MS = 1000;

/** Processor time spent, and in all, since the machine started, in one unit. */
function processorTimes() {
  try {
    // "cpu  user nice system idle iowait irq softirq steal …"
    const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0];
    const [user, nice, system, idle, waiting, ...others] = line.split(/\s+/).slice(1, 9).map(Number);
    const busy = user + nice + system + others.reduce((sum, time) => sum + time, 0);
    return { busy, all: busy + idle + waiting };
  } catch {
    const times = cpus().map((cpu) => cpu.times);
    const sum = (/** @type {(t: import('node:os').CpuInfo['times']) => number} */ of) =>
      times.reduce((total, each) => total + of(each), 0);
    const busy = sum(({ user, nice, sys, irq }) => user + nice + sys + irq);
    return { busy, all: busy + sum(({ idle }) => idle) };
  }
}

/** Waits, and says how many processors were busy meanwhile. @param {number} milliseconds */
export async function pauseAndMeasure(milliseconds) {
  const before = processorTimes();
  await sleep(milliseconds);
  const after = processorTimes();
  return (cpus().length * (after.busy - before.busy)) / Math.max(1, after.all - before.all);
}

/**
 * Pauses until the machine is quiet.
 * @param {{ pauseMs: number, patienceSeconds: number, busyAllowed: boolean }} options
 * @returns {Promise<number>} processors busy with others' work in the last pause
 * @throws {Error} where it does not become quiet
 */
export async function waitUntilQuiet({ pauseMs, patienceSeconds, busyAllowed }) {
  let load = await pauseAndMeasure(pauseMs);
  const end = Date.now() + 1000 * patienceSeconds;
  while (!busyAllowed && load > BUSY) {
    if (Date.now() > end) {
      throw new Error(
        `others keep ${load.toFixed(2)} of ${cpus().length} processors busy (at most ${BUSY} are quiet enough): no ratio is printed\n` +
          '  wait until they have ended, give --patience SECONDS, or take ratios of a busy machine with --busy',
      );
    }
    load = await pauseAndMeasure(RECHECK_MS);
  }
  return load;
}

/** Whether ratios taken beside such loads are worth a warning. @param {readonly number[]} loads */
export const wasBusy = (loads) => loads.some((load) => load > BUSY);
