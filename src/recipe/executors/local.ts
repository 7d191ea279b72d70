/** @file The executor `local`: everything in this process, or trainings side by side on this machine (`--jobs`). */
import { stageOf } from '../running/stage.js';
import { runStages } from '../running/stage-runner.js';
import type { Execution, Executor } from './executor.js';
import { closeBesideJobs, refuseBesideJobs } from './open-jobs.js';
import { chainsOf, runSideBySide } from './side-by-side.js';

export const localExecutor = (): Executor => ({
  here: true,
  check: refuseBesideJobs,
  describe: ({ plans }) => {
    const due = plans.filter(({ action }) => action !== 'skip').map(({ stage }) => `  ${stage}\n`);
    return due.length === 0 ? 'all is up to date\n' : `on this machine, one after another:\n${due.join('')}`;
  },
  atOnce: ({ stages, plans, jobs }) => Math.max(1, Math.min(jobs, jobs > 1 ? chainsOf(stages, plans).size : 1)),
  run: async (execution) => {
    await closeBesideJobs(execution.workFolder, execution);
    const chains = execution.jobs > 1 ? chainsOf(execution.stages, execution.plans) : new Map<string, string[]>();
    return chains.size < 2 ? runStages(execution) : runTogether(execution, chains);
  },
});

async function runTogether(execution: Execution, chains: ReadonlyMap<string, readonly string[]>) {
  const { work, workFolder, stages, force, jobs, log, signal, onFinished } = execution;
  const trained = stages.filter(({ trains, ofRun }) => trains && chains.has(ofRun!));
  const shared = trained.flatMap(({ needs }) => needs.map(stageOf));
  await runStages({
    ...execution,
    targets: [...new Set(shared)],
    force: force?.filter((name) => shared.includes(name)),
  });
  // What has just been forced is read by trainings that begin at once.
  const left = force?.filter((name) => !shared.includes(name));
  await runSideBySide({ work, workFolder, chains, force: left, jobs, beside: jobs, log, signal, onFinished });
  const done = new Set([...shared, ...[...chains.values()].flat()]);
  return runStages({ ...execution, force: force?.filter((name) => !done.has(name)) });
}
