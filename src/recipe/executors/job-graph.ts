/**
 * @file The jobs that bring planned stages up to date, and which of them wait for which:
 *
 *     probe → prep → features (an array of shares) → merge → train (an array of trainings) → finish
 *
 * Jobs that there is nothing for are left out. A part of `train` is one training run, from `train/<run>` to its scores;
 * runs that start from another's model are parts of a later job, `train-2` and so on; `finish` is what needs several runs, or measures time. Where the listening, a recipe's embeddings or its robustness
 * are to be shared too, the work is cut before the stage that is shared:
 *
 *     probe → corpus → inspect (shares) → prep → …  train → embed (shares) → score → conditions (shares) → robustness → finish
 */
import type { EngineOptions } from '../../engine/create-engine.js';
import { internal } from '../../errors.js';
import {
  partsOfKind,
  resourcesOf,
  type ExecutorOptions,
  type JobKind,
  type SharedKind,
} from '../definition/executor-options.js';
import { stageOf, type Stage } from '../running/stage.js';
import type { StagePlan } from '../running/stage-plan.js';
import type { Job, JobPart } from './job-files.js';

/** CPUs of a job where neither recipe nor site says. */
const CPUS = 4;

type GraphStage = Pick<Stage, 'name' | 'needs' | 'trains' | 'ofRun' | 'timed' | 'share'>;

export interface JobGraphOptions {
  engine: Pick<EngineOptions, 'threads'>;
  executor: ExecutorOptions;
  stages: readonly GraphStage[];
  plans: readonly StagePlan[];
}

/** How the shares of a stage are done, by the beginning of its name. */
const SHARED: Readonly<Record<string, { kind: SharedKind; byDefault?: boolean }>> = {
  prep: { kind: 'prep' },
  features: { kind: 'features', byDefault: true },
  embed: { kind: 'embed' },
  'embed-train': { kind: 'embed' },
  robustness: { kind: 'robustness' },
  embeddings: { kind: 'embed', byDefault: true },
};

const sharedAs = (name: string): (typeof SHARED)[string] | undefined => SHARED[/^[\w-]+/.exec(name)![0]];

/** The jobs, in an order in which they can be submitted; none where all is up to date. */
export function planJobs({ engine, executor, stages, plans }: JobGraphOptions): Job[] {
  const planned = new Map(plans.map(({ stage, action }) => [stage, action]));
  const isDue = (name: string) => planned.has(name) && planned.get(name) !== 'skip';
  const due = stages.filter(({ name }) => isDue(name));
  if (due.length === 0) return [];
  const jobs: Job[] = [];
  const add = (name: string, kind: JobKind, parts: JobPart[]) => {
    if (parts.length === 0) return;
    const before = jobs.at(-1)?.name;
    const threads = engine.threads ?? resourcesOf(executor, kind).cpus ?? CPUS;
    jobs.push({ name, kind, after: before === undefined ? [] : [before], parts, threads });
  };
  const whole = (name: string, targets: readonly string[]): JobPart[] =>
    targets.length > 0 ? [{ name, targets: [...targets] }] : [];
  /** How many jobs share the stage. */
  const partsOf = ({ name, share }: GraphStage): number => {
    if (!share) return 1;
    const shared = sharedAs(name);
    if (!shared) throw internal(`who shares stage ${name} is not known`);
    return partsOfKind(executor, shared.kind, shared.byDefault ?? false);
  };
  const sharesOf = (stage: GraphStage): JobPart[] => {
    const count = partsOf(stage);
    if (count === 1) return [];
    return Array.from({ length: count }, (_, index) => ({
      name: `${stage.name} ${index + 1} of ${count}`,
      share: { stage: stage.name, index, count },
    }));
  };

  const sharesOfKind = (kind: SharedKind, among: readonly GraphStage[]) =>
    among.filter(({ name }) => sharedAs(name)?.kind === kind).flatMap(sharesOf);
  add('probe', 'prep', [{ name: 'probe' }]);

  const common = due.filter(({ name, ofRun, share }) => ofRun === undefined && (share ?? neededByRuns(name, stages)));
  const [sharable, first] = partition(common, ({ name }) => sharedAs(name)?.byDefault === true);
  const heard = sharesOfKind('prep', first);
  if (heard.length > 0) add('corpus', 'prep', [{ name: 'corpus', prepares: heard[0].share!.stage }]);
  add('inspect', 'prep', heard);
  add('prep', 'prep', whole('prep', namesOf(first)));
  const kind = sharable[0]?.name === 'embeddings' ? 'embed' : 'features';
  add(kind, kind, sharable.flatMap(sharesOf));
  add('merge', kind, whole(kind, namesOf(sharable)));

  const chains = chainsDue(stages, planned);
  const cut = Array.from(chains, ([run, chain]) => ({ run, ...cutAtShares(chain, (stage) => partsOf(stage) > 1) }));
  const ofRuns = (step: Step, among: readonly string[] = [...chains.keys()]): JobPart[] =>
    cut.flatMap(({ run, [step]: targets }) =>
      among.includes(run) && targets.some(isDue) ? [{ name: run, targets }] : [],
    );
  const dueOfRuns = due.filter(({ ofRun }) => ofRun !== undefined);
  for (const [i, among] of inOrderOfStart(chains).entries())
    add(i === 0 ? 'train' : `train-${i + 1}`, 'train', ofRuns('train', among));
  add('embed', 'embed', sharesOfKind('embed', dueOfRuns));
  add('score', 'embed', ofRuns('score'));
  add('conditions', 'robustness', sharesOfKind('robustness', dueOfRuns));
  add('robustness', 'robustness', ofRuns('robustness'));

  const done = new Set([...namesOf(common), ...[...chains.values()].flatMap(namesOf)]);
  add('finish', 'finish', whole('finish', namesOf(due).filter((name) => !done.has(name)))); // prettier-ignore
  return jobs;
}

