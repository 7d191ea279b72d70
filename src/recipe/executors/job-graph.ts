/**
 * @file The jobs that bring planned stages up to date, and which of them wait for which:
 *
 *     probe → prep → features (an array of shares) → merge → train (an array of trainings) → finish
 *
 * Jobs that there is nothing for are left out. A part of `train` is one training run, from `train/<run>` to its scores;
 * `finish` is what needs several runs, or measures time.
 */
import type { EngineOptions } from '../../engine/create-engine.js';
import { resourcesOf, type ExecutorOptions, type JobKind } from '../definition/executor-options.js';
import { stageOf, type Stage } from '../running/stage.js';
import type { StagePlan } from '../running/stage-plan.js';
import type { Job, JobPart } from './job-files.js';

/** CPUs of a job where neither recipe nor site says. */
const CPUS = 4;
/** Jobs that the features are shared among, where neither recipe nor site says. */
const PARTS = 4;

export interface JobGraphOptions {
  engine: Pick<EngineOptions, 'threads'>;
  executor: ExecutorOptions;
  stages: readonly Pick<Stage, 'name' | 'needs' | 'trains' | 'ofRun' | 'timed' | 'share'>[];
  plans: readonly StagePlan[];
}

/** The jobs, in an order in which they can be submitted; none where all is up to date. */
export function planJobs({ engine, executor, stages, plans }: JobGraphOptions): Job[] {
  const planned = new Map(plans.map(({ stage, action }) => [stage, action]));
  const isDue = (name: string) => planned.has(name) && planned.get(name) !== 'skip';
  const due = stages.filter(({ name }) => isDue(name));
  if (due.length === 0) return [];
  const chains = chainsDue(stages, planned);
  const chained = new Set([...chains.values()].flat());
  const shared = due.filter(({ name, ofRun, share }) => ofRun === undefined && (share ?? neededByRuns(name, stages)));
  const jobs: Job[] = [];
  const add = (name: string, kind: JobKind, parts: JobPart[]) => {
    if (parts.length === 0) return;
    const before = jobs.at(-1)?.name;
    const threads = engine.threads ?? resourcesOf(executor, kind).cpus ?? CPUS;
    jobs.push({ name, kind, after: before === undefined ? [] : [before], parts, threads });
  };
  const whole = (name: string, targets: readonly string[]): JobPart[] =>
    targets.length > 0 ? [{ name, targets: [...targets] }] : [];
  const [sharable, first] = partition(shared, ({ share }) => share !== undefined);
  const kind = sharable[0]?.name === 'embeddings' ? 'embed' : 'features';
  const count = executor.parts ?? PARTS;
  add('probe', 'prep', [{ name: 'probe' }]);
  add('prep', 'prep', whole('prep', first.map(({ name }) => name))); // prettier-ignore
  const shares = count > 1 ? sharable.flatMap(({ name }) => sharesOf(name, count)) : [];
  add(kind, kind, shares);
  add('merge', kind, whole('features', sharable.map(({ name }) => name))); // prettier-ignore
  add(
    'train',
    'train',
    Array.from(chains, ([name, targets]) => ({ name, targets })),
  );
  const done = new Set([...shared.map(({ name }) => name), ...chained]);
  add('finish', 'finish', whole('finish', due.map(({ name }) => name).filter((name) => !done.has(name)))); // prettier-ignore
  return jobs;
}

const sharesOf = (stage: string, count: number): JobPart[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `${stage} ${index + 1} of ${count}`,
    share: { stage, index, count },
  }));

/** Of each run that something is due of, all stages that do not measure time. */
function chainsDue(
  stages: JobGraphOptions['stages'],
  planned: ReadonlyMap<string, StagePlan['action']>,
): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const { name, ofRun, timed } of stages) {
    if (ofRun !== undefined && !timed && planned.has(name)) chains.set(ofRun, [...(chains.get(ofRun) ?? []), name]);
  }
  const isDue = (name: string) => planned.get(name) !== 'skip';
  return new Map([...chains].filter(([, names]) => names.some(isDue)));
}

/** Whether a stage of a run needs this one, itself or through others. */
function neededByRuns(name: string, stages: JobGraphOptions['stages']): boolean {
  const dependents = stages.filter(({ needs }) => needs.some((need) => stageOf(need) === name));
  return dependents.some((each) => each.ofRun !== undefined || neededByRuns(each.name, stages));
}

function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
