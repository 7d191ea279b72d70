/**
 * @file A training that starts from a model: what fits is taken over and counted, what does not is named.
 *
 * A tensor fits where name, shape and type are the same. The loss's parameters (one or more vectors for each speaker) are
 * taken over only from a training of the same speakers; else the classifier begins anew, as do layers that the model
 * has and the other has not. The optimiser begins anew in any case.
 */
import { join } from 'node:path';
import { sizeOf, type HostTensor, type HostTensors } from '../engine/program/host-tensor.js';
import { UserError } from '../errors.js';
import { parameterNames, tensorShapes, type SpeakerModel } from '../models/contract/model.js';
import { readModelFolder } from '../models/model-folder.js';
import { sha256Hex } from '../storage/hashing.js';
import { averageModels } from './average.js';
import { checkpointName, loadCheckpoint } from './checkpoint.js';

/** Where the initial tensors come from. */
export interface InitialModelPlace {
  /** A model folder. */
  readonly modelDir: string;
  /** The training whose checkpoints it is the average of; absent: not known, or not of this recipe. */
  readonly trainDir?: string;
}

/** A model to start from. */
export interface InitialModel {
  /** For messages. */
  readonly where: string;
  /** Parameters, running statistics and, where they are known, the loss's parameters. */
  readonly tensors: HostTensors;
  /** Names whose speakers the loss's parameters are for, as `speakersHash` has them. */
  readonly speakers?: string;
  /** The options of the features that it was trained on, where they are known. */
  readonly features?: unknown;
}

/** Stands in checkpoints for the speakers by class: a classifier is of use only for the same ones. */
export const speakersHash = (speakers: readonly string[]): string => sha256Hex(speakers.join('\n'));

/** Reads what a training is to start from. @throws UserError for what is no model folder, or damaged */
export function readInitialModel({ modelDir, trainDir }: InitialModelPlace): InitialModel {
  const { tensors, origin, features } = readModelFolder(modelDir);
  const base = { where: modelDir, tensors, ...(features !== undefined && { features }) };
  const { averagedSteps } = origin;
  if (trainDir === undefined || !Array.isArray(averagedSteps)) return base;
  const checkpoints = averagedSteps.map((step) => {
    const name = join(trainDir, checkpointName(Number(step)));
    return { name, ...loadCheckpoint(name) };
  });
  const { speakers } = checkpoints.at(-1)!.state;
  if (typeof speakers !== 'string') return base;
  const heads = checkpoints.map(({ name, model }) => ({
    name,
    tensors: Object.fromEntries(Object.entries(model).filter(([tensor]) => !(tensor in tensors))),
  }));
  return { ...base, tensors: { ...averageModels(heads), ...tensors }, speakers };
}

/** The tensors to start from. */
export interface TakenOver {
  readonly tensors: HostTensors;
  /** For the log: what was taken over, what is new, what was of no use. */
  readonly notes: readonly string[];
}

/**
 * Lays the initial model's tensors over those of a training from nothing.
 * @param own parameters, running statistics and the loss's parameters
 * @param speakers of the training, as `speakersHash` has them
 * @throws UserError where no parameter of the network fits
 */
export function takeOver(
  own: HostTensors,
  initial: InitialModel,
  { model, speakers }: { model: SpeakerModel; speakers: string },
): TakenOver {
  const { where, tensors: found } = initial;
  const ofModel = tensorShapes(model);
  const usable = (name: string) => name in ofModel || initial.speakers === speakers;
  const taken = Object.keys(own).filter((name) => usable(name) && found[name] && fits(own[name], found[name]));
  checkFits(model, initial);
  const parameters = parameterNames(model).filter((name) => taken.includes(name));
  const anew = Object.keys(own).filter((name) => !taken.includes(name) && !isCounter(name));
  const unused = Object.keys(found).filter((name) => !(name in own));
  const values = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(own[name].shape), 0).toLocaleString('en-US');
  const all = parameterNames(model);
  return {
    tensors: { ...own, ...Object.fromEntries(taken.map((name) => [name, found[name]])) },
    notes: [
      `starts from ${where}: ${parameters.length} of ${all.length} parameter tensors taken over ` +
        `(${values(parameters)} of ${values(all)} values)` +
        (initial.speakers === speakers ? ', and the classifier, which is for the same speakers' : ''),
      ...(anew.length > 0 ? [`  anew: ${listed(anew.map((name) => reasonFor(name, own[name], found[name])))}`] : []),
      ...(unused.length > 0 ? [`  not used: ${listed(unused.map((name) => `${name} ${shown(found[name])}`))}`] : []),
    ],
  };
}

/** In what the features that a model was trained on are others than these, for the log. */
export function featureDifferences({ where, features: theirs }: InitialModel, ours: object): string[] {
  if (typeof theirs !== 'object' || theirs === null) return [];
  const [before, now] = [theirs, ours] as Record<string, unknown>[];
  const differing = COMPARED.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  if (differing.length === 0) return [];
  const changes = differing.map((key) => `${key} ${JSON.stringify(before[key])}, here ${JSON.stringify(now[key])}`);
  return [`  note: ${where} was trained on other features: ${changes.join('; ')}`];
}

/** What decides how features look to a network. */
const COMPARED = ['type', 'sampleRate', 'bins', 'normalize'];

/** @throws UserError where no parameter of the model can be taken over */
export function checkFits(model: SpeakerModel, { where, tensors }: InitialModel): void {
  if (model.parameters.some(({ name, shape }) => tensors[name]?.shape.join() === shape.join())) return;
  const [name, tensor] = Object.entries(tensors)[0] ?? ['nothing'];
  throw new UserError(
    `${where}: no parameter of it fits ${model.title}; its first tensor is ${name}${tensor ? ` ${shown(tensor)}` : ''}\n` +
      '  name a model of the same type (training.init), or leave training.init out',
  );
}

const fits = (own: HostTensor, found: HostTensor) => own.dtype === found.dtype && shown(own) === shown(found);

const shown = ({ shape }: HostTensor) => `[${shape.join(', ')}]`;

const isCounter = (name: string) => name.endsWith('.num_batches_tracked');

function reasonFor(name: string, own: HostTensor, found: HostTensor | undefined): string {
  const why = !found ? '' : fits(own, found) ? ' (of other speakers)' : ` (there ${shown(found)})`;
  return `${name} ${shown(own)}${why}`;
}

/** Names that a line of the log has room for. */
const MOST_NAMED = 8;

const listed = (names: readonly string[]) =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : names.join(', ');
