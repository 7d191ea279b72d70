/**
 * @file What a recipe takes before it is run: trainings and all else (`other-stages.ts`), hours of processors or GPUs,
 * disk, and how long all of it takes on so many nodes. What is up to date is not counted.
 *
 * Hours of a training come from the newest training of the same network in the folder of experiments on the same kind of device, else
 * from the newest of any network by operations, else from rates that were measured on other machines (`network-rate.ts`).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import { estimateCacheBytes } from '../../features/disk-space.js';
import type { ModelOptions } from '../../models/registry.js';
import { phasesOf } from '../../training/phases.js';
import { stepsPerEpoch } from '../../training/sampler.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { prepFiles } from '../artifacts/prep.js';
import {
  partsOfKind,
  resourcesOf,
  sharedKinds,
  type ExecutorOptions,
  type SharedKind,
} from '../definition/executor-options.js';
import type { Recipe } from '../definition/schema.js';
import { isReady } from '../definition/ready-model.js';
import { resolveSystems, type SystemSettings } from '../definition/system-settings.js';
import { trainingRuns } from '../definition/training-runs.js';
import type { StagePlan } from '../running/stage-plan.js';
import { cropSeconds, PASSES, type MeasuredRates } from './measured-rates.js';
import { rateFor } from './network-rate.js';
import {
  cachedUtterances,
  planOtherStages,
  sum,
  type Hours,
  type OtherStages,
  type PlannedStage,
} from './other-stages.js';

/** Threads of a training where neither recipe nor site says: those of a job. */
const THREADS = 4;

export interface PlannedSystem {
  system: string;
  /** Trainings to do. */
  trainings: number;
  steps: number;
  crops: number;
  parameters: number;
  /** Of one training, with all of its threads or its GPU. */
  hours: number;
  /** Where the rate comes from. */
  basis: string;
}

export interface WorkPlan {
  device: 'CPU' | 'GPU';
  /** Threads of a training. */
  threads: number;
  systems: PlannedSystem[];
  /** Hours of CPU threads, or of GPUs, of all trainings. */
  deviceHours: number;
  /** What else there is to do. */
  others: PlannedStage[];
  utterances: number;
  audioHours: number;
  disk: { features: number; checkpoints: number };
  /** How long all of it takes, by how many nodes work on a part each. */
  spread: { nodes: number; hours: number }[];
}

export interface WorkPlanOptions {
  recipe: Recipe;
  executor: ExecutorOptions;
  workFolder: string;
  plans: readonly StagePlan[];
  rates: MeasuredRates;
  library: Pick<Library, 'modelFigures'>;
}

/** @throws UserError where the corpus has not been read */
export async function planWork({
  recipe,
  executor,
  workFolder,
  plans,
  rates,
  library,
}: WorkPlanOptions): Promise<WorkPlan> {
  const { manifest } = prepFiles(join(workFolder, 'prep'));
  if (!existsSync(manifest)) {
    throw new UserError(
      `${manifest}: the corpus has not been read, so how much there is to do is not known\n` +
        `  read it first: acanet prep --recipe ${recipe.name} (with --set inspect=none it does not listen to the audio)`,
    );
  }
  const utterances = readManifest(manifest);
  const gpu = recipe.engine.device !== 'cpu';
  const threads = recipe.engine.threads ?? resourcesOf(executor, 'train').cpus ?? THREADS;
  const isDue = (stage: string) => plans.some((plan) => plan.stage === stage && plan.action !== 'skip');
  const settings = resolveSystems(recipe);
  const systems: PlannedSystem[] = [];
  const trainingHours = new Map<string, number>();
  let checkpoints = 0;
  for (const [system, own] of settings) {
    const due = trainingRuns(recipe, system).filter(({ name }) => isDue(`train/${name}`));
    const { model } = own;
    if (due.length === 0 || isReady(model)) continue;
    const planned = await planSystem(
      { ...own, model },
      { utterances, seed: recipe.seed, gpu, threads, rates, library },
    );
    systems.push({ system, trainings: due.length, ...planned });
    for (const { name } of due) trainingHours.set(name, planned.hours);
    checkpoints += due.length * checkpointBytes(own, planned.parameters);
  }
  const others = await planOtherStages({ recipe, utterances, workFolder, isDue, gpu, threads, rates, library });
  const caches = new Map([...settings.values()].map((system) => [system.featuresStage, system]));
  const cacheBytes = [...caches]
    .filter(([stage]) => isDue(stage))
    .map(([, { features, augmentation }]) => estimateCacheBytes(cachedUtterances(utterances, augmentation), features));
  return {
    device: gpu ? 'GPU' : 'CPU',
    threads,
    systems,
    deviceHours: [...trainingHours.values()].reduce((total, hours) => total + hours, 0) * (gpu ? 1 : threads),
    others: others.stages,
    utterances: utterances.length,
    audioHours: utterances.reduce((total, { duration }) => total + duration, 0) / 3600,
    disk: { features: cacheBytes.reduce((total, bytes) => total + bytes, 0), checkpoints },
    spread: spreadOver(others, trainingHours, { executor, threads }),
  };
}

