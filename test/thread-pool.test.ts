/** @file Threads that fail between tasks, at their start or at their end: told by a task, never by the process. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../src/errors.js';
import { createThreadPool } from '../src/thread-pool.js';

describe('a pool of threads', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'acanet-threads-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const poolOf = (code: string, threads: [number, number]) => {
    const path = join(folder, 'worker.mjs');
    writeFileSync(path, code);
    return createThreadPool<number, number>({ module: pathToFileURL(path), threads });
  };

  it('does every task, whichever thread takes it', async () => {
    const pool = poolOf('export default (n) => n * n;', [1, 3]);
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map((n) => pool.run(n))), [1, 4, 9, 16, 25]);
    await pool.destroy();
  });

  it('leaves the error of a task to that task', async () => {
    const pool = poolOf('export default (n) => { if (n === 2) throw new Error("two"); return n; };', [2, 2]);
    const results = await Promise.allSettled([1, 2, 3].map((n) => pool.run(n)));
    assert.deepEqual(
      results.map((each) => (each.status === 'rejected' ? String(each.reason) : each.value)),
      [1, 'Error: two', 3],
    );
    await pool.destroy();
  });

  for (const threads of [
    [1, 3],
    [3, 3],
  ] as [number, number][]) {
    it(`rejects tasks where the module cannot be loaded, and ends: ${threads.join(' to ')} threads`, async () => {
      const pool = poolOf('import "./missing.mjs"; export default (n) => n;', threads);
      const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => pool.run(n)));
      for (const each of results)
        assert.match(each.status === 'rejected' ? String(each.reason) : 'done', /missing\.mjs/);
      await pool.destroy();
    });
  }

  it('tells by the next task what befell a thread after one', async () => {
    const late = 'setTimeout(() => { throw new Error("late") }, 20)';
    const pool = poolOf(`export default async (n) => { ${late}; await new Promise((r) => setTimeout(r, n)); }`, [1, 1]);
    await pool.run(1);
    await assert.rejects(pool.run(10_000), /late/);
    await pool.destroy();
  });

  it('says what is to be raised where no thread can be started', () => {
    const error = Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });
    assert.match(messageOf(error), /^no more processes or threads can be started here.*\(EAGAIN\)$/);
  });
});
