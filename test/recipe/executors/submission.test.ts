/** @file Which folders of earlier submissions are removed when another is written. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import {
  openRecord,
  outcomeRecord,
  type PartOutcome,
  type Submission,
} from '../../../src/recipe/executors/job-files.js';
import { submissionRecord } from '../../../src/recipe/executors/job-files.js';
import { writeSubmission } from '../../../src/recipe/executors/submission.js';

describe('folders of jobs', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-jobs-'));
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const { recipe } = loadRecipe('demo');
  const inJobs = (...path: string[]) => join(work, 'jobs', ...path);
  const submission = (number: string): Submission => ({
    ...{ number, token: number, asked: '', executor: { type: 'slurm' }, work: { recipe }, force: [], workFolder: work },
    jobs: [{ name: 'train', kind: 'train', after: [], parts: [{ name: 'a' }, { name: 'b' }], threads: 1 }],
    ...{ node: 'node', versions: {}, host: 'here', since: '' },
  });
  const numbers = () => readdirSync(inJobs()).filter((name) => /^\d/.test(name));

  /** One whose parts became that; undefined: nothing is known. */
  function leave(number: string, ...outcomes: (PartOutcome['outcome'] | undefined)[]) {
    mkdirSync(inJobs(number), { recursive: true });
    submissionRecord.write(inJobs(number), submission(number));
    outcomes.forEach((outcome, i) => {
      const record = outcomeRecord(`train.${i + 1}.json`);
      if (outcome) record.write(inJobs(number), { outcome, node: 'n1', seconds: 1, restarts: 0 });
    });
  }

  it('are removed where every part was done, but for the last five', () => {
    leave('001', 'done', 'done');
    leave('002', 'done', 'failed');
    leave('003', 'done', undefined);
    leave('004', 'done', 'done');
    leave('005', 'done', 'done');
    writeFileSync(inJobs('005/submission.json'), '{');
    for (const number of ['998', '999', '1000', '1001', '1002']) leave(number, 'done', 'done');
    writeSubmission({ folder: inJobs('1003'), submission: submission('1003') });
    const kept = ['002', '003', '005', '998', '999', '1000', '1001', '1002', '1003'];
    assert.deepEqual(numbers().sort(), kept.sort());
  });

  it('are kept while their jobs may work', () => {
    for (const number of ['001', '002', '003', '004', '005', '006', '007']) leave(number, 'done', 'done');
    openRecord.write(inJobs(), { number: '001' });
    writeSubmission({ folder: inJobs('008'), submission: submission('008') });
    assert.deepEqual(numbers(), ['001', '003', '004', '005', '006', '007', '008']);
  });
});
