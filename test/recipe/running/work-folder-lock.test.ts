/** @file The lock of a work folder: one run at a time, and no lock outlives its process. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { lockWorkFolder } from '../../../src/recipe/running/work-folder-lock.js';
import { skip } from '../../skip.js';
import { asideName } from '../../../src/storage/unfinished-files.js';

describe('work folder lock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const leave = (holder: object) => {
    const since = new Date(0).toISOString();
    writeFileSync(join(folder, '.lock'), JSON.stringify({ host: hostname(), since, command: 'run demo', ...holder }));
  };

  it('is gone after it is released', () => {
    lockWorkFolder(folder)();
    assert.deepEqual(readdirSync(folder), []);
    lockWorkFolder(folder)();
  });

  it('keeps a second run out and names the first', () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']); // for as long as its input is open
    try {
      leave({ pid: child.pid });
      assert.throws(
        () => lockWorkFolder(folder),
        (error) =>
          error instanceof UserError && error.message.includes(`process ${child.pid}`) && /--work/.test(error.message),
      );
    } finally {
      child.kill();
    }
  });

  it('is taken over from a process that is dead', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    leave({ pid });
    const release = lockWorkFolder(folder);
    assert.equal(JSON.parse(readFileSync(join(folder, '.lock'), 'utf8')).pid, process.pid);
    release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('comes with the removal of what killed processes were locking or writing, and of nothing else', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const aside = (writer: number) =>
      basename(asideName(join(folder, 'scores.txt'))).replace(`.${process.pid}.`, `.${writer}.`);
    const living = [aside(process.ppid), aside(process.pid)];
    for (const name of [aside(pid!), ...living]) {
      writeFileSync(join(folder, name), '');
    }
    lockWorkFolder(folder)();
    assert.deepEqual(readdirSync(folder).sort(), [...living].sort());
    for (const name of living) rmSync(join(folder, name));
  });

  it('that cannot be read is said, rather than waited for without end', () => {
    mkdirSync(join(folder, '.lock'));
    assert.throws(() => lockWorkFolder(folder), /cannot be written to: expected a file, got a folder/);
  });

  it('is taken over when the process id now belongs to somebody else', function () {
    if (process.platform !== 'linux') skip(this, 'the start time of a process is known on Linux alone');
    leave({ pid: 1, startTicks: '-1' });
    lockWorkFolder(folder)();
  });

  it('that is damaged is no free folder: it is named, and who may remove it', () => {
    for (const text of ['', '{"pid": 1', '[]', '{"pid": "1"}']) {
      writeFileSync(join(folder, '.lock'), text);
      assert.throws(
        () => lockWorkFolder(folder),
        (error) => error instanceof UserError && /\/\.lock: damaged, .*\n.*remove the file$/s.test(error.message),
        text,
      );
    }
  });

  it('cannot be taken below a file', () => {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(
      () => lockWorkFolder(join(folder, 'file/demo')),
      /file\/demo: cannot be written to: .*\n {2}mend that, or name another/,
    );
  });

  it('of another host cannot be judged, so it holds', () => {
    leave({ pid: 1, host: 'elsewhere.invalid' });
    assert.throws(() => lockWorkFolder(folder), /process 1 on elsewhere\.invalid.*\n.*remove .*\.lock/);
  });
});
