/**
 * @file What the system refuses: a full disk, a limit on file sizes, few descriptors, no rights, a read-only file
 * system. The command ends with 1 and says why, leaves nothing half-written, and goes on once it may.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '../skip.js';
import { createExperiment, door, type Experiment, type RunOptions } from './experiment.js';

const PREP = ['prep', '--recipe', 'tiny.yaml'];
const NOBODY = 65534;
const succeeds = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const underShell = (limit: string) => ['sh', '-c', `${limit}; exec "$@"`, 'sh'];

describe('a command that the system refuses something', () => {
  let root: string;
  let experiment: Experiment;
  let work: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'acanet-refusals-'));
    experiment = createExperiment(join(root, 'experiment'));
    work = join(experiment.folder, 'exp');
    assert.equal((await experiment.acanet(PREP)).code, 0);
    experiment.keepReference();
  });
  beforeEach(() => experiment.rewind());
  after(() => rmSync(root, { recursive: true, force: true }));

  /** It ends with 1 and such words, and nothing of what it was writing is there. */
  async function isRefused(words: RegExp, options?: RunOptions): Promise<void> {
    const { code, stderr } = await experiment.acanet(PREP, options);
    assert.match(stderr, words);
    assert.equal(code, 1, stderr);
    assert.doesNotMatch(stderr, /defect|\n {4}at /);
    const left = existsSync(work) ? readdirSync(work, { recursive: true, encoding: 'utf8' }) : [];
    assert.deepEqual(
      left.filter((name) => /\.part$|\.done\.json$|\.lock/.test(name)),
      [],
    );
  }

  /** The same command, with nothing in its way, ends in the same bytes as if there never had been. */
  async function goesOn(): Promise<void> {
    const { code, stderr } = await experiment.acanet(PREP);
    assert.equal(code, 0, stderr);
    assert.deepEqual(experiment.differences('prep'), []);
  }

  it('goes on after a full disk', async function () {
    mkdirSync(work);
    // The audio alone takes a megabyte.
    if (!succeeds('mount', '-t', 'tmpfs', '-o', 'size=500k', 'none', work))
      skip(this, 'no right to mount a small disk');
    try {
      await isRefused(/the disk is full; free some space/);
      assert.ok(succeeds('mount', '-o', 'remount,size=50m', work));
      await goesOn();
    } finally {
      assert.ok(succeeds('umount', work));
    }
  });

  it('says that the file system is read-only', async function () {
    mkdirSync(work);
    if (!succeeds('mount', '-t', 'tmpfs', '-o', 'ro', 'none', work)) skip(this, 'no right to mount a read-only disk');
    try {
      await isRefused(/the file system is read-only/);
    } finally {
      assert.ok(succeeds('umount', work));
    }
    await goesOn();
  });

  it('goes on after a limit on the size of files', async () => {
    // In units of 512 bytes or 1 KiB, as the shell has it; an utterance takes 32 KiB or more.
    await isRefused(/larger than the file system or a limit \(ulimit -f\) allows/, {
      under: underShell('ulimit -f 20'),
    });
    await goesOn();
  });

  it('goes on after a limit on open files', async () => {
    await isRefused(/may have only 22 files open here, .*\n {2}raise the limit/, { under: underShell('ulimit -n 22') });
    await goesOn();
  });

  it('names the folder that it may not write to', async function () {
    const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    if (!succeeds(asNobody[0], ...asNobody.slice(1), process.execPath, door, '--version')) {
      skip(this, 'no right to become another user, or that user may not read the program');
    }
    mkdirSync(work);
    for (const folder of [root, experiment.folder]) chmodSync(folder, 0o755);
    await isRefused(/exp\/tiny: cannot be written to: no permission/, { under: asNobody });
    chownSync(work, NOBODY, NOBODY);
    const { code, stderr } = await experiment.acanet(PREP, { under: asNobody });
    assert.equal(code, 0, stderr);
  });

  it('does not end well where its output does not arrive', function () {
    if (process.platform !== 'linux') skip(this, 'there is no /dev/full');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [door, 'doctor', '--json'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /the disk is full/);
  });
});
