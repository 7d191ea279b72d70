/** @file What becomes of a part that two processes were begun for: what one has done, the other does not undo. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acanetCommit, versions } from '../../../src/machine.js';
import { locksFolder, outcomeRecord, type Job, type Submission } from '../../../src/recipe/executors/job-files.js';
import { lockPart } from '../../../src/recipe/executors/part-lock.js';
import { doPart, Interruption } from '../../../src/recipe/executors/part-work.js';

const job: Job = { name: 'probe', kind: 'train', after: [], parts: [{ name: 'aca-net' }], threads: 1 };
const done = { outcome: 'done', node: 'n7', seconds: 3, restarts: 0 } as const;

describe('the work on a part', () => {
  let workFolder: string;
  let folder: string;
  beforeEach(() => {
    workFolder = mkdtempSync(join(tmpdir(), 'acanet-part-'));
    folder = join(workFolder, 'jobs', '001');
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => rmSync(workFolder, { recursive: true, force: true }));

  /** The part, while another process holds it; `meanwhile` is what happens there. */
  async function doneBeside(meanwhile: () => void, why: Interruption['why']) {
    const unlock = await lockPart(join(locksFolder(workFolder), 'aca-net.lock'), { onLost: assert.fail });
    const stop = new AbortController();
    const submission = { workFolder, versions: versions(), commit: acanetCommit()?.commit } as Submission;
    const outcome = await doPart({
      ...{ folder, submission, job, index: 0, signal: stop.signal, onLost: assert.fail },
      log(line) {
        assert.match(line, /^waiting for process/);
        meanwhile();
        stop.abort(new Interruption(why, 'enough'));
      },
    });
    unlock();
    return { outcome, kept: outcomeRecord('probe.json').read(folder) };
  }

  for (const why of ['its time ends', 'cancelled'] as const) {
    it(`leaves the outcome that another wrote while it waited: ${why}`, async () => {
      const { outcome, kept } = await doneBeside(() => outcomeRecord('probe.json').write(folder, done), why);
      assert.deepEqual([outcome, kept], [done, done]);
    });
  }

  it('says that it was stopped where the other had not ended', async () => {
    const { kept } = await doneBeside(() => undefined, 'cancelled');
    assert.equal(kept.outcome, 'stopped');
  });
});
