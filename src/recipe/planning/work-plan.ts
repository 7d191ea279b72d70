/**
 * @file What a recipe takes before it is run: trainings, hours of processors or GPUs, disk, and how long all of it takes
 * on so many nodes. Trainings that are up to date are not counted.
 *
 * Hours come from the newest training of the same network in the folder of experiments on the same kind of device, else
 * from the newest of any network by operations, else from rates that were measured on other machines (`ASSUMED`).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import { estimateCacheBytes } from '../../features/disk-space.js';
import type { ModelOptions } from '../../models/registry.js';
import { stepsPerEpoch } from '../../training/sampler.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { prepFiles } from '../artifacts/prep.js';
import { resourcesOf, type ExecutorOptions } from '../definition/executor-options.js';
import type { Recipe } from '../definition/schema.js';
import { isReady } from '../definition/ready-model.js';
import { resolveSystems, type SystemSettings } from '../definition/system-settings.js';
import { trainingRuns } from '../definition/training-runs.js';
import type { StagePlan } from '../running/stage-plan.js';
import { cropSeconds, hashOfModel, PASSES, type MeasuredRate } from './measured-rates.js';

/**
 * Multiply-accumulates a second of trainings: of a thread of a CPU (ACA-Net of 4.55 M parameters on two cores of an AMD
 * EPYC, 15 crops of 0.75 s a second), and of a GPU (the same on an H100, 320 crops of 2 s a second). docs/engine.md.
 */
const ASSUMED = { cpu: 22e9, gpu: 1.0e12 };

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
  utterances: number;
  audioHours: number;
  disk: { features: number; checkpoints: number };
  /** How long the trainings take, by how many run at a time. */
  spread: { atOnce: number; hours: number }[];
}

export interface WorkPlanOptions {
  recipe: Recipe;
  executor: ExecutorOptions;
  workFolder: string;
  plans: readonly StagePlan[];
  rates: readonly MeasuredRate[];
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
  let checkpoints = 0;
  for (const [system, own] of settings) {
    const due = trainingRuns(recipe, system).filter(({ name }) => isDue(`train/${name}`)).length;
    const { model } = own;
    if (due === 0 || isReady(model)) continue;
    const planned = await planSystem(
      { ...own, model },
      { utterances, seed: recipe.seed, gpu, threads, rates, library },
    );
    systems.push({ system, trainings: due, ...planned });
    checkpoints += due * checkpointBytes(own, planned.parameters);
  }
  const jobs = systems.flatMap(({ trainings, hours }) => Array.from({ length: trainings }, () => hours));
  return {
    device: gpu ? 'GPU' : 'CPU',
    threads,
    systems,
    deviceHours: jobs.reduce((sum, hours) => sum + hours, 0) * (gpu ? 1 : threads),
    utterances: utterances.length,
    audioHours: utterances.reduce((sum, { duration }) => sum + duration, 0) / 3600,
    disk: { features: isDue('features') ? estimateCacheBytes(utterances, recipe.features) : 0, checkpoints },
    spread: [1, 2, 4, 8, 16, 32, 64]
      .filter((_, i, all) => i === 0 || all[i - 1] < jobs.length)
      .map((atOnce) => ({ atOnce, hours: timeOf(jobs, atOnce) })),
  };
}

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
  const steps = training.epochs * stepsPerEpoch(repeats * speeds, training);
  const crops = steps * training.batchSize;
  const { macs, parameters } = await library.modelFigures(model, cropSeconds(training.cropFrames));
  const { rate, basis } = rateFor(model, { gpu, threads, rates });
  return { steps, crops, parameters, hours: (PASSES * macs * crops) / rate / 3600, basis };
}

function rateFor(
  model: unknown,
  { gpu, threads, rates }: Pick<SystemBasis, 'gpu' | 'threads' | 'rates'>,
): { rate: number; basis: string } {
  const fitting = rates.filter(({ device }) => (device !== 'cpu') === gpu);
  const sameThreads = fitting.filter((each) => gpu || each.threads === threads);
  const own = sameThreads.find((each) => each.model === hashOfModel(model));
  if (own) return { rate: own.rate, basis: `measured: ${own.from}` };
  const [other] = sameThreads;
  if (other) return { rate: other.rate, basis: `by operations, from ${other.from}` };
  return gpu
    ? { rate: ASSUMED.gpu, basis: 'by operations, an H100 assumed' }
    : { rate: ASSUMED.cpu * threads, basis: 'by operations, threads of an EPYC assumed' };
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
