/**
 * @file The training loop: batch → step → log → checkpoint, from wherever the last run stopped.
 *
 * Everything random is keyed by (seed, epoch, utterance) or (seed, step), and the state is wholly in the checkpoint, so
 * a run that was killed at any moment and resumed ends with the same bytes as one that was not. At the end of each
 * epoch the development trials are scored; test trials are never seen here. Checkpoints at the ends of epochs are kept
 * by the retention rule; one within an epoch is only a place to resume from, and goes when the next one is written.
 * The instruments only look: with or without them the checkpoints are the same bytes.
 */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { HostTensors } from '../engine/program/host-tensor.js';
import type { Engine } from '../engine/program/program.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { internal, UserError } from '../errors.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import { openFeatureCache } from '../features/cache/cache.js';
import type { FeatureCache } from '../features/cache/cache.js';
import type { FeatureOptions } from '../features/options.js';
import { createEmbedder } from '../models/embedder.js';
import type { SpeakerModel } from '../models/contract/model.js';
import type { ModelOptions } from '../models/registry.js';
import {
  bestCheckpoints,
  dispensableCheckpoints,
  listCheckpoints,
  loadCheckpoint,
  removeCheckpoint,
  removeLeftovers,
  saveCheckpoint,
  setDamagedAside,
} from './checkpoint.js';
import type { Retention } from './checkpoint.js';
import type { BatchLoader } from './batch-loader.js';
import { createCollapseWatch } from './collapse.js';
import { participationRatio } from './embedding-spread.js';
import { describeFrozen, frozenTensors } from './freeze.js';
import { featureDifferences, speakersHash, takeOver, type InitialModel } from './initial-model.js';
import { createInstruments, isEarlyPoint } from './instruments.js';
import type { Loss } from './loss/loss.js';
import { createLoss } from './loss/registry.js';
import { openMetricsLog, readMetricsLog, type MetricsRow } from './metrics-log.js';
import { createOptimizer, type Optimizer } from './optimisation/optimizer.js';
import { createLearningRate } from './optimisation/schedule.js';
import { createMeter, describeDevelopment, describeFigures, describeReadings, describeRow } from './training-log.js';
import { openEventLog } from './tensorboard-events.js';
import { batchesAhead, openTrainingData } from './training-data.js';
import type { TrainingOptions } from './training-options.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from './training-step.js';
import type { StepReport, TrainingStep, TrainingStepOptions } from './training-step.js';

/** Scores the development trials: embeddings by utterance id → EER, a fraction. */
export type DevelopmentScorer = (embeddings: ReadonlyMap<string, Float32Array>) => number;

export interface TrainModelOptions {
  readonly model: SpeakerModel;
  /** What the model was made of, and the run's name in the recipe: advice names the settings to change. */
  readonly modelOptions?: ModelOptions;
  readonly name?: string;
  readonly engine: Engine;
  readonly training: TrainingOptions;
  /** What the training starts from; absent: nothing. */
  readonly initial?: InitialModel;
  /** false: nothing is measured but what the loss and the development trials give. */
  readonly instruments?: boolean;
  readonly seed: number;
  readonly cacheDir: string;
  /** Split train; the cache holds them, and those of their variants that augmentation has cached. */
  readonly utterances: readonly Utterance[];
  readonly augmentation: AugmentationOptions | null;
  readonly development: { readonly ids: readonly string[]; readonly score: DevelopmentScorer };
  /** Where checkpoints, `metrics.jsonl` and TensorBoard's events go. */
  readonly dir: string;
  /** Names the configuration: a checkpoint of another one is not resumed. */
  readonly configHash: string;
  log(line: string): void;
  progress(what: string, done: number, total: number): void;
  readonly signal?: AbortSignal;
}

export interface TrainedModel {
  readonly steps: number;
  readonly devEer: number | null;
  readonly bestDevEer: number | null;
}

