/**
 * @file What a training will do, before it does any of it: its phases with their data, where each begins and ends in
 * steps and epochs, and whether model, features and machine are fit for them.
 */
import { totalmem } from 'node:os';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { UserError } from '../errors.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import type { FeatureCache } from '../features/cache/cache.js';
import type { SpeakerModel } from '../models/contract/model.js';
import { phasesOf, type Phase } from './phases.js';
import { batchesAhead, openTrainingData, type TrainingData } from './training-data.js';
import type { TrainingOptions } from './training-options.js';

/** A phase in its place. Steps and epochs are counted from 0 over the whole training. */
export interface PlannedPhase extends Phase {
  readonly data: TrainingData;
  readonly firstStep: number;
  /** The step before which it ends. */
  readonly endStep: number;
  readonly firstEpoch: number;
}

export interface TrainingPlan {
  readonly phases: readonly PlannedPhase[];
  /** By class, those of all phases. */
  readonly speakers: readonly string[];
  readonly steps: number;
  readonly epochs: number;
  /** Whether an epoch ends with this number of steps done. */
  endsEpoch(step: number): boolean;
}

export interface PlanTrainingOptions {
  readonly model: SpeakerModel;
  readonly training: TrainingOptions;
  readonly augmentation: AugmentationOptions | null;
  readonly utterances: readonly Utterance[];
  readonly seed: number;
}

/** @throws UserError for what cannot be trained, also where only a later phase cannot */
export async function planTraining(options: PlanTrainingOptions, cache: FeatureCache): Promise<TrainingPlan> {
  const phases = phasesOf(options.training, options.augmentation);
  for (const { training } of phases) {
    checkFit(options.model, cache, training);
    checkMemory(cache.bins, training);
  }
  const open = ({ training, augmentation }: Phase, classes?: readonly string[]) =>
    openTrainingData({ ...options, training, augmentation, cache, classes });
  const opened: TrainingData[] = [];
  for (const phase of phases) opened.push(await open(phase));
  const speakers = [...new Set(opened.flatMap((data) => data.speakers))].sort();
  const planned: PlannedPhase[] = [];
  for (const [i, phase] of phases.entries()) {
    const data = opened[i].speakers.length === speakers.length ? opened[i] : await open(phase, speakers);
    const before = planned.at(-1);
    const firstStep = before?.endStep ?? 0;
    const endStep = firstStep + phase.training.epochs * data.stepsPerEpoch;
    const firstEpoch = before ? before.firstEpoch + before.training.epochs : 0;
    planned.push({ ...phase, data, firstStep, endStep, firstEpoch });
  }
  const { endStep: steps, firstEpoch, training } = planned.at(-1)!;
  const endsEpoch = (step: number) =>
    planned.some(({ data, firstStep, endStep }) => {
      return step > firstStep && step <= endStep && (step - firstStep) % data.stepsPerEpoch === 0;
    });
  return { phases: planned, speakers, steps, epochs: firstEpoch + training.epochs, endsEpoch };
}

/** For the log's first line. */
export function describePlan({ phases, speakers, steps, epochs }: TrainingPlan): string {
  const count = `${speakers.length} speakers, `;
  if (phases[0].name === undefined) return count + describePhase(phases[0]);
  return `${count}${epochs} epochs and ${steps} steps in ${phases.length} phases`;
}

export function describePhase({ training, data }: PlannedPhase): string {
  const { epochs, batchSize, cropFrames } = training;
  const { utterances, stepsPerEpoch } = data;
  return `${utterances.length} utterances, ${epochs} epochs of ${stepsPerEpoch} steps, batch ${batchSize} × ${cropFrames} frames`;
}

function checkFit(model: SpeakerModel, cache: FeatureCache, { cropFrames }: TrainingOptions): void {
  if (model.bins !== cache.bins) {
    throw new UserError(
      `the model takes ${model.bins} coefficients a frame, the features in ${cache.dir} have ${cache.bins}\n` +
        `set model.bins or features.bins`,
    );
  }
  if (cropFrames < model.minCropFrames) {
    throw new UserError(`training.cropFrames: ${model.title} needs at least ${model.minCropFrames}, got ${cropFrames}`);
  }
}

/** @throws UserError where the batches alone, without a single layer of the network, exceed the machine's memory */
function checkMemory(bins: number, training: TrainingOptions): void {
  const { batchSize, cropFrames, stepsPerCall = 1 } = training;
  // Those that the loader has, those that are trained on, and their gradients.
  const batches = batchesAhead(training) + 2 * stepsPerCall;
  const bytes = batches * batchSize * cropFrames * bins * Float32Array.BYTES_PER_ELEMENT;
  const inGiB = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  if (bytes <= totalmem()) return;
  throw new UserError(
    `training.batchSize ${batchSize} × training.cropFrames ${cropFrames}: ${batches} batches of ${bins} coefficients a ` +
      `frame take ${inGiB(bytes)} before the network takes anything, and this machine has ${inGiB(totalmem())}\n` +
      '  lower training.batchSize or training.cropFrames',
  );
}
