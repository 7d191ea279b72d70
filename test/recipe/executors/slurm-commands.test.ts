/**
 * @file What is made of Slurm's answers that a small cluster cannot be brought to give. Stand-ins answer in the words of
 * Slurm 22.05.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSlurm, readQueue, submitScript, Unreached } from '../../../src/recipe/executors/slurm-commands.js';
import { skip } from '../../skip.js';

describe('answers of Slurm', () => {
  let folder: string;
  const path = process.env.PATH;
  before(function () {
    if (process.platform === 'win32') skip(this, 'the stand-ins are of a POSIX shell');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-answers-'));
    process.env.PATH = `${folder}:/bin:/usr/bin`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  const answer = (command: string, said: string, { status = 1, to = 2 } = {}) =>
    writeFileSync(join(folder, command), `#!/bin/sh\ncat >&${to} << 'END'\n${said}\nEND\nexit ${status}\n`, { mode: 0o755 }); // prettier-ignore
  const FAILED = 'sbatch: error: Batch job submission failed';

  for (const [what, said, message] of [
    [
      'an account that is rejected',
      `${FAILED}: Invalid account or account/partition combination specified`,
      /Slurm refuses the job: Batch job submission failed: Invalid account or account\/partition .*\n {2}set executor\.account to an account that you may use/,
    ],
    [
      'a time that is too long',
      `${FAILED}: Requested time limit is invalid (missing or exceeds some limit)`,
      /Slurm refuses the job: .*Requested time limit is invalid .*\n {2}set executor\.time to what the partition allows/,
    ],
    [
      'more memory than a node has',
      `${FAILED}: Memory specification can not be satisfied`,
      /Slurm refuses the job: .*\n {2}ask for what a node of the partition has: .*executor\.memory/,
    ],
    [
      'a quality of service that is none',
      `${FAILED}: Invalid qos specification`,
      /Slurm refuses the job: .*Invalid qos specification\n {2}change --qos in executor\.extra/,
    ],
  ] as const) {
    it(`name ${what}, and what to change`, async () => {
      answer('sbatch', said);
      await assert.rejects(submitScript([], 'job.sh'), message);
    });
  }

  it('that a killed command did not give may come in a moment', async () => {
    writeFileSync(join(folder, 'sbatch'), '#!/bin/sh\nkill -9 $$\n', { mode: 0o755 });
    await assert.rejects(submitScript([], 'job.sh'), (error: Error) => {
      assert.match(error.message, /sbatch was ended by SIGKILL/);
      return error instanceof Unreached;
    });
  });

  it('that come of a controller that is away may be others in a moment', async () => {
    answer('sbatch', `${FAILED}: Unable to contact slurm controller (connect failure)`);
    await assert.rejects(submitScript([], 'job.sh'), Unreached);
  });

  it('hold a number, also where several clusters share it', async () => {
    answer('sbatch', '12;north', { status: 0, to: 1 });
    assert.equal(await submitScript([], 'job.sh'), '12');
  });

  it('list jobs and the tasks of arrays, whatever their names hold', async () => {
    answer('squeue', '12|N/A|RUNNING|None|n1|acanet-a|b\n13|2|PENDING|JobHeldUser||acanet-c', { status: 0, to: 1 });
    assert.deepEqual(await readQueue(), [
      { id: '12', state: 'RUNNING', reason: 'None', node: 'n1', name: 'acanet-a|b' },
      { id: '13', task: 2, state: 'PENDING', reason: 'JobHeldUser', node: '', name: 'acanet-c' },
    ]);
  });

  it('are missed where there is no Slurm', async () => {
    process.env.PATH = folder;
    await assert.rejects(checkSlurm(), /--executor slurm: there is no sbatch here\n {2}give the command on a machine/);
  });
});
