/**
 * @file Where a training begins or goes on, and the checkpoints that it leaves: those of the ends of epochs are kept by
 * the retention rule; one within an epoch is only a place to resume from, and goes when the next one is written.
 */
import type { HostTensors } from '../engine/program/host-tensor.js';
import { internal, UserError } from '../errors.js';
import type { FeatureOptions } from '../features/options.js';
import type { SpeakerModel } from '../models/contract/model.js';
import {
  dispensableCheckpoints,
  listCheckpoints,
  loadCheckpoint,
  removeCheckpoint,
  removeLeftovers,
  saveCheckpoint,
  setDamagedAside,
  type CheckpointState,
  type Retention,
} from './checkpoint.js';
import { featureDifferences, readInitialModel, takeOver, type InitialModelPlace } from './initial-model.js';
import type { Loss } from './loss/loss.js';
import type { Optimizer } from './optimisation/optimizer.js';
import { initialTrainingTensors, type TrainingStep } from './training-step.js';

export interface TrainingTensors {
  /** The model's tensors and the loss's. */
  readonly model: HostTensors;
  /** Slots of the optimiser of the phase that the state lies in; of no use where a phase is to begin. */
  readonly optimizer: HostTensors;
}

export interface TrainingState {
  /** Updates made so far. */
  readonly step: number;
  readonly devEer: number | null;
  /** Gives the tensors away, once: nobody keeps them while a step has its own. */
  takeTensors(): TrainingTensors;
}

export function stateOf(place: Pick<TrainingState, 'step' | 'devEer'>, tensors: TrainingTensors): TrainingState {
  let held: TrainingTensors | undefined = tensors;
  return {
    ...place,
    takeTensors() {
      if (!held) throw internal(`the tensors of step ${place.step} were given away`);
      const given = held;
      held = undefined;
      return given;
    },
  };
}

/** A state to go on from, and what is to be said of it. */
export interface FoundState {
  readonly state: TrainingState;
  readonly notes: readonly string[];
}

/** Where the checkpoints of a training are, and how they are told from others. */
export interface CheckpointPlace {
  readonly dir: string;
  /** Names the configuration: a checkpoint of another one is not resumed. */
  readonly configHash: string;
  readonly retention: Retention;
  endsEpoch(step: number): boolean;
}

/** A training from nothing, or from a model. */
export function newState({
  model,
  loss,
  seed,
  initial,
  features,
  speakers,
}: {
  model: SpeakerModel;
  loss: Loss;
  seed: number;
  initial?: InitialModelPlace;
  features: FeatureOptions;
  /** As `speakersHash` has them. */
  speakers: string;
}): FoundState {
  const own = initialTrainingTensors(model, loss, seed);
  const start = { step: 0, devEer: null };
  if (!initial) return { state: stateOf(start, { model: own, optimizer: {} }), notes: [] };
  const found = readInitialModel(initial);
  const { tensors, notes } = takeOver(own, found, { model, speakers });
  return {
    state: stateOf(start, { model: tensors, optimizer: {} }),
    notes: [...notes, ...featureDifferences(found, features)],
  };
}

/** The slots of an optimiser that has made no update yet. */
export const newSlots = (optimizer: Optimizer, trained: readonly string[], tensors: HostTensors): HostTensors =>
  optimizer.slots(Object.fromEntries(trained.map((name) => [name, tensors[name]])));

/** The newest checkpoint, after clearing what an interrupted run left behind; undefined if there is none. */
export function findState(place: CheckpointPlace, log: (line: string) => void): FoundState | undefined {
  const { dir, configHash } = place;
  removeLeftovers(dir);
  for (const line of setDamagedAside(dir, configHash)) log(line);
  prune(place);
  const newest = listCheckpoints(dir).at(-1);
  if (!newest) return undefined;
  const { model, optimizer, state } = loadCheckpoint(newest.dir);
  if (state.configHash !== configHash) {
    throw new UserError(
      `${newest.dir}: this checkpoint belongs to another configuration\nmove ${dir} away, or train in another --work folder`,
    );
  }
  return { state: stateOf({ step: state.step, devEer: state.devEer ?? null }, { model, optimizer }), notes: [] };
}

/** Writes a checkpoint, and deletes what is not kept. */
export async function saveState(place: CheckpointPlace, step: TrainingStep, state: CheckpointState): Promise<void> {
  await saveCheckpoint(place.dir, { ...(await step.readState()), state: { ...state, configHash: place.configHash } });
  prune(place);
}

/** Deletes what the retention rule does not keep, and every place to resume from but the newest. */
function prune({ dir, retention, endsEpoch }: CheckpointPlace): void {
  const checkpoints = listCheckpoints(dir);
  const newest = checkpoints.at(-1);
  const dispensable = [
    ...checkpoints.filter((entry) => !endsEpoch(entry.step) && entry !== newest),
    ...dispensableCheckpoints(
      checkpoints.filter(({ step }) => endsEpoch(step)),
      retention,
    ),
  ];
  dispensable.forEach(removeCheckpoint);
}
