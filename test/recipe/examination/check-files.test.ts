/** @file `acanet check` on a model folder: what it carries beside the weights is examined too. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFolder } from '../../../src/recipe/examination/check-files.js';
import { writeModelOfTests } from '../../tasks/page/model-of-tests.js';

describe('examining a model folder', () => {
  let work: string;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'acanet-check-'));
    await writeModelOfTests(join(work, 'whole'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const verdicts = (folder: string) =>
    Object.fromEntries(checkFolder(folder).flatMap(({ files }) => files.map(({ file, verdict }) => [file, verdict])));

  it('finds every file as it was written', () => {
    assert.deepEqual(verdicts(join(work, 'whole')), {
      'model.safetensors': 'as written',
      'model.json': 'as written',
      'scoring.json': 'as written',
      'training.ark': 'as written',
      utt2spk: 'as written',
    });
  });

  for (const file of ['training.ark', 'utt2spk']) {
    it(`finds one that is gone: ${file}`, () => {
      const folder = join(work, 'lacking');
      rmSync(folder, { recursive: true, force: true });
      cpSync(join(work, 'whole'), folder, { recursive: true });
      rmSync(join(folder, file));
      const [{ files, verdict }] = checkFolder(folder);
      assert.equal(verdict, 'missing');
      assert.equal(files.find((each) => each.file === file)?.problem, 'is gone');
    });
  }

  for (const file of ['training.ark', 'utt2spk', 'scoring.json']) {
    it(`finds one that has changed: ${file}`, () => {
      const folder = join(work, 'changed');
      rmSync(folder, { recursive: true, force: true });
      cpSync(join(work, 'whole'), folder, { recursive: true });
      const bytes = readFileSync(join(folder, file));
      bytes[bytes.length - 3] ^= 1;
      writeFileSync(join(folder, file), bytes);
      const found = verdicts(folder);
      assert.equal(found[file], 'damaged');
      assert.equal(found['model.json'], 'as written');
    });
  }
});