/** Trains to the end, or until `signal` aborts (then a checkpoint is written and the signal's reason thrown). */
export async function trainModel(options: TrainModelOptions): Promise<TrainedModel> {
  const { model, engine, training, seed, cacheDir, dir, log, progress, signal, instruments = true } = options;
  const cache = openFeatureCache(cacheDir);
  checkFit(model, cache, training);
  checkMemory(cache.bins, training);
  const data = await openTrainingData({ ...options, cache });
  const { speakers, utterances, stepsPerEpoch: perEpoch } = data;
  for (const note of data.notes) log(note);
  const totalSteps = training.epochs * perEpoch;
  const horizon = { stepsPerEpoch: perEpoch, totalSteps };
  const learningRate = createLearningRate(training.schedule, horizon);
  const loss = createLoss(training.loss, { speakers: speakers.length, embeddingSize: model.embeddingSize });
  const margin = loss.margin?.(horizon);

  const optimizer = createOptimizer(training.optimizer);
  const frozen = training.freeze ? frozenTensors(model, training.freeze) : undefined;
  if (frozen) log(describeFrozen(model, frozen));
  const whose = speakersHash(speakers);
  const trained = trainedNames(model, loss, frozen);
  const { batchSize, cropFrames, stepsPerCall } = training;
  const { step, loader, ...start } = await startStep(
    engine,
    { model, optimizer, loss, batchSize, cropFrames, frozen, stepsPerCall },
    () =>
      findStart(options, perEpoch) ??
      newStart(options, { loss, optimizer, trained, features: cache.options, speakers: whose }),
    (startStep) => data.openLoader({ startStep, endStep: totalSteps }),
  );
  const metrics = openMetricsLog(join(dir, 'metrics.jsonl'), { resumeStep: start.done > 0 ? start.done : undefined });
  const kept = readMetricsLog(metrics.path);
  const events = openEventLog(dir, start.done > 0 ? { step: start.done, rows: kept } : undefined);
  const { gradientClip } = training.optimizer;
  const meter = createMeter({ batchSize, parameters: trained, gradientClip, ...loader });
  log(
    `${start.done === 0 ? 'training' : `resuming at step ${start.done} of`} ${model.title}: ` +
      `${speakers.length} speakers, ${utterances.length} utterances, ${training.epochs} epochs of ${perEpoch} steps, ` +
      `batch ${batchSize} × ${cropFrames} frames`,
  );
  for (const line of describeFigures({ attends: (model.frameAttention ?? []).length > 0 })) log(line);
  const crops = training.epochSize ?? utterances.length * training.cropsPerUtterance;
  if (crops < batchSize)
    log(
      `An epoch has ${crops} crops, fewer than a batch of ${batchSize}: the rest are more crops of the same utterances.`,
    );
  const watch = createCollapseWatch({ ...options, features: cache.options });
  for (const row of kept) watch.observe(row); // what an earlier process has warned of
  const record = (row: MetricsRow, line: string) => {
    metrics.append(row);
    events.append(row);
    log(line);
    for (const warning of watch.observe(row)) log(warning);
  };
  const probe = instruments
    ? createInstruments({ engine, model, ids: options.development.ids, read: (id) => cache.read(id) })
    : undefined;
  const measureEarly = async (at: number, epoch: number) => {
    if (!probe || !isEarlyPoint(at, perEpoch)) return;
    const began = performance.now();
    const readings = await probe.read(step.readModel());
    record({ step: at, epoch, instruments: readings }, describeReadings(at, readings));
    meter.leaveOut((performance.now() - began) / 1000);
  };
  let devEer = start.devEer;
  let saved = start.done;
  try {
    if (start.done === 0) await measureEarly(0, 1);
    for (let done = start.done; done < totalSteps;) {
      await setImmediate(); // lets signals and the loader's messages in: a step blocks the event loop
      const epoch = Math.floor(done / perEpoch);
      if (signal?.aborted) {
        if (saved !== done) await save(step, options, { step: done, epoch, devEer: null, speakers: whose }, perEpoch);
        log(`Interrupted: a checkpoint of step ${done} is written. The same command goes on from there.`);
        signal.throwIfAborted();
      }
      const border = nextBorder(done, { perEpoch, totalSteps, ...training, observed: probe !== undefined });
      const steps: Parameters<TrainingStep['runAll']>[0][number][] = [];
      for (let at = done; at < border; at++) {
        const batch = await loader.next();
        if (!batch) throw internal(`the loader ended at step ${at} of ${totalSteps}`);
        const scalars = { step: at, seed, learningRate: learningRate(at), ...(margin && { margin: margin(at) }) };
        steps.push({ batch, scalars });
      }
      for (const [i, report] of (await step.runAll(steps)).entries()) {
        checkFinite(report, done, metrics.path);
        const { scalars } = steps[i];
        done++;
        meter.add(report);
        progress('train', done, totalSteps);
        if (done % perEpoch > 0 && done % training.logEvery > 0) continue;
        const row = {
          step: done,
          epoch: epoch + 1,
          ...meter.read(),
          lr: scalars.learningRate,
          ...(margin && { margin: scalars.margin }),
        };
        record(row, describeRow(row, training.epochs, totalSteps));
      }
      const epochEnds = done % perEpoch === 0;
      if (epochEnds) {
        const network = step.readModel();
        const { embeddings, ...development } = await scoreDevelopment(network, options, cache);
        devEer = development.devEer;
        const readings = await probe?.read(network, embeddings);
        const row = { step: done, epoch: epoch + 1, ...development, ...(readings && { instruments: readings }) };
        record(row, describeDevelopment(row));
        await save(step, options, { step: done, epoch: epoch + 1, ...development, speakers: whose }, perEpoch);
        saved = done;
        meter.restart();
        continue;
      }
      await measureEarly(done, epoch + 1);
      if (training.checkpoint.everySteps && done % training.checkpoint.everySteps === 0) {
        await save(step, options, { step: done, epoch, devEer: null, speakers: whose }, perEpoch);
        saved = done;
      }
    }
  } finally {
    await loader.close();
    await probe?.close();
    await step.dispose();
  }
  const [best] = bestCheckpoints(listCheckpoints(dir), 1);
  return { steps: totalSteps, devEer, bestDevEer: best?.devEer ?? devEer };
}

