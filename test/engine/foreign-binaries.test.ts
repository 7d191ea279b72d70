import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findForeignBinaries, removeForeignBinaries } from '../../src/engine/foreign-binaries.js';

describe('the libraries of other systems', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-binaries-'));
    for (const [system, bytes] of Object.entries({ 'linux/x64': 10, 'linux/arm64': 20, 'win32/x64': 40 })) {
      mkdirSync(join(folder, system), { recursive: true });
      writeFileSync(join(folder, system, 'library'), Buffer.alloc(bytes));
    }
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('are found and counted', () => {
    const found = findForeignBinaries(folder, { platform: 'linux', arch: 'x64' });
    assert.deepEqual(found.folders.toSorted(), [join(folder, 'linux/arm64'), join(folder, 'win32/x64')]);
    assert.equal(found.bytes, 60);
  });

  it('are removed, and this system’s stay', () => {
    assert.equal(removeForeignBinaries(folder, { platform: 'linux', arch: 'x64' }).bytes, 60);
    assert.ok(existsSync(join(folder, 'linux/x64/library')));
    assert.deepEqual(findForeignBinaries(folder, { platform: 'linux', arch: 'x64' }).folders, []);
  });

  it('are left alone where this system’s own are not found', () => {
    assert.deepEqual(removeForeignBinaries(folder, { platform: 'linux', arch: 'riscv64' }).folders, []);
    assert.ok(existsSync(join(folder, 'win32/x64/library')));
  });
});
