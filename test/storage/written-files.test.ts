import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJsonAtomic } from '../../src/storage/atomic-write.js';
import { sealed, unsealed } from '../../src/storage/sealed-json.js';
import { readTextLines } from '../../src/storage/text-lines.js';
import { checkAsWritten, DamagedFile, damageOf, RECORD, recordFiles } from '../../src/storage/written-files.js';

describe('files as they were written', () => {
  let dir: string;
  const path = (name: string) => join(dir, name);
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-written-'));
    mkdirSync(path('deep'));
    writeFileSync(path('list.txt'), 'a b target\n');
    writeFileSync(path('deep/x.json'), '{}');
    writeFileSync(path('.hidden'), '');
    writeFileSync(path('old.damaged'), '');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('are all in a folder but hidden ones and those that were set aside', () => {
    const files = recordFiles(dir);
    assert.deepEqual(Object.keys(files), ['deep/x.json', 'list.txt']);
    assert.deepEqual(files['list.txt'].bytes, 11);
    for (const [file, expected] of Object.entries(files)) assert.equal(damageOf(path(file), expected), undefined);
  });

  it('are told from others by one byte, by length, and when they are gone', () => {
    const { 'list.txt': expected } = recordFiles(dir);
    writeFileSync(path('list.txt'), 'a c target\n');
    assert.match(
      damageOf(path('list.txt'), expected)!,
      /^is not as it was written: expected SHA-256 \w{12}, got \w{12}$/,
    );
    writeFileSync(path('list.txt'), '');
    assert.match(damageOf(path('list.txt'), expected)!, /and 11 bytes, got \w{12} and 0 bytes$/);
    rmSync(path('list.txt'));
    assert.equal(damageOf(path('list.txt'), expected), 'is gone');
  });

  it('are compared with the record of their folder by whoever reads them', () => {
    writeJsonAtomic(path(RECORD), sealed({ files: recordFiles(dir) }));
    assert.equal([...readTextLines(path('list.txt'))].length, 1);
    writeFileSync(path('list.txt'), 'a b nontarget\n');
    assert.throws(() => [...readTextLines(path('list.txt'))], DamagedFile);
    writeFileSync(path('deep/x.json'), '[]');
    assert.throws(() => checkAsWritten(path('deep/x.json')), /x\.json: is not as it was written/);
    writeFileSync(path('unrecorded.txt'), '');
    checkAsWritten(path('unrecorded.txt'));
  });

  it('are not believed to a record that has changed itself', () => {
    writeJsonAtomic(path(RECORD), { ...sealed({ files: recordFiles(dir) }), files: {} });
    assert.throws(() => checkAsWritten(path('list.txt')), /\.done\.json: damaged\n {2}remove the file/);
  });
});

describe('sealed JSON', () => {
  it('tells a changed value, and leaves objects of before as they are', () => {
    const value = { b: [1, { c: 'x' }], a: null };
    const written = JSON.parse(JSON.stringify(sealed({ ...value, left: undefined }))) as object;
    assert.deepEqual(unsealed(written), { value, sealed: 'whole' });
    assert.equal(unsealed({ ...written, a: 0 }).sealed, 'broken');
    assert.deepEqual(unsealed(value), { value, sealed: 'not sealed' });
    assert.deepEqual(unsealed([1]), { value: [1], sealed: 'not sealed' });
  });
});
