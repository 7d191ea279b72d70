import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openPendingFile } from '../../src/storage/atomic-write.js';
import { asideName, clearUnfinished } from '../../src/storage/unfinished-files.js';

describe('what killed writers leave', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-unfinished-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** The name that a process that has ended would have given. */
  const deadName = (path: string) => {
    const { pid } = spawnSync('true');
    return asideName(path).replace(`.${process.pid}.`, `.${pid}.`);
  };

  it('is cleared wherever it lies, files and folders', () => {
    mkdirSync(join(dir, 'train/aca-net'), { recursive: true });
    writeFileSync(deadName(join(dir, 'scores.txt')), 'half');
    const folder = deadName(join(dir, 'train/aca-net/step-00000001'));
    mkdirSync(folder);
    writeFileSync(join(folder, 'model.safetensors'), 'half');
    clearUnfinished(dir);
    assert.deepEqual(readdirSync(dir), ['train']);
    assert.deepEqual(readdirSync(join(dir, 'train/aca-net')), []);
  });

  it('is not looked for in a folder that has gone meanwhile', () => {
    assert.doesNotThrow(() => clearUnfinished(join(dir, 'gone')));
  });

  it('leaves what a living process writes, what another machine wrote, and whatever else is there', () => {
    const pending = openPendingFile(join(dir, 'scores.txt'));
    pending.write(Buffer.from('all'));
    const name = basename(deadName(join(dir, 'a')));
    const elsewhere = name.replace(/[0-9a-f]{8}(?=\.\d+\.)/, (host) => (host === '00000000' ? '11111111' : '00000000'));
    for (const other of [elsewhere, 'a.part', '.a.part']) writeFileSync(join(dir, other), '');
    clearUnfinished(dir);
    pending.commit();
    assert.deepEqual(readdirSync(dir).sort(), [elsewhere, 'a.part', '.a.part', 'scores.txt'].sort());
    assert.ok(existsSync(join(dir, 'scores.txt')));
  });
});