interface Borders {
  readonly perEpoch: number;
  readonly totalSteps: number;
  readonly stepsPerCall?: number;
  readonly checkpoint: TrainingOptions['checkpoint'];
  /** Whether the instruments look within an epoch. */
  readonly observed: boolean;
}

/** The step that a call of the engine beginning at `done` ends before: where the state is wanted next, at the latest. */
function nextBorder(done: number, { perEpoch, totalSteps, stepsPerCall = 1, checkpoint, observed }: Borders): number {
  const last = Math.min(done + stepsPerCall, totalSteps);
  for (let at = done + 1; at < last; at++) {
    if (at % perEpoch === 0 || (observed && isEarlyPoint(at, perEpoch))) return at;
    if (checkpoint.everySteps && at % checkpoint.everySteps === 0) return at;
  }
  return last;
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

interface Start {
  readonly step: number;
  readonly devEer: number | null;
  readonly model: HostTensors;
  readonly optimizer: HostTensors;
}

/**
 * Compiles the step, while the loader makes the first batches, and forgets the tensors that it starts from, of which it
 * has its own.
 */
async function startStep(
  engine: Engine,
  options: TrainingStepOptions,
  findOrMake: () => Start,
  openLoader: (startStep: number) => BatchLoader,
) {
  const { step: done, devEer, ...tensors } = findOrMake();
  const loader = openLoader(done);
  try {
    return { step: await createTrainingStep(engine, options, tensors), loader, done, devEer };
  } catch (error) {
    await loader.close();
    throw error;
  }
}

interface StartContext {
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Names of what is trained. */
  readonly trained: readonly string[];
  readonly features: FeatureOptions;
  readonly speakers: string;
}

function newStart(
  { model, initial, seed, log }: TrainModelOptions,
  { loss, optimizer, trained, features, speakers }: StartContext,
): Start {
  const own = initialTrainingTensors(model, loss, seed);
  const start = initial ? takeOver(own, initial, { model, speakers }) : { tensors: own, notes: [] };
  for (const note of [...start.notes, ...(initial ? featureDifferences(initial, features) : [])]) log(note);
  const slots = optimizer.slots(Object.fromEntries(trained.map((name) => [name, start.tensors[name]])));
  return { step: 0, devEer: null, model: start.tensors, optimizer: slots };
}

/** The newest checkpoint, after clearing what an interrupted run left behind; undefined if there is none. */
function findStart(options: TrainModelOptions, perEpoch: number): Start | undefined {
  const { dir, configHash, training, log } = options;
  removeLeftovers(dir);
  for (const line of setDamagedAside(dir, configHash)) log(line);
  prune(dir, training.checkpoint, perEpoch);
  const newest = listCheckpoints(dir).at(-1);
  if (!newest) return undefined;
  const { model, optimizer, state } = loadCheckpoint(newest.dir);
  if (state.configHash !== configHash) {
    throw new UserError(
      `${newest.dir}: this checkpoint belongs to another configuration\nmove ${dir} away, or train in another --work folder`,
    );
  }
  return { step: state.step, devEer: state.devEer ?? null, model, optimizer };
}

async function save(
  step: TrainingStep,
  { dir, configHash, seed, training }: TrainModelOptions,
  state: { step: number; epoch: number; devEer: number | null; speakers: string },
  perEpoch: number,
): Promise<void> {
  await saveCheckpoint(dir, { ...step.readState(), state: { ...state, stepsPerEpoch: perEpoch, seed, configHash } });
  prune(dir, training.checkpoint, perEpoch);
}

/** Deletes what the retention rule does not keep, and every place to resume from but the newest. */
function prune(dir: string, retention: Retention, perEpoch: number): void {
  const checkpoints = listCheckpoints(dir);
  const newest = checkpoints.at(-1);
  const withinEpoch = checkpoints.filter((entry) => entry.step % perEpoch !== 0);
  const atEpochEnds = checkpoints.filter((entry) => entry.step % perEpoch === 0);
  const dispensable = [
    ...withinEpoch.filter((entry) => entry !== newest),
    ...dispensableCheckpoints(atEpochEnds, retention),
  ];
  dispensable.forEach(removeCheckpoint);
}

async function scoreDevelopment(
  network: HostTensors,
  { engine, model, development }: TrainModelOptions,
  cache: FeatureCache,
) {
  const embedder = await createEmbedder(engine, model, network);
  const embeddings = new Map<string, Float32Array>();
  for (const id of development.ids) embeddings.set(id, await embedder.embed(cache.read(id), id));
  await embedder.close();
  const flat = Float32Array.from([...embeddings.values()].flatMap((embedding) => [...embedding]));
  const devSpread = participationRatio(flat, embeddings.size);
  return { devEer: development.score(embeddings), devSpread, embeddings };
}

function checkFinite({ loss }: StepReport, step: number, metricsPath: string): void {
  if (Number.isFinite(loss)) return;
  throw new UserError(
    `the loss is ${loss} at step ${step}: the training has diverged (see ${metricsPath})\n` +
      'lower the learning rate (training.schedule), lengthen its warmup, or set training.optimizer.gradientClip; the last checkpoint is good',
  );
}
