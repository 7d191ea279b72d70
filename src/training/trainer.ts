/**
 * @file The training loop: batch → step → log → checkpoint, from wherever the last run stopped.
 *
 * Everything random is keyed by (seed, epoch, utterance) or (seed, step), and the state is wholly in the checkpoint, so
 * a run that was killed at any moment and resumed ends with the same bytes as one that was not. At the end of each
 * epoch the development trials are scored; test trials are never seen here.
 * The instruments only look: with or without them the checkpoints are the same bytes. A training of several phases is
 * one loop after the other (`phases.ts`).
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { HostTensors } from '../engine/program/host-tensor.js';
import type { Engine } from '../engine/program/program.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { internal, UserError } from '../errors.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import { openFeatureCache } from '../features/cache/cache.js';
import type { FeatureCache } from '../features/cache/cache.js';
import { createEmbedder } from '../models/embedder.js';
import { sideBySide } from '../models/side-by-side.js';
import type { SpeakerModel } from '../models/contract/model.js';
import type { ModelOptions } from '../models/registry.js';
import { bestCheckpoints, listCheckpoints } from './checkpoint.js';
import { createCollapseWatch } from './collapse.js';
import { participationRatio } from './embedding-spread.js';
import { describeFrozen, frozenTensors } from './freeze.js';
import { speakersHash, type InitialModelPlace } from './initial-model.js';
import { createInstruments, isEarlyPoint, type Instruments } from './instruments.js';
import type { Loss } from './loss/loss.js';
import { createLoss } from './loss/registry.js';
import { openMetricsLog, readMetricsLog, type MetricsRow } from './metrics-log.js';
import { createOptimizer } from './optimisation/optimizer.js';
import { createLearningRate } from './optimisation/schedule.js';
import { createMeter, describeDevelopment, describeFigures, describeReadings, describeRow } from './training-log.js';
import { openEventLog } from './tensorboard-events.js';
import type { TrainingOptions } from './training-options.js';
import { describePhase, describePlan, planTraining, type PlannedPhase, type TrainingPlan } from './training-plan.js';
import {
  findState,
  newSlots,
  newState,
  saveState,
  stateOf,
  type CheckpointPlace,
  type TrainingState,
  type TrainingTensors,
} from './training-state.js';
import { createTrainingStep, trainedNames } from './training-step.js';
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
  readonly initial?: InitialModelPlace;
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
  const { model, engine, training, seed, cacheDir, dir, configHash, log, instruments = true } = options;
  const cache = openFeatureCache(cacheDir);
  const plan = await planTraining(options, cache);
  const speakers = speakersHash(plan.speakers);
  const place = { dir, configHash, retention: training.checkpoint, endsEpoch: plan.endsEpoch };
  const loss = lossOf(model, training, plan);
  const begin = () => newState({ ...options, loss, speakers, features: cache.options });
  const { notes, ...from } = findState(place, log) ?? begin();
  let { state } = from;
  const done = state.step > 0 ? state.step : undefined;
  const metrics = openMetricsLog(join(dir, 'metrics.jsonl'), { resumeStep: done });
  const kept = readMetricsLog(metrics.path);
  const events = openEventLog(dir, done === undefined ? undefined : { step: done, rows: kept });
  const doing = state.step === 0 ? 'training' : `resuming at step ${state.step} of`;
  log(`${doing} ${model.title}: ${describePlan(plan)}`);
  for (const note of notes) log(note);
  for (const line of describeFigures({ attends: (model.frameAttention ?? []).length > 0 })) log(line);
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
  try {
    for (const phase of plan.phases.filter(({ endStep }) => endStep > state.step)) {
      state = await trainPhase(phase, state, { ...options, seed, plan, place, cache, speakers, probe, record });
    }
  } finally {
    await probe?.close();
  }
  const [best] = bestCheckpoints(listCheckpoints(dir), 1);
  return { steps: plan.steps, devEer: state.devEer, bestDevEer: best?.devEer ?? state.devEer };
}

type PhaseContext = TrainModelOptions & {
  readonly plan: TrainingPlan;
  readonly place: CheckpointPlace;
  readonly cache: FeatureCache;
  /** As `speakersHash` has them. */
  readonly speakers: string;
  readonly probe?: Instruments;
  record(row: MetricsRow, line: string): void;
};

