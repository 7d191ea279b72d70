/** @file Archives of embeddings, binary and as text, there and back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEmbeddings, writeEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { closeArchives } from '../../../src/storage/kaldi-archive.js';
import { writeEmbeddingsAs } from '../../../src/tasks/embedding/embedding-formats.js';

describe('archives of embeddings', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-embeddings-'))));
  after(() => {
    closeArchives();
    rmSync(dir, { recursive: true, force: true });
  });

  it('are read as they were written, in binary and as text', () => {
    const embeddings = new Map([
      ['a', Float32Array.of(0.1, -2.5e-12, 3)],
      ['b', Float32Array.of(1 / 3, 0, -1e30)],
    ]);
    const path = join(dir, 'x.ark');
    writeEmbeddings(path, embeddings);
    assert.deepEqual(readEmbeddings(path), embeddings);
    writeEmbeddingsAs('text', join(dir, 't.ark'), embeddings);
    assert.deepEqual(readEmbeddings(join(dir, 't.ark')), embeddings);
  });

  it('as text name the line that is none', () => {
    const path = join(dir, 'bad.ark');
    for (const [line, message] of [
      ['b [ 1 x ]', /bad\.ark:2: expected numbers, got "x" as value 1 of "b"/],
      ['b 1 2', /bad\.ark:2: expected a key and a vector/],
      ['a [ 1 ]', /bad\.ark:2: the key "a" comes twice/],
    ] as const) {
      writeFileSync(path, `a  [ 1 2 ]\n${line}\n`);
      assert.throws(() => readEmbeddings(path), message);
    }
  });
});
