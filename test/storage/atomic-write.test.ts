/** @file A file or folder is replaced whole or stays as it was. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { openPendingFile, replaceDirectory, writeFileAtomic, writeJsonAtomic } from '../../src/storage/atomic-write.js';
import { skip } from '../skip.js';

describe('storage/atomic-write', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-atomic-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('writes text and bytes, creates folders and leaves nothing else behind', () => {
    writeFileAtomic(join(dir, 'a/b/text'), 'grüße');
    writeFileAtomic(join(dir, 'a/b/text'), Uint8Array.of(1, 2, 3));
    assert.deepEqual([...readFileSync(join(dir, 'a/b/text'))], [1, 2, 3]);
    assert.deepEqual(readdirSync(join(dir, 'a/b')), ['text']);
  });

  it('writes JSON with a trailing newline', () => {
    writeJsonAtomic(join(dir, 'x.json'), { b: [1] });
    assert.equal(readFileSync(join(dir, 'x.json'), 'utf8'), '{\n  "b": [\n    1\n  ]\n}\n');
  });

  it('shows nothing before commit and removes what was aborted', () => {
    const file = openPendingFile(join(dir, 'x'));
    file.write(Uint8Array.of(1));
    assert.equal(existsSync(join(dir, 'x')), false);
    file.abort();
    assert.deepEqual(readdirSync(dir), []);
  });

  it('names the file and removes the partial one when it cannot be written', () => {
    writeFileSync(join(dir, 'file'), '');
    assert.throws(
      () => writeFileAtomic(join(dir, 'file/inside'), 'x'),
      (error: unknown) => error instanceof UserError && error.message.includes('file/inside'),
    );
    // A full disk: Linux offers one as a device, but not as a folder; the refused rename takes the same way out.
    const target = join(dir, 'taken');
    writeFileAtomic(join(target, 'x'), '');
    assert.throws(() => writeFileAtomic(target, 'x'), /taken: cannot be written: expected a file, got a folder/);
    assert.deepEqual(readdirSync(dir).sort(), ['file', 'taken']);
  });

  it('replaces what a symbolic link leads to and keeps the link', () => {
    writeFileSync(join(dir, 'real'), 'old');
    symlinkSync('real', join(dir, 'link'));
    writeFileAtomic(join(dir, 'link'), 'new');
    assert.equal(readFileSync(join(dir, 'real'), 'utf8'), 'new');
    assert.ok(lstatSync(join(dir, 'link')).isSymbolicLink());
    assert.deepEqual(readdirSync(dir).sort(), ['link', 'real']);
  });

  it('writes into a pipe, which a renamed file would take away from its reader', function () {
    const pipe = join(dir, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) skip(this, 'no named pipes here');
    // Open for both, so that opening it for writing does not wait for a reader.
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    writeFileAtomic(pipe, 'through');
    assert.ok(lstatSync(pipe).isFIFO());
    assert.deepEqual(readdirSync(dir), ['pipe']);
    closeSync(reader);
  });

  it('takes names as long as the file system does, and says which are too long', () => {
    const longest = 'ü'.repeat(127); // 254 bytes of the 255 that a name has
    writeFileAtomic(join(dir, longest), 'x');
    assert.deepEqual(readdirSync(dir), [longest]);
    assert.throws(() => writeFileAtomic(join(dir, 'a'.repeat(300)), 'x'), /cannot be written: the name is too long/);
  });

  it('replaces a folder, and keeps the old one when filling the new one fails', async () => {
    const target = join(dir, 'out');
    writeFileAtomic(join(target, 'old'), 'old');
    await assert.rejects(
      replaceDirectory(target, (aside) => {
        writeFileSync(join(aside, 'half'), '');
        throw new Error('no');
      }),
    );
    assert.deepEqual(readdirSync(target), ['old']);
    const result = await replaceDirectory(target, (aside) => {
      writeFileSync(join(aside, 'new'), 'new');
      return 7;
    });
    assert.equal(result, 7);
    assert.deepEqual(readdirSync(target), ['new']);
    assert.deepEqual(readdirSync(dir), ['out']);
  });

  it('replaces the folder that a symbolic link leads to and keeps the link', async () => {
    writeFileAtomic(join(dir, 'far/real/old'), 'old');
    symlinkSync('far/real', join(dir, 'link'));
    await replaceDirectory(join(dir, 'link'), (aside) => writeFileSync(join(aside, 'new'), 'new'));
    assert.deepEqual(readdirSync(join(dir, 'far/real')), ['new']);
    assert.ok(lstatSync(join(dir, 'link')).isSymbolicLink());
    assert.deepEqual([readdirSync(dir), readdirSync(join(dir, 'far'))], [['far', 'link'], ['real']]);
  });
});