/** From a state within a phase, or at its beginning, to its end. */
async function trainPhase(phase: PlannedPhase, start: TrainingState, context: PhaseContext): Promise<TrainingState> {
  const { plan, place, cache, seed, speakers, probe, record, log, progress, signal } = context;
  const { name, training, firstStep, endStep, data } = phase;
  const perEpoch = data.stepsPerEpoch;
  const { step, rate, margin, meter, loader } = await openPhase(phase, start, context);
  const named = name === undefined ? {} : { phase: name };
  const epochOf = (done: number) => phase.firstEpoch + Math.floor((done - firstStep) / perEpoch);
  const save = (done: number, epoch: number, development: { devEer: number | null }) =>
    saveState(place, step, { step: done, epoch, ...development, speakers, ...named, stepsPerEpoch: perEpoch, seed });
  const observes = (at: number) => probe !== undefined && firstStep === 0 && isEarlyPoint(at, perEpoch);
  const measureEarly = async (at: number) => {
    if (!probe || !observes(at)) return;
    const began = performance.now();
    const readings = await probe.read(await step.readModel());
    record({ step: at, epoch: 1, ...named, instruments: readings }, describeReadings(at, readings));
    meter.leaveOut((performance.now() - began) / 1000);
  };
  let devEer = start.devEer;
  let saved = start.step;
  try {
    if (start.step === 0) await measureEarly(0);
    for (let done = start.step; done < endStep;) {
      await setImmediate(); // lets signals and the loader's messages in: a step blocks the event loop
      const epoch = epochOf(done);
      if (signal?.aborted) {
        if (saved !== done) await save(done, epoch, { devEer: null });
        log(`Interrupted: a checkpoint of step ${done} is written. The same command goes on from there.`);
        signal.throwIfAborted();
      }
      const border = nextBorder(done, phase, { endsEpoch: plan.endsEpoch, observed: observes });
      const steps: Parameters<TrainingStep['runAll']>[0][number][] = [];
      for (let at = done; at < border; at++) {
        const batch = await loader.next();
        if (!batch) throw internal(`the loader ended at step ${at} of ${endStep}`);
        const update = at - firstStep;
        const own = { learningRate: rate(update), ...(margin && { margin: margin(update) }) };
        steps.push({ batch, scalars: { ...own, step: at, update, seed } });
      }
      for (const [i, report] of (await step.runAll(steps)).entries()) {
        checkFinite(report, done, place.dir);
        done++;
        meter.add(report);
        progress('train', done, plan.steps);
        if (!plan.endsEpoch(done) && done % training.logEvery > 0) continue;
        const { learningRate: lr, margin: now } = steps[i].scalars;
        const measured = { ...meter.read(), lr, ...(now !== undefined && { margin: now }) };
        const row = { step: done, epoch: epoch + 1, ...named, ...measured };
        record(row, describeRow(row, plan.epochs, plan.steps));
      }
      const epochEnds = plan.endsEpoch(done);
      if (epochEnds) {
        const network = await step.readModel();
        const { embeddings, ...development } = await scoreDevelopment(network, context, cache);
        devEer = development.devEer;
        const readings = await probe?.read(network, embeddings);
        const measured = { ...named, ...development, ...(readings && { instruments: readings }) };
        const row = { step: done, epoch: epoch + 1, ...measured };
        record(row, describeDevelopment(row));
        await save(done, epoch + 1, development);
        saved = done;
        meter.restart();
        continue;
      }
      await measureEarly(done);
      if (training.checkpoint.everySteps && done % training.checkpoint.everySteps === 0) {
        await save(done, epoch, { devEer: null });
        saved = done;
      }
    }
    return stateOf({ step: endStep, devEer }, await step.readState());
  } finally {
    await loader.close();
    await step.dispose();
  }
}

