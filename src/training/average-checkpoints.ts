/**
 * @file Checkpoints of one training → one model folder: which to take, what becomes of the running statistics.
 *
 * With `batchNorm: recompute` the averaged weights see one epoch of training batches in training mode, without dropout,
 * and each running statistic that is not frozen becomes the mean of the batches' statistics (Izmailov et al. 2018, as
 * `update_bn`).
 */
import { int32, sizeOf } from '../engine/program/host-tensor.js';
import type { HostTensors } from '../engine/program/host-tensor.js';
import type { Engine } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { internal, UserError } from '../errors.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import { openFeatureCache } from '../features/cache/cache.js';
import { writeModelFolder } from '../models/model-folder.js';
import { tensorShapes } from '../models/contract/model.js';
import type { SpeakerModel } from '../models/contract/model.js';
import { createModel } from '../models/registry.js';
import type { ModelOptions } from '../models/registry.js';
import { updatedStatistics } from '../nn/batch-norm.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { averageModels } from './average.js';
import type { AverageOptions } from './average-options.js';
import { bestCheckpoints, listCheckpoints, loadCheckpoint, ofLastPhase } from './checkpoint.js';
import type { CheckpointEntry } from './checkpoint.js';
import { frozenTensors } from './freeze.js';
import { openTrainingData } from './training-data.js';
import type { TrainingOptions } from './training-options.js';

export interface AverageCheckpointsOptions {
  readonly model: ModelOptions;
  readonly engine: Engine;
  readonly average: AverageOptions;
  readonly training: TrainingOptions;
  readonly seed: number;
  readonly trainDir: string;
  readonly cacheDir: string;
  /** Split train. */
  readonly utterances: readonly Utterance[];
  readonly augmentation: AugmentationOptions | null;
  /** Becomes the model folder. */
  readonly dir: string;
  progress(what: string, done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** @returns the steps of the checkpoints that were averaged, ascending */
export async function averageCheckpoints(options: AverageCheckpointsOptions): Promise<{ steps: number[] }> {
  const { average, dir, cacheDir } = options;
  const chosen = chooseCheckpoints(options);
  const models = chosen.map(({ dir: name }) => ({ name, tensors: loadCheckpoint(name).model }));
  // Statistics that are frozen are the same in all.
  const batchNorm = average.batchNorm === 'recompute' ? 'last' : average.batchNorm;
  const averaged = averageModels(models, { batchNorm });
  const tensors = average.batchNorm === 'recompute' ? await recomputeStatistics(averaged, options) : averaged;
  const { options: features, globalMean } = openFeatureCache(cacheDir);
  const steps = chosen.map(({ step }) => step);
  await writeModelFolder(
    dir,
    {
      model: options.model,
      features,
      ...(globalMean && { globalMean: [...globalMean] }),
      origin: { averagedSteps: steps, batchNorm: average.batchNorm, seed: options.seed },
    },
    tensors,
  );
  return { steps };
}

function chooseCheckpoints({ average, trainDir }: AverageCheckpointsOptions): CheckpointEntry[] {
  const all = ofLastPhase(listCheckpoints(trainDir));
  const wanted = average.best ?? average.last ?? 1;
  const chosen = average.best !== null ? bestCheckpoints(all, wanted) : all.slice(-wanted);
  if (chosen.length < wanted) {
    const kind = average.best !== null ? 'with a development EER' : 'in all';
    throw new UserError(
      `${trainDir}: expected ${wanted} checkpoints to average, found ${chosen.length} ${kind}\n` +
        'train longer, keep more (training.checkpoint.keepLast, keepBest), or average fewer (--last N)',
    );
  }
  return chosen.toSorted((a, b) => a.step - b.step);
}

/** The tensors with running statistics of the batches of one epoch. */
async function recomputeStatistics(tensors: HostTensors, options: AverageCheckpointsOptions): Promise<HostTensors> {
  const { engine, training, cacheDir, progress, signal } = options;
  const model = createModel(options.model);
  const cache = openFeatureCache(cacheDir);
  const { cropFrames, batchSize } = training;
  const frozen = frozenStatistics(model, training);
  if (model.batchNorms.every(({ name }) => frozen.has(name))) return tensors;
  const data = await openTrainingData({ ...options, cache });
  const batches = data.stepsPerEpoch;
  const own = Object.fromEntries(
    Object.keys(tensorShapes(model))
      .filter((name) => !name.endsWith(TRACKED))
      .map((name) => [name, tensors[name]]),
  );
  const inference = await engine.compileInference({
    program: batchStatistics(model, frozen),
    inputs: { features: { shape: [batchSize, cropFrames, model.bins] } },
    parameters: own,
  });
  const loader = data.openLoader({ startStep: 0, endStep: batches });
  const sums = new Map<string, Float64Array>();
  try {
    for (let done = 0; done < batches; done++) {
      signal?.throwIfAborted();
      const batch = await loader.next();
      if (!batch) throw internal(`the loader ended at batch ${done} of ${batches}`);
      const features = { dtype: 'float32' as const, shape: [batchSize, cropFrames, model.bins], data: batch.features };
      for (const [name, { data, shape }] of Object.entries(await inference.run({ features }))) {
        const sum = sums.get(name) ?? new Float64Array(sizeOf(shape));
        sums.set(name, sum);
        for (let i = 0; i < sum.length; i++) sum[i] += data[i] / batches;
      }
      progress('average', done + 1, batches);
    }
  } finally {
    await loader.close();
    await inference.dispose();
  }
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const sum = sums.get(name);
      if (sum) return [name, { ...tensor, data: Float32Array.from(sum) }];
      const counts = name.endsWith(TRACKED) && !frozen.has(name.slice(0, -TRACKED.length));
      return [name, counts ? int32([], Int32Array.of(batches)) : tensor];
    }),
  );
}

const TRACKED = '.num_batches_tracked';

/** The batch normalisations that stayed as they were in training. */
function frozenStatistics(model: SpeakerModel, { freeze }: TrainingOptions): ReadonlySet<string> {
  const frozen = freeze ? frozenTensors(model, freeze) : new Set<string>();
  return new Set(model.batchNorms.map(({ name }) => name).filter((name) => frozen.has(`${name}.running_mean`)));
}

/**
 * Each batch normalisation's batch mean and unbiased variance, under the running statistics' names. A running statistic
 * moves a tenth of the way to the batch's; from zero, ten times where it arrives is the batch's own.
 */
function batchStatistics(model: SpeakerModel, frozen: ReadonlySet<string>) {
  return ({ features, ...state }: Record<string, Tensor>) => {
    const batches: { name: string; x: Tensor; channels: ChannelAxis }[] = [];
    const statistics = {
      frozen,
      record: (name: string, x: Tensor, channels: ChannelAxis) => batches.push({ name, x, channels }),
    };
    model.embed(state, features, { training: { statistics } });
    const zeros = Object.fromEntries(
      model.batchNorms
        .filter(({ name }) => !frozen.has(name))
        .flatMap(({ name, channels }) => {
          const zero = tf.zeros([channels]);
          return [
            [`${name}.running_mean`, zero],
            [`${name}.running_var`, zero],
          ];
        }),
    );
    const updated = updatedStatistics(batches, zeros);
    return Object.fromEntries(Object.entries(updated).map(([name, value]) => [name, tf.mul(value, 10)]));
  };
}
