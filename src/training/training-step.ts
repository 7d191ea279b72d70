/**
 * @file One training step as a program: embeddings, loss, gradients, optimiser, running statistics.
 *
 * State: the model's parameters and running statistics and the loss's parameters by their own names, and the
 * optimiser's slots. Learning rate, margin and dropout keys are inputs, so the step is compiled once; so are the tensors
 * of frozen layers, which stay as they are. `num_batches_tracked` is counted outside it.
 */
import { float32, int32 } from '../engine/program/host-tensor.js';
import type { HostData, HostTensors } from '../engine/program/host-tensor.js';
import type { Engine, Program, Step, TensorMap, TensorSpecs } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { initialTensors, parameterNames, tensorShapes } from '../models/contract/model.js';
import type { EmbedOptions, SpeakerModel } from '../models/contract/model.js';
import { updatedStatistics } from '../nn/batch-norm.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { createDropout, dropoutKeyCount, dropoutKeys } from '../nn/dropout.js';
import { initialValue } from '../nn/initialize.js';
import { countCorrect } from './loss/cosine-classifier.js';
import type { Loss } from './loss/loss.js';
import type { Optimizer } from './optimisation/optimizer.js';

export interface TrainingStepOptions {
  readonly model: SpeakerModel;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly batchSize: number;
  readonly cropFrames: number;
  /** Names of the model's tensors that are not trained, those of whole batch normalisations together. Absent: none. */
  readonly frozen?: ReadonlySet<string>;
  /** How many steps one call of the engine may compute. Absent: 1. */
  readonly stepsPerCall?: number;
}

/** What varies from step to step, beside the batch. */
export interface StepScalars {
  /** Counted from 0 over the whole run. */
  readonly step: number;
  /** Counted from 0 since the optimiser began; absent: as `step`. */
  readonly update?: number;
  readonly seed: number;
  readonly learningRate: number;
  /** For a loss that has one. */
  readonly margin?: number;
}

export interface StepReport {
  /** Of the batch, with the margin. */
  readonly loss: number;
  /** Utterances nearest to their own speaker's weight, margin aside. */
  readonly correct: number;
  /** Squared norm of each gradient, in the order of `trainedNames`, where the optimiser gives it. */
  readonly gradSquares?: Float32Array;
  /** [B, D], as computed in training mode. */
  readonly embeddings: Float32Array;
}

export interface TrainingBatch {
  readonly features: Float32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
}

export interface TrainingStep {
  run(batch: TrainingBatch, scalars: StepScalars): Promise<StepReport>;
  /** The steps one after the other, `stepsPerCall` in a call of the engine. The reports hold until the next run. */
  runAll(steps: readonly { batch: TrainingBatch; scalars: StepScalars }[]): Promise<StepReport[]>;
  /** Copies of the model's own tensors, a third of the state where the optimiser is Adam. */
  readModel(): Promise<HostTensors>;
  /** Copies of the model's tensors (with the loss's) and of the optimiser's slots. */
  readState(): Promise<{ model: HostTensors; optimizer: HostTensors }>;
  dispose(): Promise<void>;
}

/** The tensors to start a training from. */
export function initialTrainingTensors(model: SpeakerModel, loss: Loss, seed: number): HostTensors {
  const ofLoss = loss.parameters.map((spec) => [spec.name, float32(spec.shape, initialValue(spec, seed))]);
  return { ...initialTensors(model, seed), ...(Object.fromEntries(ofLoss) as HostTensors) };
}

/** Names of what the optimiser updates. */
export const trainedNames = (model: SpeakerModel, loss: Loss, frozen?: ReadonlySet<string>): string[] => [
  ...parameterNames(model).filter((name) => !frozen?.has(name)),
  ...loss.parameters.map(({ name }) => name),
];

type ForwardOptions = Pick<TrainingStepOptions, 'model' | 'loss' | 'frozen'> & Pick<EmbedOptions, 'onLatents'>;

/** The batch's loss, with everything else that its forward pass gives. */
export function trainingLoss(
  tensors: TensorMap,
  {
    features,
    targets,
    margin,
    dropout,
  }: Record<'features' | 'targets', Tensor> & { margin?: Tensor; dropout?: Tensor },
  { model, loss: criterion, onLatents, frozen }: ForwardOptions,
) {
  const batches: { name: string; x: Tensor; channels: ChannelAxis }[] = [];
  const layers = model.batchNorms.map(({ name }) => name).filter((name) => frozen?.has(`${name}.running_mean`));
  const statistics = {
    frozen: new Set(layers),
    record: (name: string, x: Tensor, channels: ChannelAxis) => batches.push({ name, x: tf.keep(x), channels }),
  };
  const training = { statistics, dropout: dropout && createDropout(dropout, model.dropoutRate) };
  const embeddings = model.embed(tensors, features, { training, onLatents });
  const { loss, nearness } = criterion.compute(tensors, { embeddings, targets, margin });
  return { loss, nearness, embeddings, batches };
}

