/**
 * @file The recipe's `training` section: what a training does, put together from the options of its parts (sampler,
 * crops, loss, optimiser, schedules, checkpoints).
 */
import { z } from 'zod';
import { padPolicy } from './crop.js';
import { freezePatterns } from './freeze.js';
import { lossOptions } from './loss/registry.js';
import { optimizerOptions } from './optimisation/optimizer.js';
import { phasesOptions } from './phase-options.js';
import { samplerOptions } from './sampler.js';
import { scheduleOptions } from './optimisation/schedule.js';

const checkpointOptions = z.strictObject({
  /** Steps between checkpoints; null: at the end of each epoch only. */
  everySteps: z.int().positive().nullable().default(null),
  /** Newest checkpoints to keep, and those best by development EER. */
  keepLast: z.int().positive().default(3),
  keepBest: z.int().min(0).default(3),
});

export const trainingOptions = z.strictObject({
  epochs: z.int().positive(),
  /** How many of the training speakers are trained on, drawn by the seed. Absent or null: all. */
  speakers: z.int().min(2).nullish(),
  ...samplerOptions.shape,
  /** Length of a training crop, in frames. */
  cropFrames: z.int().positive(),
  pad: padPolicy.default('wrap'),
  loss: lossOptions,
  optimizer: optimizerOptions,
  schedule: scheduleOptions,
  checkpoint: checkpointOptions.prefault({}),
  /** Steps between log lines. */
  logEvery: z.int().positive().default(20),
  /** Threads that make batches while steps run; augmentation on line may need more than one. */
  loaderThreads: z.int().min(1).max(64).default(1),
  /** How many steps the engine computes in one call; more spare a GPU transfers. Absent: 1. */
  stepsPerCall: z.int().min(1).max(64).optional(),
  /** What to start from: another system of the recipe, or a model folder. Absent or null: nothing. */
  init: z.string().min(1).nullish(),
  /** Layers that are not trained, by name. Absent or null: none. */
  freeze: freezePatterns.nullish(),
  /** What differs from phase to phase; absent or null: there is one. */
  phases: phasesOptions.nullish(),
});
export type TrainingOptions = z.infer<typeof trainingOptions>;
