import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../src/storage/make-folder.js';
import { skip } from '../skip.js';

describe('making a folder', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-folder-'))));
  after(() => rmSync(dir, { recursive: true }));

  it('makes those above it, and leaves one that is there alone', () => {
    const path = join(dir, 'a', 'b', 'c');
    makeFolder(path);
    makeFolder(path);
    assert.ok(statSync(path).isDirectory());
  });

  it('throws where a file is in the way', () => {
    writeFileSync(join(dir, 'file'), '');
    assert.throws(() => makeFolder(join(dir, 'file', 'below')), { code: 'ENOTDIR' });
    assert.throws(() => makeFolder(join(dir, 'file')), { code: 'EEXIST' });
  });

  it('throws where the system makes no folders, instead of trying for ever', function () {
    if (!existsSync('/proc/self')) skip(this, 'no /proc here');
    assert.throws(() => makeFolder('/proc/acanet/folder'), { code: 'ENOENT' });
  });
});