/** The program of one step: see the file's comment for its state and inputs. */
export function trainingProgram(options: TrainingStepOptions): Program {
  const { model, optimizer, frozen } = options;
  const trained = trainedNames(model, options.loss, frozen);
  return (tensors) => {
    const { features, targets, margin, scalars, dropoutKeys: dropout } = tensors;
    const kept: Tensor[] = [];
    const keep = <T extends Tensor>(tensor: T) => {
      kept.push(tf.keep(tensor));
      return tensor;
    };
    let forward: ReturnType<typeof trainingLoss> | undefined;
    const { value: loss, grads } = tf.engine().gradients(
      () => {
        forward = trainingLoss(tensors, { features, targets, margin, dropout }, options);
        keep(forward.embeddings);
        keep(forward.nearness);
        return forward.loss;
      },
      trained.map((name) => tensors[name]),
    );
    const { embeddings, nearness, batches } = forward!;
    const gradients = Object.fromEntries(trained.map((name, i) => [name, grads[i]]));
    const parameters = Object.fromEntries(trained.map((name) => [name, tensors[name]]));
    const updated = optimizer.apply({ parameters, gradients, slots: tensors, scalars });
    const results: TensorMap = {
      loss,
      correct: countCorrect(nearness, targets),
      embeddings: tf.clone(embeddings),
      ...(updated.gradSquares && { gradSquares: updated.gradSquares }),
      ...updated.parameters,
      ...updated.slots,
      ...updatedStatistics(batches, tensors),
    };
    for (const { x } of batches) x.dispose();
    for (const tensor of kept) tensor.dispose();
    return results;
  };
}

const isCounter = (name: string) => name.endsWith('.num_batches_tracked');

const pick = (tensors: HostTensors, names: string[]): HostTensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]]));

/** Compiles the step for one batch size and crop length. */
export async function createTrainingStep(
  engine: Engine,
  options: TrainingStepOptions,
  start: { model: HostTensors; optimizer: HostTensors },
): Promise<TrainingStep> {
  const { model, optimizer, loss, batchSize, cropFrames, frozen, stepsPerCall } = options;
  const sites = model.dropoutRate > 0 ? model.dropoutSites(batchSize) : [];
  const inputs: TensorSpecs = {
    features: { shape: [batchSize, cropFrames, model.bins] },
    targets: { shape: [batchSize], dtype: 'int32' },
    ...(loss.margin && { margin: { shape: [1] } }),
    scalars: { shape: [optimizer.scalarCount] },
    ...(sites.length > 0 && { dropoutKeys: { shape: [dropoutKeyCount(sites)], dtype: 'int32' } }),
  };
  const held = pick(
    start.model,
    Object.keys(start.model).filter((name) => frozen?.has(name)),
  );
  // Names alone are kept of the start, which is as large as the state.
  const [allOfModel, ofOptimizer] = [Object.keys(start.model), Object.keys(start.optimizer)];
  const learning = allOfModel.filter((name) => !(name in held));
  const modelNames = learning.filter((name) => !isCounter(name));
  const counters = Object.entries(pick(start.model, learning.filter(isCounter)));
  let stepsRun = 0;
  const counted = (): HostTensors =>
    Object.fromEntries(counters.map(([name, { data }]) => [name, int32([], Int32Array.of(data[0] + stepsRun))]));
  const step: Step = await engine.compileStep({
    program: trainingProgram(options),
    inputs,
    state: { ...pick(start.model, modelNames), ...start.optimizer },
    held: pick(
      held,
      Object.keys(held).filter((name) => !isCounter(name)),
    ),
    stepsPerCall,
  });
  const feedOf = (
    { features, targets }: TrainingBatch,
    { step: index, update = index, seed, learningRate, margin }: StepScalars,
  ): Record<string, HostData> => ({
    features,
    targets,
    ...(loss.margin && { margin: Float32Array.of(margin!) }),
    scalars: optimizer.scalars(update, learningRate),
    ...(sites.length > 0 && { dropoutKeys: dropoutKeys(sites, seed, index) }),
  });
  const runAll: TrainingStep['runAll'] = async (steps) => {
    const outputs = await step.runAll(steps.map(({ batch, scalars }) => feedOf(batch, scalars)));
    stepsRun += steps.length;
    return outputs.map(({ loss, correct, gradSquares, embeddings }) => ({
      loss: loss.data[0],
      correct: correct.data[0],
      gradSquares: gradSquares?.data as Float32Array | undefined,
      embeddings: embeddings.data as Float32Array,
    }));
  };
  return {
    runAll,
    async run(batch, scalars) {
      const [report] = await runAll([{ batch, scalars }]);
      return report;
    },
    async readModel() {
      const own = Object.keys(tensorShapes(model));
      const trained = own.filter((name) => !isCounter(name) && !(name in held));
      return pick({ ...held, ...(await step.readState(trained)), ...counted() }, own);
    },
    async readState() {
      const state = await step.readState();
      const all = { ...held, ...state, ...counted() };
      return { model: pick(all, allOfModel), optimizer: pick(state, ofOptimizer) };
    },
    dispose: () => step.dispose(),
  };
}
