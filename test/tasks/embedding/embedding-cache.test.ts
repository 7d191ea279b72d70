/** @file Embeddings that are kept: by the piece of audio and by what made them; a damaged file is never used. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddingCache } from '../../../src/tasks/embedding/embedding-cache.js';

describe('embeddings that are kept', () => {
  let work: string;
  let audio: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-kept-'));
    audio = join(work, 'a.wav');
    writeFileSync(audio, 'sound');
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const made = { model: 'm', engine: 'onnx' };
  const open = (by: Record<string, unknown> = made) => openEmbeddingCache(join(work, 'kept'), by);
  const vector = Float32Array.of(1, 2, 3);
  const keep = () => {
    const cache = open();
    cache.add({ path: audio }, vector);
    cache.save();
  };

  it('are found for the same piece of the same file, and for nothing else', () => {
    keep();
    assert.deepEqual(open().find({ path: audio }), vector);
    assert.equal(open().find({ path: audio, offset: 1 }), undefined);
    assert.equal(open().find({ path: join(work, 'b.wav') }), undefined);
    assert.equal(open({ ...made, model: 'other' }).find({ path: audio }), undefined);
    utimesSync(audio, new Date(0), new Date(1e12));
    assert.equal(open().find({ path: audio }), undefined);
  });

  it('are added to those before', () => {
    keep();
    const cache = open();
    cache.add({ path: audio, offset: 1 }, Float32Array.of(4, 5, 6));
    cache.save();
    assert.deepEqual(open().find({ path: audio }), vector);
    assert.deepEqual(open().find({ path: audio, offset: 1 }), Float32Array.of(4, 5, 6));
  });

  it('are all kept where two processes have added some at the same time', () => {
    const [one, other] = [open(), open()];
    one.add({ path: audio }, vector);
    other.add({ path: audio, offset: 1 }, vector);
    one.save();
    other.save();
    assert.ok(open().find({ path: audio }) && open().find({ path: audio, offset: 1 }));
    assert.equal(readdirSync(join(work, 'kept')).length, 2);
  });

  it('are not used where a file of them is damaged, and are made anew', () => {
    for (const ending of ['.ark', '.json']) {
      rmSync(join(work, 'kept'), { recursive: true, force: true });
      keep();
      const file = join(
        work,
        'kept',
        readdirSync(join(work, 'kept')).find((name) => name.endsWith(ending))!,
      );
      const bytes = readFileSync(file);
      bytes[bytes.length - 6] ^= 1;
      writeFileSync(file, bytes);
      assert.equal(open().find({ path: audio }), undefined, ending);
      keep();
      assert.deepEqual(open().find({ path: audio }), vector);
    }
  });
});
