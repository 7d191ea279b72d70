/** @file Several files in one ffmpeg: the same samples as one by one, whatever is wrong with one of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAhead, decodedAhead } from '../../src/audio/decode-ahead.js';
import { readAudio } from '../../src/audio/read.js';
import { m4a, mp3 } from './encoded-samples.js';
import { skip } from '../skip.js';

describe('audio/decode-ahead', () => {
  let dir: string;
  const { PATH } = process.env;
  before(function () {
    if (spawnSync('ffmpeg', ['-version']).status !== 0) skip(this, 'ffmpeg is not installed');
    dir = mkdtempSync(join(tmpdir(), 'acanet-ahead-'));
  });
  afterEach(() => {
    process.env.PATH = PATH;
  });
  after(() => rmSync(dir ?? join(tmpdir(), 'none'), { recursive: true, force: true }));
  const put = (name: string, bytes: Buffer) => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  /** Reads files where ffmpeg cannot be started any more. */
  const readWithout = (path: string) => {
    process.env.PATH = dir;
    return readAudio(path).finally(() => (process.env.PATH = PATH));
  };

  it('gives the samples that each file has by itself, until other files are asked for', async () => {
    const alone = await readAudio(put('alone.m4a', m4a));
    const paths = ['a.m4a', 'b.m4a', 'c.mp3'].map((name, i) => put(name, i === 2 ? mp3 : m4a));
    await decodeAhead(paths);
    for (const path of paths.slice(0, 2)) assert.deepEqual(await readWithout(path), alone);
    await decodeAhead([]);
    await assert.rejects(readWithout(put('d.m4a', m4a)), /ffmpeg is not installed/);
    assert.deepEqual(await readAudio(paths[0]), alone);
  });

  it('hands on items with their files decoded, a few at a time, in their order', async () => {
    const items = Array.from({ length: 35 }, (_, i) => ({ i, path: put(`${i % 30}.m4a`, m4a) }));
    const alone = await readAudio(put('alone.m4a', m4a));
    const seen: number[] = [];
    for await (const { i, path } of decodedAhead(items)) {
      seen.push(i);
      assert.deepEqual(await readWithout(path), alone);
    }
    assert.deepEqual(
      seen,
      items.map(({ i }) => i),
    );
  });

  it('leaves all to be read one by one where one of them is damaged or missing', async () => {
    const broken = Buffer.from(m4a);
    broken.fill(0, 60, 900);
    const paths = [put('good.m4a', m4a), put('broken.m4a', broken), join(dir, 'gone.m4a')];
    await decodeAhead(paths);
    const outcomes = await Promise.all(paths.map((path) => readAudio(path).then(() => 'read', String)));
    assert.equal(outcomes[0], 'read');
    assert.match(outcomes[1], /broken\.m4a: .*(ffmpeg|damaged|truncated)/);
    assert.match(outcomes[2], /gone\.m4a: cannot be read: there is no such file/);
  });
});
