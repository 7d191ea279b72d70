/**
 * @file A run contacts nobody and writes to its work folder alone: the system calls of a whole chain, side processes
 * and threads included, as strace sees them. Skipped where strace is not installed or may not trace.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skip } from '../skip.js';
import { TINY_RECIPE } from './tiny-recipe.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

/** Calls that reach outside of the process, or make, change or take away files. */
const NETWORK = ['connect', 'bind', 'listen', 'accept', 'accept4', 'sendto', 'sendmsg', 'sendmmsg'];
const OPENING = ['open', 'openat', 'openat2', 'creat'];
const CHANGING = ['mkdir', 'rmdir', 'unlink', 'rename', 'link', 'symlink', 'truncate', 'chmod', 'chown', 'mknod'];
const CALLS = ['socket', ...NETWORK, ...OPENING, ...CHANGING.flatMap((call) => [call, `${call}at`]), 'renameat2'];
const TRACE = ['--seccomp-bpf', '-f', '-e', `trace=${CALLS.map((call) => `?${call}`).join()}`];

describe('a run', () => {
  let folder: string;
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'acanet-isolation-')));
    for (const name of ['home', 'tmp', 'work']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'tiny.yaml'), TINY_RECIPE);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The traced calls, without process ids. */
  function trace(...args: string[]): string[] {
    const log = join(folder, 'calls');
    const { status, stderr } = spawnSync('strace', [...TRACE, '-o', log, process.execPath, door, ...args], {
      cwd: join(folder, 'work'),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp') },
    });
    assert.equal(status, 0, stderr);
    return readFileSync(log, 'utf8')
      .split('\n')
      .map((line) => line.replace(/^\d+ +/, ''));
  }

  for (const args of [
    ['run', '../tiny.yaml', '--jobs', '2'],
    ['doctor', '--json'],
  ]) {
    it(`contacts nobody and writes to its work folder alone: ${args[0]}`, function () {
      const probe = spawnSync('strace', [...TRACE, 'true'], { encoding: 'utf8' });
      if (probe.status !== 0) skip(this, `strace does not work here: ${probe.error?.message ?? probe.stderr.trim()}`);
      const calls = trace(...args);
      // Node talks to its child processes through pairs of sockets without names, which `socketpair` makes. The
      // kernel's list of interfaces (AF_NETLINK) is in `process.report`, by which the rasteriser's loader tells C
      // libraries apart.
      const network = calls.filter(
        (line) =>
          /^(socket|connect|bind|listen|accept4?|sendto|sendm?msg)\(/.test(line) && !line.includes('AF_NETLINK'),
      );
      assert.deepEqual(network, []);
      assert.deepEqual(
        [...new Set(calls.flatMap(writtenBy))].filter((path) => !isAllowed(path)),
        [],
      );
      assert.deepEqual([readdirSync(join(folder, 'home')), readdirSync(join(folder, 'tmp'))], [[], []]);
      if (args[0] === 'run')
        assert.ok(
          calls.some((line) => /^openat\(.*report\/\.index\.html/.test(line)),
          'it ran',
        );
    });
  }

  /** The paths that a call makes, changes or takes away. */
  function writtenBy(line: string): string[] {
    const call = /^\w+/.exec(line)?.[0] ?? '';
    if (OPENING.includes(call) && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^creat/.test(line)) return [];
    if (!OPENING.includes(call) && !CHANGING.includes(call.replace(/(at2?)?$/, ''))) return [];
    return [...line.matchAll(/"([^"]*)"/g)].map(([, path]) => resolve(folder, 'work', path));
  }

  const isAllowed = (path: string) =>
    path.startsWith(join(folder, 'work/')) ||
    // What child processes read their input from, and the process's own counter of memory.
    path === '/dev/null' ||
    path === '/proc/self/clear_refs';
});
