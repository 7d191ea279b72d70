/**
 * @file What an executor is: the one seam between what there is to do and where that is done.
 *
 * `run` brings the wanted stages up to date, in a work folder that the caller holds the lock of. Results are the same
 * bytes wherever it does so, for the same number of threads.
 */
import type { ExecutorOptions } from '../definition/executor-options.js';
import type { StagePlan } from '../running/stage-plan.js';
import type { NamedExperiment } from '../running/work-folder.js';
import type { Stage, StageContext } from '../running/stage.js';
import type { Work } from '../stages/work.js';

/** What is to be done. */
export interface Execution {
  work: Work;
  workFolder: string;
  /** Of a recipe, by what commands name it. */
  named?: NamedExperiment;
  /** All that the work has. */
  stages: readonly Stage[];
  /** What is wanted and what that needs, as planned. */
  plans: readonly StagePlan[];
  targets?: readonly string[];
  force?: readonly string[];
  /** Trainings side by side on this machine. */
  jobs: number;
  log: (line: string) => void;
  progress: StageContext['progress'];
  signal?: AbortSignal;
  /** Told of each stage that has been run to its end. */
  onFinished: (stage: string) => void;
}

/** For work that may wait for other processes. */
export type Waiting = Pick<Execution, 'log' | 'signal'>;

export interface Executor {
  /** The work is done on this machine, so that what it needs must be here. */
  readonly here: boolean;
  /** @throws UserError where it cannot be used here, or in this work folder now; before anything is written */
  check(workFolder: string, waiting: Waiting): Promise<void>;
  /** What it would do, in commands and scripts as far as there are any. Writes nothing. */
  describe(execution: Execution): string;
  /** How many trainings are done at a time; undefined where that is not known. */
  atOnce(execution: Pick<Execution, 'stages' | 'plans' | 'jobs'>): number | undefined;
  /** @returns what was done to each stage */
  run(execution: Execution): Promise<StagePlan[]>;
}

/** Makes an executor from what recipe and site say. */
export type CreateExecutor = (options: ExecutorOptions) => Executor;