/**
 * How long all of it takes on 1, 2, 4, … nodes, as jobs do it: listening and features in as many parts as the executor
 * says, then each training with its embeddings, scores and conditions after it.
 */
function spreadOver(
  { stages, ofRun }: OtherStages,
  trainingHours: ReadonlyMap<string, number>,
  { executor, threads }: { executor: ExecutorOptions; threads: number },
): WorkPlan['spread'] {
  const wall = ({ cpu, gpu }: Hours) => cpu / threads + gpu;
  const timeOfStage = (name: PlannedStage['stage'], parts: number, nodes: number) =>
    wall(sum(stages.filter(({ stage }) => stage === name))) / Math.min(parts, nodes);
  const partsOf = (kind: SharedKind) => partsOfKind(executor, kind);
  const shared = (['embed', 'robustness'] as const).filter((kind) => partsOf(kind) > 1);
  const chains = [...new Set([...trainingHours.keys(), ...ofRun.keys()])].map((run) => {
    const { embeddings = NOTHING, scores = NOTHING, robustness = NOTHING } = ofRun.get(run) ?? {};
    const rest = [
      ...(shared.includes('embed') ? [] : [embeddings]),
      scores,
      ...(shared.includes('robustness') ? [] : [robustness]),
    ];
    return (trainingHours.get(run) ?? 0) + wall(sum(rest));
  });
  const due = chains.filter((hours) => hours > 0);
  const most = Math.max(due.length, ...sharedKinds.map(partsOf));
  return [1, 2, 4, 8, 16, 32, 64, 128, 256]
    .filter((_, i, all) => i === 0 || all[i - 1] < most)
    .map((nodes) => ({
      nodes,
      hours:
        timeOfStage('listening', partsOf('prep'), nodes) +
        timeOfStage('features', partsOf('features'), nodes) +
        timeOf(due, nodes) +
        (shared.includes('embed') ? timeOfStage('embeddings', ofRun.size * partsOf('embed'), nodes) : 0) +
        (shared.includes('robustness') ? timeOfStage('robustness', ofRun.size * partsOf('robustness'), nodes) : 0),
    }));
}

const NOTHING: Hours = { cpu: 0, gpu: 0 };

interface SystemBasis extends Pick<WorkPlanOptions, 'rates' | 'library'> {
  utterances: readonly Utterance[];
  seed: number;
  gpu: boolean;
  threads: number;
}

async function planSystem(
  { model, training, augmentation }: SystemSettings & { model: ModelOptions },
  { utterances, seed, gpu, threads, rates, library }: SystemBasis,
) {
  const repeats = trainingUtterances(utterances, training, seed).reduce((sum, { repeats = 1 }) => sum + repeats, 0);
  // Each speed that makes speakers of its own makes the utterances once more.
  const speeds = augmentation?.speed?.newSpeakers ? 1 + augmentation.speed.factors.length : 1;
  const phases = await Promise.all(
    phasesOf(training, augmentation).map(async ({ training: own }) => {
      const steps = own.epochs * stepsPerEpoch(repeats * speeds, own);
      const crops = steps * own.batchSize;
      const { macs, parameters } = await library.modelFigures(model, cropSeconds(own.cropFrames));
      return { steps, crops, operations: macs * crops, parameters };
    }),
  );
  const total = (key: 'steps' | 'crops' | 'operations') => phases.reduce((sum, phase) => sum + phase[key], 0);
  const { rate, basis } = rateFor(model, { gpu, threads, rates: rates.trainings });
  const hours = (PASSES * total('operations')) / rate / 3600;
  return { steps: total('steps'), crops: total('crops'), parameters: phases[0].parameters, hours, basis };
}

/** Weights and the optimiser's two moments, in float32. */
function checkpointBytes({ training: { checkpoint } }: SystemSettings, parameters: number): number {
  return parameters * 4 * 3 * (checkpoint.keepLast + checkpoint.keepBest);
}

/** How long trainings take, so many at a time, the longest begun first. */
export function timeOf(hours: readonly number[], atOnce: number): number {
  const busy = Array.from({ length: atOnce }, () => 0);
  for (const each of [...hours].sort((a, b) => b - a)) busy[busy.indexOf(Math.min(...busy))] += each;
  return Math.max(...busy);
}
