/**
 * @file A training in several phases, one after the other: `training.phases`.
 *
 * A phase says what differs from the rest of `training`, and lasts `training.epochs` unless it says otherwise. It goes
 * on with the tensors that the one before ended with, under a new optimiser: moments of 0, its own count of updates.
 * The learning rate's schedule runs over each phase anew, times `rateFactor`; so does the margin's where the phase names
 * one, else the margin is the one that its schedule ends at, whether or not it got there. Epochs and steps are counted over the whole training, and everything random
 * is keyed by them. The step is compiled for each phase, as shapes differ.
 *
 * The large-margin phase is one: long crops, a margin of 0.5, no augmentation, a tenth of the rate (Thienpondt et al.,
 * "The IDLab VoxSRC-20 submission: large margin fine-tuning and quality-aware score calibration", ICASSP 2021).
 */
import { drawsFromAudio, type AugmentationOptions } from '../features/augmentation/options.js';
import type { SpeakerModel } from '../models/contract/model.js';
import { freezeProblem } from './freeze.js';
import type { MarginScheduleOptions } from './optimisation/schedule.js';
import type { PhaseOptions } from './phase-options.js';
import type { TrainingOptions } from './training-options.js';

/** One phase with everything filled in. */
export interface Phase {
  /** Absent where the training has no phases. */
  readonly name?: string;
  readonly training: TrainingOptions;
  readonly augmentation: AugmentationOptions | null;
  readonly rateFactor: number;
}

/** The phases of a training; one without a name where it has none. */
export function phasesOf(training: TrainingOptions, augmentation: AugmentationOptions | null): Phase[] {
  const { phases, ...common } = training;
  if (!phases) return [{ training, augmentation, rateFactor: 1 }];
  const all: Phase[] = [];
  for (const [i, { name = `phase ${i + 1}`, rateFactor = 1, loss, ...own }] of phases.entries()) {
    const { augmentation: ownAugmentation = augmentation, ...overrides } = own;
    const before = all.at(-1)?.training.loss;
    all.push({
      name,
      rateFactor,
      augmentation: ownAugmentation,
      training: { ...common, ...overrides, loss: lossOf(common.loss, { own: loss, before }) },
    });
  }
  return all;
}

type LossOptions = TrainingOptions['loss'];

function lossOf(
  common: LossOptions,
  { own = {}, before }: { own?: PhaseOptions['loss']; before?: LossOptions },
): LossOptions {
  const kept = before && 'margin' in before ? { margin: atEnd(before.margin) } : {};
  const { interTopK, margin } = own;
  const penalty = interTopK === undefined ? {} : { interTopK: interTopK ?? undefined };
  return { ...common, ...kept, ...(margin && { margin }), ...penalty } as LossOptions;
}

/** A margin that stays at what a schedule ends at. */
const atEnd = (margin: MarginScheduleOptions): MarginScheduleOptions => ({
  type: 'constant',
  margin: margin.type === 'constant' ? margin.margin : margin.final,
});

/** Epochs of the last phase: its checkpoints are alike, and are those that are averaged. */
export const epochsOfLastPhase = (training: TrainingOptions): number =>
  phasesOf(training, null).at(-1)!.training.epochs;

/** Something wrong, and where below `training`. */
export interface TrainingProblem {
  readonly message: string;
  readonly path: string[];
}

/** What is wrong with a training, or with a phase of it, for this model; undefined where nothing is. */
export function phasesProblem(training: TrainingOptions, model: SpeakerModel): TrainingProblem | undefined {
  const own = batchProblem(training, model);
  if (own) return own;
  const names = new Set<string>();
  for (const [i, phase] of (training.phases ?? []).entries()) {
    const { name = `phase ${i + 1}` } = phase;
    const problem = names.has(name)
      ? { message: `two phases are called "${name}"`, path: ['name'] }
      : (lossProblem(phase, training.loss) ?? batchProblem(phase, model));
    if (problem) return { ...problem, path: ['phases', String(i), ...problem.path] };
    names.add(name);
  }
  return undefined;
}

function batchProblem(
  { batchSize = 2, freeze }: Pick<PhaseOptions, 'batchSize' | 'freeze'>,
  model: SpeakerModel,
): TrainingProblem | undefined {
  if (batchSize < 2) {
    const message = `expected at least 2 (embeddings are normalised over the batch), got ${batchSize}`;
    return { message, path: ['batchSize'] };
  }
  const message = freeze ? freezeProblem(model, freeze) : undefined;
  return message === undefined ? undefined : { message, path: ['freeze'] };
}

function lossProblem({ loss: own, augmentation }: PhaseOptions, loss: LossOptions): TrainingProblem | undefined {
  if (own?.margin && !('margin' in loss)) {
    return { message: `the loss ${loss.type} has no margin`, path: ['loss', 'margin'] };
  }
  if (own?.interTopK && loss.type !== 'aam-softmax') {
    return { message: `only aam-softmax has a penalty, the loss is ${loss.type}`, path: ['loss', 'interTopK'] };
  }
  if (augmentation?.when !== 'copies') return undefined;
  const message = 'a phase draws its augmentation on line, as copies are made once for the whole training';
  return { message, path: ['augmentation', 'when'] };
}

/** Whether any phase makes its crops from audio. */
export const anyDrawsFromAudio = (training: TrainingOptions, augmentation: AugmentationOptions | null): boolean =>
  phasesOf(training, augmentation).some((phase) => phase.augmentation !== null && drawsFromAudio(phase.augmentation));
