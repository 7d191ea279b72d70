/**
 * @file The short form of the kills: SIGKILL at system calls by which a stage writes. The same command then ends in the
 * same bytes as if there had been none. (A training that is killed: `training/resume.test.ts`.)
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedRandom } from '../../src/random.js';
import { skip } from '../skip.js';
import { createExperiment } from './experiment.js';
import { changingCalls, straceProblem, withFault } from './system-calls.js';

const PREP = ['prep', '--recipe', 'tiny.yaml'];

describe('a command that is killed', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-kills-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends in the same bytes when it is given again, with nothing left over', async function () {
    const problem = straceProblem();
    if (problem) skip(this, problem);
    const experiment = createExperiment(folder);
    const calls = await changingCalls(experiment, PREP);
    experiment.keepReference();
    const { shuffle } = keyedRandom('kills of prep');
    for (const name of ['write', 'fsync', 'rename']) {
      experiment.rewind();
      const [call] = shuffle(calls.filter((each) => each.name === name));
      const killed = await experiment.acanet(PREP, { under: withFault('signal=KILL', call) });
      assert.equal(killed.signal, 'SIGKILL', `${name} ${call.ordinal}: ${killed.stderr}`);
      const { code, stderr } = await experiment.acanet(PREP);
      assert.equal(code, 0, stderr);
      assert.deepEqual(experiment.differences('prep'), [], `${name} ${call.ordinal}`);
    }
  });
});
