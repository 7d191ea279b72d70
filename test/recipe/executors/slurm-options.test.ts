/** @file The options that sbatch is given. */
import assert from 'node:assert/strict';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import type { Job, Submission } from '../../../src/recipe/executors/job-files.js';
import { noticeOf, sbatchOptions } from '../../../src/recipe/executors/slurm-options.js';

describe('the options of sbatch', () => {
  const job = (name: string, kind: Job['kind'], parts: number): Job => ({
    ...{ name, kind, after: [], threads: 3 },
    parts: Array.from({ length: parts }, (_, i) => ({ name: `p${i}`, targets: [] })),
  });
  const options = (executor: object, which: Job, sets: string[] = []) =>
    sbatchOptions(
      {
        work: { recipe: loadRecipe('demo', { sets }).recipe },
        token: 'abcd',
        executor: { type: 'slurm', ...executor },
      } as Submission,
      which,
      { folder: '/w/50%/jobs/001', after: ['7'] },
    );

  it('are those of the recipe for the kind of job, in arrays of its parts', () => {
    const executor = {
      partition: 'cpu',
      memory: '8G',
      atOnce: 2,
      stages: { train: { partition: 'gpu', gpus: 2, time: 60 } },
    };
    assert.deepEqual(options(executor, job('train', 'train', 5)), [
      '--job-name=acanet-demo-train-abcd',
      '--output=/w/50%%/jobs/001/train.%a.log',
      ...['--open-mode=append', '--cpus-per-task=3', '--array=1-5%2', '--partition=gpu', '--time=60', '--mem=8G'],
      ...['--gres=gpu:2', '--dependency=afterok:7', '--kill-on-invalid-dep=yes', '--signal=B:USR2@120', '--requeue'],
    ]);
  });

  it('ask for a GPU where a training computes on one', () => {
    const gpu = ['engine.device=cuda'];
    assert.ok(options({}, job('train', 'train', 1), gpu).includes('--gres=gpu:1'));
    assert.ok(!options({}, job('prep', 'prep', 1), gpu).some((option) => option.includes('gres')));
    assert.ok(!options({ gpus: 0 }, job('train', 'train', 1), gpu).some((option) => option.includes('gres')));
    assert.ok(options({}, job('prep', 'prep', 1)).includes('--output=/w/50%%/jobs/001/prep.log'));
  });

  it('tell a job of its end two minutes before, or after three quarters of a short one', () => {
    for (const [time, seconds] of [
      [undefined, 120],
      [2, 30],
      [60, 120],
      ['4', 60],
      ['2:00', 30],
      ['0:04', 1],
      ['0:05:00', 75],
      ['12:00:00', 120],
      ['0-0:04', 60],
      ['1-00', 120],
    ] as const) {
      assert.equal(noticeOf(time), seconds, String(time));
    }
  });
});
