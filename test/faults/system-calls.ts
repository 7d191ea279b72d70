/**
 * @file Faults at the n-th system call, by strace: the process is killed there, or the call fails as on a full disk.
 *
 * A run under strace lists the calls that change the work folder, each with its ordinal among the calls of its name in
 * the main thread; a fault is set to one of them. Where another run makes other calls the fault falls elsewhere, or
 * nowhere.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment } from './experiment.js';

/** A call that changes the work folder: its name, and how many of that name the thread has made up to it. */
export interface ChangingCall {
  name: string;
  ordinal: number;
  /** The stage that was at work, as the log has it. */
  stage: string | undefined;
}

const NAMES = ['openat', 'write', 'pwrite64', 'fsync', 'rename', 'mkdir', 'unlink', 'rmdir', 'ftruncate'];
const TRACED = ['-f', '--seccomp-bpf', '-s', '200', '-e', `trace=${NAMES.join()}`];

/** Why strace cannot be used here; undefined if it can. */
export function straceProblem(): string | undefined {
  const probe = spawnSync('strace', [...TRACED, 'true'], { encoding: 'utf8' });
  return probe.status === 0 ? undefined : `strace does not work here: ${probe.error?.message ?? probe.stderr.trim()}`;
}

/** The calls of a command's main thread that change its work folder, in their order. */
export async function changingCalls({ folder, acanet }: Experiment, args: readonly string[]): Promise<ChangingCall[]> {
  const log = join(folder, 'calls');
  const { code, stderr } = await acanet(args, { under: ['strace', ...TRACED, '-y', '-o', log] });
  if (code !== 0) throw new Error(stderr);
  const lines = readFileSync(log, 'utf8').split('\n');
  const main = /^\d+/.exec(lines[0])?.[0];
  const counts = new Map<string, number>();
  const calls: ChangingCall[] = [];
  let stage: string | undefined;
  for (const line of lines) {
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== main || name === undefined) continue;
    stage = /^\d+ +write\(2<.*"> (\S+): /.exec(line)?.[1] ?? stage;
    const ordinal = (counts.get(name) ?? 0) + 1;
    counts.set(name, ordinal);
    const changes = name !== 'openat' || /O_CREAT|O_WRONLY|O_RDWR/.test(line);
    // Paths may be relative to the folder that the command runs in.
    if (changes && /[<"](\S*\/)?exp\//.test(line)) calls.push({ name, ordinal, stage });
  }
  return calls;
}

/**
 * The program and options under which a command meets the fault. @param fault `signal=KILL`, `error=ENOSPC`
 * NOTE: not with --seccomp-bpf, under which the kernel takes no signal from strace; and so only the main thread is
 * traced, as all its calls are stopped at.
 */
export const withFault = (fault: string, { name, ordinal }: ChangingCall): string[] => [
  ...['strace', '-o', '/dev/null', '-e', `trace=${name}`],
  ...['-e', `inject=${name}:${fault}:when=${ordinal}`],
];
