/** @file A model folder taken elsewhere: whole, without records of stages, never over something else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyModelFolder } from '../../src/models/copy-model-folder.js';

describe('models/copy-model-folder', () => {
  let work: string;
  const put = (path: string, text: string) => writeFileSync(join(work, path), text);
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-copy-'));
    mkdirSync(join(work, '.hidden/model'), { recursive: true });
    for (const file of ['model.json', 'scoring.json', '.done.json']) put(join('.hidden/model', file), file);
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  it('takes every file but hidden ones, and replaces an older copy', async () => {
    const out = join(work, 'out');
    await copyModelFolder(join(work, '.hidden/model'), out);
    assert.deepEqual(readdirSync(out).sort(), ['model.json', 'scoring.json']);
    put('out/old.txt', 'of the older copy');
    await copyModelFolder(join(work, '.hidden/model'), out);
    assert.deepEqual(readdirSync(out).sort(), ['model.json', 'scoring.json']);
  });

  it('refuses a folder with something else in it, and a file', async () => {
    mkdirSync(join(work, 'papers'));
    put('papers/thesis.tex', 'years of work');
    await assert.rejects(
      copyModelFolder(join(work, '.hidden/model'), join(work, 'papers')),
      /papers: is there, and is no/,
    );
    assert.equal(readFileSync(join(work, 'papers/thesis.tex'), 'utf8'), 'years of work');
    put('file', 'x');
    await assert.rejects(copyModelFolder(join(work, '.hidden/model'), join(work, 'file')), /file: .*is a file/);
    assert.equal(readFileSync(join(work, 'file'), 'utf8'), 'x');
  });
});
