/**
 * @file Layer by layer, what one training batch does to a network: sizes of activations and gradients, dead units,
 * latents that look alike. Most faults of an initialisation show here, before anything is trained.
 *
 * One forward and backward pass in training mode (statistics of the batch, no dropout), reduced in the same graph. What
 * is seen: the input of every batch normalisation, which follows a ReLU in TDNN layers and in the expansion, and the
 * latents after every layer that gives them. For what is read in evaluation mode (attention, embeddings), the running
 * statistics are set to the batch's.
 */
import { float32, int32, type HostTensors } from '../engine/program/host-tensor.js';
import type { Engine, TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { FrameMatrix } from '../models/embedder.js';
import { tensorShapes, type SpeakerModel } from '../models/contract/model.js';
import { batchMoments, type ChannelAxis } from '../nn/batch-norm.js';
import { createInstruments, rounded, type AttentionFigures, type Readings } from './instruments.js';
import { layerNorms, layerOf } from './layers.js';
import type { Loss } from './loss/loss.js';
import { trainedNames, trainingLoss } from './training-step.js';

export interface ExamineOptions {
  readonly engine: Engine;
  readonly model: SpeakerModel;
  readonly loss: Loss;
  /** The model's and the loss's. */
  readonly tensors: HostTensors;
  /** Crops of one length. */
  readonly batch: readonly FrameMatrix[];
  /** The speaker of each crop. */
  readonly targets: readonly number[];
  /** For a loss that has one. */
  readonly margin?: number;
}

/** One layer's figures; absent where they mean nothing for it. */
export interface LayerFigures {
  layer: string;
  /** Root mean square of what it gives. */
  rms?: number;
  /** Share of its ReLUs that gave 0 for every frame of the batch. */
  dead?: number;
  /** Mean cosine between two latents of an utterance: 1 where all are the same. */
  cosine?: number;
  /** Share of the latents' energy that differs from utterance to utterance; the rest is the same for all. */
  varying?: number;
  attention?: AttentionFigures;
  /** Norm of the loss's gradient. */
  gradient?: number;
  /** Norm of the parameters. */
  weights?: number;
}

export interface Examination {
  /** In the order of the parameters. */
  layers: LayerFigures[];
  loss: number;
  /** Norm of all gradients together. */
  gradient: number;
  readings: Readings;
}

const STATISTICS = 'statistics:';
const LATENTS = 'latents:';

/** Examines a network on one batch. */
export async function examineActivations(options: ExamineOptions): Promise<Examination> {
  const { engine, model, loss: criterion, tensors, batch, targets, margin } = options;
  const { frames, bins } = batch[0];
  const trained = trainedNames(model, criterion);
  const inference = await engine.compileInference({
    program: ({ features, targets, ...parameters }) => {
      const seen: TensorMap = {};
      const keep = (key: string, values: Tensor) => {
        seen[key] = tf.keep(values);
      };
      let batches: ReturnType<typeof trainingLoss>['batches'] = [];
      const { value: loss, grads } = tf.engine().gradients(
        () => {
          const onLatents = (layer: string, latents: Tensor, channels: ChannelAxis) =>
            keep(`${LATENTS}${layer}`, latentFigures(latents, channels, batch.length));
          const forward = trainingLoss(
            parameters,
            { features, targets, ...(margin !== undefined && { margin: tf.tensor1d([margin]) }) },
            { model, loss: criterion, onLatents },
          );
          batches = forward.batches;
          return forward.loss;
        },
        trained.map((name) => parameters[name]),
      );
      for (const { name, x, channels } of batches) seen[`${STATISTICS}${name}`] = channelFigures(x, channels);
      const squares = grads.map((gradient) => tf.reshape(tf.sum(tf.square(gradient)), [1]));
      return { loss, squares: tf.concat(squares, 0), ...seen };
    },
    inputs: {
      features: { shape: [batch.length, frames, bins] },
      targets: { shape: [batch.length], dtype: 'int32' },
    },
    parameters: Object.fromEntries(
      Object.entries(tensors).filter(([name]) => trained.includes(name) || /\.running_(?:mean|var)$/.test(name)),
    ),
  });
  const flat = new Float32Array(batch.length * frames * bins);
  batch.forEach(({ data }, i) => flat.set(data, i * frames * bins));
  const outputs = await inference.run({
    features: float32([batch.length, frames, bins], flat),
    targets: int32([batch.length], Int32Array.from(targets)),
  });
  await inference.dispose();

  const ids = batch.map((_, i) => `crop ${i + 1}`);
  const read = (id: string) => batch[ids.indexOf(id)];
  const instruments = createInstruments({ engine, model, ids, read });
  const readings = await instruments.read(settled(model, tensors, outputs));
  await instruments.close();
  const squares = outputs.squares.data as Float32Array;
  return {
    layers: gather(model, outputs, layerNorms(trained, squares), readings),
    loss: rounded(outputs.loss.data[0]),
    gradient: rounded(Math.sqrt(squares.reduce((sum, square) => sum + square, 0))),
    readings,
  };
}

/** [5, C]: mean, variance, mean square, smallest and largest value of each channel. */
function channelFigures(x: Tensor, channels: ChannelAxis): Tensor {
  const axis = channels === 'first' ? 1 : 0;
  const { mean, variance } = batchMoments(x, axis);
  const smallest = tf.neg(tf.max(tf.neg(x), axis, true));
  const rows = [mean, variance, tf.mean(tf.square(x), axis, true), smallest, tf.max(x, axis, true)];
  return tf.concat(
    rows.map((row) => tf.reshape(row, [1, -1])),
    0,
  );
}

/**
 * [5]: mean square, mean cosine between latents of an utterance, mean square of what all utterances share, smallest
 * value, share of the channels that are nowhere above 0.
 */
function latentFigures(latents: Tensor, channels: ChannelAxis, batch: number): Tensor {
  const byColumn = channels === 'first' ? latents : tf.transpose(latents); // [E, B·L]
  const [size, columns] = byColumn.shape as [number, number];
  const count = columns / batch;
  const grid = tf.reshape(byColumn, [size, batch, count]);
  const lengths = tf.sqrt(tf.sum(tf.square(grid), 0, true));
  const directions = tf.div(grid, tf.add(lengths, 1e-12));
  // |Σ x̂|² = L + Σ over pairs of their cosine.
  const together = tf.mean(tf.sum(tf.square(tf.sum(directions, 2)), 0));
  const cosine = tf.div(tf.sub(together, count), count * Math.max(1, count - 1));
  const shared = tf.mean(tf.square(tf.mean(grid, 1)));
  const smallest = tf.neg(tf.max(tf.neg(byColumn)));
  const dead = tf.mean(tf.cast(tf.lessEqual(tf.max(byColumn, 1), 0), 'float32'));
  const figures = [tf.mean(tf.square(byColumn)), cosine, shared, smallest, dead];
  return tf.concat(
    figures.map((figure) => tf.reshape(figure, [1])),
    0,
  );
}

/** The tensors with running statistics as this batch has them. */
function settled(model: SpeakerModel, tensors: HostTensors, outputs: HostTensors): HostTensors {
  const own = Object.keys(tensorShapes(model)).map((name) => [name, tensors[name]] as const);
  const measured = Object.entries(outputs).flatMap(([key, { data, shape }]): [string, HostTensors[string]][] => {
    if (!key.startsWith(STATISTICS)) return [];
    const name = key.slice(STATISTICS.length);
    const row = (i: number) => float32([shape[1]], Float32Array.from(data.subarray(i * shape[1], (i + 1) * shape[1])));
    return [
      [`${name}.running_mean`, row(0)],
      [`${name}.running_var`, row(1)],
    ];
  });
  return { ...Object.fromEntries(own), ...Object.fromEntries(measured) };
}

function gather(
  model: SpeakerModel,
  outputs: HostTensors,
  gradients: Record<string, number>,
  { attention, weightNorms }: Readings,
): LayerFigures[] {
  const figures = new Map<string, LayerFigures>(Object.keys(gradients).map((layer) => [layer, { layer }]));
  const add = (layer: string, more: Omit<LayerFigures, 'layer'>) => {
    figures.set(layer, { layer, ...figures.get(layer), ...more });
  };
  for (const [layer, gradient] of Object.entries(gradients)) {
    add(layer, { gradient: rounded(gradient), ...(layer in weightNorms && { weights: weightNorms[layer] }) });
  }
  for (const { name } of model.batchNorms) {
    const { data, shape } = outputs[`${STATISTICS}${name}`];
    const values = (i: number) => [...data.subarray(i * shape[1], (i + 1) * shape[1])];
    const rms = Math.sqrt(values(2).reduce((sum, square) => sum + square, 0) / shape[1]);
    const [smallest, largest] = [values(3), values(4)];
    // Nothing but a ReLU cuts at exactly 0; a channel that is never above it either is dead.
    const isRelu = smallest.every((value) => value >= 0) && smallest.includes(0);
    const dead = largest.filter((value) => value === 0).length / shape[1];
    add(layerOf(`${name}.weight`), { rms: rounded(rms), ...(isRelu && { dead: rounded(dead) }) });
  }
  for (const [key, { data }] of Object.entries(outputs)) {
    if (!key.startsWith(LATENTS)) continue;
    const [square, cosine, shared, smallest, dead] = data;
    add(key.slice(LATENTS.length), {
      rms: rounded(Math.sqrt(square)),
      cosine: rounded(cosine),
      varying: rounded(square > 0 ? Math.max(0, 1 - shared / square) : 0),
      ...(smallest === 0 && { dead: rounded(dead) }), // only a ReLU cuts at exactly 0
    });
  }
  for (const [layer, figure] of Object.entries(attention)) add(layer, { attention: figure });
  return [...figures.values()];
}
