/** @file Files that several processes change: no change is lost, and no dead process is waited for. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { whileHolding } from '../../src/storage/file-lock.js';

const module = new URL('../../src/storage/file-lock.js', import.meta.url).href;

describe('a file that several processes change', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-file-lock-'));
    path = join(dir, 'count');
    writeFileSync(path, '0');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('loses none of their changes, also where they find the lock of a dead one', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(dir, '.count.lock'), JSON.stringify({ host: hostname(), pid }));
    const program = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { whileHolding } from ${JSON.stringify(module)};
      for (let i = 0; i < 100; i++) whileHolding(${JSON.stringify(path)}, () => {
        writeFileSync(${JSON.stringify(path)}, String(1 + Number(readFileSync(${JSON.stringify(path)}, 'utf8'))));
      });`;
    const ends = Array.from({ length: 4 }, () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
      return new Promise((resolve) => child.on('close', resolve));
    });
    assert.deepEqual(await Promise.all(ends), [0, 0, 0, 0]);
    assert.equal(readFileSync(path, 'utf8'), '400');
    assert.deepEqual(readdirSync(dir), ['count']);
  });

  it('is not held by a lock that a crash has left empty', () => {
    const lock = join(dir, '.count.lock');
    writeFileSync(lock, '');
    utimesSync(lock, new Date(1e12), new Date(1e12));
    assert.equal(
      whileHolding(path, () => 'done'),
      'done',
    );
  });

  it('is free again where a change fails', () => {
    assert.throws(() => whileHolding(path, () => assert.fail('no')), /no/);
    assert.equal(
      whileHolding(path, () => 'done'),
      'done',
    );
  });
});
