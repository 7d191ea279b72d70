/** @file Waiting for processes elsewhere that may still work in a folder: it is said, and can be interrupted. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locksFolder } from '../../../src/recipe/executors/job-files.js';
import { waitForParts } from '../../../src/recipe/executors/open-jobs.js';

describe('waiting for the parts of a submission', () => {
  it('names all that are waited for at once, and ends when it is interrupted', async () => {
    const workFolder = mkdtempSync(join(tmpdir(), 'acanet-open-'));
    const folder = locksFolder(workFolder);
    mkdirSync(folder, { recursive: true });
    for (const run of ['aca-net', 'ecapa-tdnn']) {
      writeFileSync(join(folder, `${run}.lock`), JSON.stringify({ token: run, host: 'n7', pid: 1 }));
      writeFileSync(join(folder, `${run}.lock.${run}`), '0');
    }
    const stop = new AbortController();
    const said: string[] = [];
    const log = (line: string) => {
      if (said.push(line) === 2) stop.abort(new Error('enough'));
    };
    try {
      await assert.rejects(waitForParts(workFolder, { log, signal: stop.signal }), /enough|abort/);
      assert.deepEqual(said.toSorted(), [
        'waiting for process 1 on n7, which may work on aca-net',
        'waiting for process 1 on n7, which may work on ecapa-tdnn',
      ]);
      assert.equal(readdirSync(folder).length, 4);
    } finally {
      rmSync(workFolder, { recursive: true });
    }
  });
});