/** The step that a call of the engine beginning at `done` ends before: where the state is wanted next, at the latest. */
function nextBorder(
  done: number,
  { endStep, training: { stepsPerCall = 1, checkpoint } }: PlannedPhase,
  { endsEpoch, observed }: Record<'endsEpoch' | 'observed', (step: number) => boolean>,
): number {
  const last = Math.min(done + stepsPerCall, endStep);
  for (let at = done + 1; at < last; at++) {
    if (endsEpoch(at) || observed(at)) return at;
    if (checkpoint.everySteps && at % checkpoint.everySteps === 0) return at;
  }
  return last;
}

/** What a phase computes with: its step, compiled for its batches, and what changes from update to update. */
async function openPhase(phase: PlannedPhase, start: TrainingState, { model, engine, plan, log }: PhaseContext) {
  const { name, training, data, rateFactor, firstStep, endStep, firstEpoch } = phase;
  const { batchSize, cropFrames, stepsPerCall } = training;
  const loss = lossOf(model, training, plan);
  const optimizer = createOptimizer(training.optimizer);
  const frozen = training.freeze ? frozenTensors(model, training.freeze) : undefined;
  const parameters = trainedNames(model, loss, frozen);
  if (name !== undefined) log(`${name.startsWith('phase ') ? name : `phase ${name}`}: ${describePhase(phase)}`);
  for (const note of [...data.notes, ...(frozen ? [describeFrozen(model, frozen)] : [])]) log(note);
  const crops = training.epochSize ?? data.utterances.length * training.cropsPerUtterance;
  if (crops < batchSize)
    log(
      `An epoch has ${crops} crops, fewer than a batch of ${batchSize}: the rest are more crops of the same utterances.`,
    );
  const horizon = { stepsPerEpoch: data.stepsPerEpoch, totalSteps: endStep - firstStep };
  const schedule = createLearningRate(training.schedule, horizon);
  const range = { startStep: start.step - firstStep, endStep: endStep - firstStep, firstEpoch };
  const loader = data.openLoader(range); // makes the first batches while the step is compiled
  try {
    const options = { model, optimizer, loss, batchSize, cropFrames, frozen, stepsPerCall };
    const step = await startStep(engine, options, () => {
      const tensors = start.takeTensors();
      const begins = start.step === firstStep;
      return begins ? { ...tensors, optimizer: newSlots(optimizer, parameters, tensors.model) } : tensors;
    });
    const { gradientClip } = training.optimizer;
    return {
      step,
      loader,
      rate: (update: number) => schedule(update) * rateFactor,
      margin: loss.margin?.(horizon),
      meter: createMeter({ batchSize, parameters, gradientClip, ...loader }),
    };
  } catch (error) {
    await loader.close();
    throw error;
  }
}

/** Compiles the step and forgets the tensors that it starts from, of which it has its own. */
const startStep = (engine: Engine, options: TrainingStepOptions, take: () => TrainingTensors): Promise<TrainingStep> =>
  createTrainingStep(engine, options, take());

/** The loss of a phase: its parameters are the same in all of them. */
const lossOf = (model: SpeakerModel, { loss }: TrainingOptions, { speakers }: TrainingPlan): Loss =>
  createLoss(loss, { speakers: speakers.length, embeddingSize: model.embeddingSize });

async function scoreDevelopment(
  network: HostTensors,
  { engine, model, development }: TrainModelOptions,
  cache: FeatureCache,
) {
  const { ids } = development;
  const embedder = await createEmbedder(engine, model, network, { utterances: ids.length });
  const embeddings = new Map<string, Float32Array>();
  const embed = async (id: string) => embedder.embed(cache.read(id), id);
  try {
    for await (const [id, embedding] of sideBySide(ids, embedder.atOnce, embed)) embeddings.set(id, embedding);
  } finally {
    await embedder.close();
  }
  const flat = Float32Array.from([...embeddings.values()].flatMap((embedding) => [...embedding]));
  const devSpread = participationRatio(flat, embeddings.size);
  return { devEer: development.score(embeddings), devSpread, embeddings };
}

function checkFinite({ loss }: StepReport, step: number, dir: string): void {
  if (Number.isFinite(loss)) return;
  throw new UserError(
    `the loss is ${loss} at step ${step}: the training has diverged (see ${join(dir, 'metrics.jsonl')})\n` +
      'lower the learning rate (training.schedule), lengthen its warmup, or set training.optimizer.gradientClip; the last checkpoint is good',
  );
}
