/** @file Which jobs there are, what each does, and which of them wait for which. */
import assert from 'node:assert/strict';
import { planJobs } from '../../../src/recipe/executors/job-graph.js';
import type { StagePlan } from '../../../src/recipe/running/stage-plan.js';
import type { Stage } from '../../../src/recipe/running/stage.js';

type GraphStage = Pick<Stage, 'name' | 'needs' | 'trains' | 'ofRun' | 'timed' | 'share'>;

const runs = ['a', 'b', 'a@2', 'b@2'];
const stages: GraphStage[] = [
  { name: 'prep', needs: [] },
  { name: 'features', needs: ['prep:manifest'], share: () => Promise.resolve() },
  ...runs.flatMap((ofRun): GraphStage[] => [
    { name: `train/${ofRun}`, ofRun, trains: true, needs: ['prep:training', 'features:training'] },
    { name: `score/${ofRun}`, ofRun, needs: [`train/${ofRun}`, 'prep'] },
  ]),
  { name: 'cost/a', ofRun: 'a', timed: true, needs: ['train/a'] },
  { name: 'compare', needs: [...runs.map((run) => `score/${run}`), 'cost/a'] },
  { name: 'report', needs: ['compare'] },
];

const plansFor = (actions: Record<string, StagePlan['action']>, otherwise: StagePlan['action']): StagePlan[] =>
  stages.map(({ name }) => ({ stage: name, action: actions[name] ?? otherwise, reasons: [] }));
const plan = (plans: readonly StagePlan[], executor = {}, threads: number | null = null) =>
  planJobs({ engine: { threads }, executor, stages, plans });

describe('the jobs of a recipe', () => {
  it('are all of its stages, each once, every job after the one before', () => {
    const jobs = plan(plansFor({}, 'run'), { parts: 2 });
    assert.deepEqual(
      jobs.map(({ name, after }) => [name, ...after]),
      [
        ['probe'],
        ['prep', 'probe'],
        ['features', 'prep'],
        ['merge', 'features'],
        ['train', 'merge'],
        ['finish', 'train'],
      ],
    );
    const targets = jobs.flatMap(({ parts }) => parts.flatMap((part) => part.targets ?? []));
    assert.deepEqual([...targets].sort(), stages.map(({ name }) => name).sort());
    assert.deepEqual(jobs.find(({ name }) => name === 'train')!.parts[2], {
      name: 'a@2',
      targets: ['train/a@2', 'score/a@2'],
    });
    assert.deepEqual(
      jobs.find(({ name }) => name === 'features')!.parts.map(({ share }) => share),
      [0, 1].map((index) => ({ stage: 'features', index, count: 2 })),
    );
  });

  it('train what others start from before these, so that no two jobs work in one folder', () => {
    const started = stages.map((stage) =>
      stage.name === 'train/b'
        ? { ...stage, needs: [...stage.needs, 'score/a'] }
        : stage.name === 'train/a@2'
          ? { ...stage, needs: [...stage.needs, 'score/b'] }
          : stage,
    );
    const graph = (plans: readonly StagePlan[]) =>
      planJobs({ engine: { threads: 1 }, executor: {}, stages: started, plans });
    const jobs = graph(plansFor({}, 'run')).filter(({ kind }) => kind === 'train');
    assert.deepEqual(
      jobs.map(({ name, after, parts }) => [name, after, parts.map((part) => part.name)]),
      [
        ['train', ['merge'], ['a', 'b@2']],
        ['train-2', ['train'], ['b']],
        ['train-3', ['train-2'], ['a@2']],
      ],
    );
    // What is up to date need not be waited for.
    const ready = graph(plansFor({ 'train/a': 'skip', 'score/a': 'skip' }, 'run'));
    assert.deepEqual(
      ready.filter(({ kind }) => kind === 'train').map(({ name, parts }) => [name, parts.map((part) => part.name)]),
      [
        ['train', ['b', 'b@2']],
        ['train-2', ['a@2']],
      ],
    );
  });

  it('are those of what is due alone', () => {
    const jobs = plan(plansFor({ 'score/b': 'run', compare: 'if changed', report: 'if changed' }, 'skip'));
    assert.deepEqual(jobs.map(({ name, parts }) => [name, parts.flatMap(({ targets = [] }) => targets)]), [
      ['probe', []],
      ['train', ['train/b', 'score/b']],
      ['finish', ['compare', 'report']],
    ]); // prettier-ignore
  });

  it('are none where all is up to date', () => assert.deepEqual(plan(plansFor({}, 'skip')), []));

  it('share no features where one part is asked for', () => {
    const jobs = plan(plansFor({}, 'run'), { parts: 1 });
    assert.deepEqual(jobs.map(({ name }) => name).slice(0, 4), ['probe', 'prep', 'merge', 'train']);
  });

  it('compute in as many threads as the recipe says, else as a job of the kind has CPUs', () => {
    const threadsOf = (executor: object, threads: number | null) =>
      plan(plansFor({}, 'run'), executor, threads).find(({ name }) => name === 'train')!.threads;
    assert.equal(threadsOf({ cpus: 2, stages: { train: { cpus: 6 } } }, null), 6);
    assert.equal(threadsOf({ cpus: 2, stages: { features: { cpus: 6 } } }, null), 2);
    assert.equal(threadsOf({ cpus: 2 }, 3), 3);
    assert.equal(threadsOf({}, null), 4);
  });
});
