/** @file A model folder taken elsewhere: whole, without records of stages, never over something else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyModelFolder, refuseForeignFolder } from '../../src/models/copy-model-folder.js';

describe('models/copy-model-folder', () => {
  let work: string;
  const put = (path: string, text: string) => writeFileSync(join(work, path), text);
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-copy-'));
    mkdirSync(join(work, '.hidden/model'), { recursive: true });
    for (const file of ['scoring.json', '.done.json']) put(join('.hidden/model', file), file);
    put('.hidden/model/model.json', '{"model":{"type":"aca-net"}}');
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  it('takes every file but hidden ones, and replaces an older copy', async () => {
    const out = join(work, 'out');
    await copyModelFolder(join(work, '.hidden/model'), out);
    assert.deepEqual(readdirSync(out).sort(), ['model.json', 'scoring.json']);
    put('out/utt2spk', 'of the older copy');
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
    // A folder with a model.json of another kind, or with more than a model.
    put('papers/model.json', '{"model":"aca-net"}');
    assert.throws(() => refuseForeignFolder(join(work, 'papers')), /papers: is there, and is no model folder/);
    put('papers/model.json', '{"model":{"type":"aca-net"}}');
    assert.throws(() => refuseForeignFolder(join(work, 'papers')), /papers: .* holds thesis\.tex beside a model/);
    const inside = join(work, 'papers/model.json');
    assert.throws(() => refuseForeignFolder(join(work, 'papers'), [inside]), /model\.json: lies in .*as a whole/);
    put('file', 'x');
    await assert.rejects(copyModelFolder(join(work, '.hidden/model'), join(work, 'file')), /file: .*is a file/);
    assert.equal(readFileSync(join(work, 'file'), 'utf8'), 'x');
  });
});