const namesOf = (stages: readonly Pick<Stage, 'name'>[]): string[] => stages.map(({ name }) => name);

/** What is done of a run one after the other, with shares between. */
type Step = 'train' | 'score' | 'robustness';

function cutAtShares(chain: readonly GraphStage[], isShared: (stage: GraphStage) => boolean): Record<Step, string[]> {
  const steps: Record<Step, string[]> = { train: [], score: [], robustness: [] };
  let step: Step = 'train';
  for (const stage of chain) {
    if (isShared(stage)) step = sharedAs(stage.name)?.kind === 'robustness' ? 'robustness' : 'score';
    steps[step].push(stage.name);
  }
  return steps;
}

/** Of each run that something is due of, all stages that do not measure time. */
function chainsDue(
  stages: readonly GraphStage[],
  planned: ReadonlyMap<string, StagePlan['action']>,
): Map<string, GraphStage[]> {
  const chains = new Map<string, GraphStage[]>();
  for (const stage of stages) {
    const { name, ofRun, timed } = stage;
    if (ofRun !== undefined && !timed && planned.has(name)) chains.set(ofRun, [...(chains.get(ofRun) ?? []), stage]);
  }
  return new Map([...chains].filter(([, chain]) => chain.some(({ name }) => planned.get(name) !== 'skip')));
}

/** The runs, those that others start from in an earlier list than these. */
function inOrderOfStart(chains: ReadonlyMap<string, readonly GraphStage[]>): string[][] {
  const runOf = new Map([...chains].flatMap(([run, chain]) => chain.map(({ name }) => [name, run])));
  const levelOf = (run: string): number => {
    const before = chains.get(run)!.flatMap(({ needs }) => needs.map((need) => runOf.get(stageOf(need)) ?? run));
    return Math.max(0, ...before.filter((other) => other !== run).map((other) => 1 + levelOf(other)));
  };
  const levels: string[][] = [];
  for (const run of chains.keys()) (levels[levelOf(run)] ??= []).push(run);
  return levels;
}

/** Whether a stage of a run needs this one, itself or through others. */
function neededByRuns(name: string, stages: readonly GraphStage[]): boolean {
  const dependents = stages.filter(({ needs }) => needs.some((need) => stageOf(need) === name));
  return dependents.some((each) => each.ofRun !== undefined || neededByRuns(each.name, stages));
}

function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
