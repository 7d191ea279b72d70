/**
 * @file One of several workers that train one network (local SGD): every so many steps it writes its state into a shared
 * folder, waits for the states of the others there and goes on from the average of all.
 *
 * Worker w of W takes the batches w, W + w, 2 W + w, … that a training by one process takes, so all of them together see
 * the same crops. Learning rate and margin follow their schedules over the worker's own steps. A state is a file that is
 * written aside and renamed: a reader meets it whole or not at all. It is removed once all have written the next one, so
 * the newest state that all have written is always there, and a worker that is started again goes on from it.
 *
 * Started by `local-sgd.mjs` with one argument, a JSON object; it sends what it has done as messages, and ends with its
 * parent.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { readManifest } from '../dist/src/corpus/manifest/manifest.js';
import { createEngine } from '../dist/src/engine/create-engine.js';
import { openFeatureCache } from '../dist/src/features/cache/cache.js';
import { createModel } from '../dist/src/models/registry.js';
import { readSafetensors, writeSafetensors } from '../dist/src/storage/safetensors.js';
import { averageModels } from '../dist/src/training/average.js';
import { assembleBatch, cachedCrops } from '../dist/src/training/crop.js';
import { createLoss } from '../dist/src/training/loss/registry.js';
import { createOptimizer } from '../dist/src/training/optimisation/optimizer.js';
import { createLearningRate } from '../dist/src/training/optimisation/schedule.js';
import { planEpoch } from '../dist/src/training/sampler.js';
import { openTrainingData } from '../dist/src/training/training-data.js';
import { newSlots } from '../dist/src/training/training-state.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../dist/src/training/training-step.js';
import { systemOf } from './local-sgd-system.mjs';

const POLL_MS = 2;

const leave = () => process.exit(1);
process.on('disconnect', leave);
await work(JSON.parse(process.argv[2]));
process.off('disconnect', leave).disconnect();

/**
 * @param {{ experiment: string, dir: string, seed: number, threads: number, workers: number, worker: number,
 *   every: number, rate: number, moments: boolean, batch: number, system?: string,
 *   measure?: { warmUp: number, steps: number } }} options
 *   `measure`: only so many steps, timed after a warm-up
 */
async function work({ experiment, dir, seed, threads, workers, worker, every, rate, moments, batch, system, measure }) {
  const { settings, cacheDir, manifest } = systemOf(experiment, system);
  const training = { ...settings.training, batchSize: batch };
  const model = createModel(settings.model);
  const cache = openFeatureCache(cacheDir);
  const utterances = readManifest(manifest).filter(({ split }) => split === 'train');
  const data = await openTrainingData({ utterances, augmentation: null, cache, training, seed });
  const stepsPerEpoch = data.stepsPerEpoch / workers;
  if (!Number.isInteger(stepsPerEpoch)) throw new Error(`${workers} workers cannot share ${data.stepsPerEpoch} steps`);
  const totalSteps = stepsPerEpoch * training.epochs;
  const horizon = { stepsPerEpoch, totalSteps };
  const loss = createLoss(training.loss, {
    speakers: data.speakers.length,
    embeddingSize: model.embeddingSize,
  });
  const optimizer = createOptimizer(training.optimizer);
  const learningRate = createLearningRate(training.schedule, horizon);
  const margin = loss.margin?.(horizon);
  const tensors = initialTrainingTensors(model, loss, seed);
  const start = {
    model: tensors,
    optimizer: newSlots(optimizer, trainedNames(model, loss), tensors),
  };
  const engine = await createEngine({ name: 'onnx', device: 'cpu', threads });
  const held = workers > 1 ? replaceableState(engine) : undefined;
  const { batchSize, cropFrames } = training;
  const step = await createTrainingStep(
    held?.engine ?? engine,
    { model, optimizer, loss, batchSize, cropFrames },
    start,
  );
  const nextBatch = createBatches({ data, cache, training, seed });
  const shared = (names) => (moments ? names : names.filter((name) => !(name in start.optimizer)));
  const exchange = createExchange({ dir, workers, worker });

  const train = async (at) => {
    const batch = await nextBatch(at * workers + worker);
    const scalars = {
      step: at * workers + worker,
      update: at,
      seed,
      learningRate: rate * learningRate(at),
    };
    const report = await step.run(batch, {
      ...scalars,
      ...(margin && { margin: margin(at) }),
    });
    if (!Number.isFinite(report.loss)) throw new Error(`the loss is ${report.loss} at step ${at}`);
  };
  const average = async (round) => held?.replace(await exchange.average(round, held.read(shared(held.names()))));

  if (measure) {
    const { warmUp, steps } = measure;
    for (let at = 0; at < warmUp; at++) await train(at);
    await average(0);
    exchange.forget();
    const [began, ofProcessor] = [performance.now(), process.cpuUsage()];
    for (let done = 1; done <= steps; done++) {
      await train(warmUp + done - 1);
      if (done % every === 0 || done === steps) await average(Math.ceil(done / every));
    }
    const { user, system } = process.cpuUsage(ofProcessor);
    const seconds = {
      seconds: (performance.now() - began) / 1000,
      processorSeconds: (user + system) / 1e6,
    };
    process.send({ steps, ...seconds, ...exchange.figures() });
  } else {
    let round = held ? exchange.newestRound(Math.ceil(totalSteps / every)) : 0;
    if (round > 0) held.replace(exchange.read(round));
    for (let done = Math.min(round * every, totalSteps); done < totalSteps;) {
      await train(done++);
      if (done % every === 0 || done === totalSteps) {
        await average(++round);
        process.send({ round });
      }
      if (done % stepsPerEpoch === 0) {
        const epoch = String(done / stepsPerEpoch);
        writeSafetensors(join(dir, `epoch-${epoch}-worker-${worker}.safetensors`), await step.readModel());
      }
    }
    const state = await step.readState();
    writeSafetensors(join(dir, `state-${worker}.safetensors`), {
      ...state.model,
      ...state.optimizer,
    });
    process.send({ steps: totalSteps, ...exchange.figures() });
  }
  await step.dispose();
}

/** An engine whose step takes a new state at any time: its state goes in and out as its inputs and outputs do. */
function replaceableState(engine) {
  let state;
  const next = (name) => `next:${name}`;
  const compileStep = async ({ program, inputs, state: start, held = {} }) => {
    state = start;
    const names = Object.keys(start);
    const step = await engine.compileStep({
      program: (tensors) =>
        Object.fromEntries(Object.entries(program(tensors)).map(([name, x]) => [name in start ? next(name) : name, x])),
      inputs: { ...inputs, ...start },
      state: {},
      held,
    });
    const run = async (feed) => {
      const given = Object.fromEntries(names.map((name) => [name, state[name].data]));
      const outputs = await step.run({ ...feed, ...given });
      state = Object.fromEntries(names.map((name) => [name, { ...start[name], data: outputs[next(name)].data }]));
      return outputs;
    };
    return {
      run,
      async runAll(feeds) {
        const results = [];
        for (const feed of feeds) results.push(await run(feed));
        return results;
      },
      readState: (wanted = names) => Promise.resolve(Object.fromEntries(wanted.map((name) => [name, state[name]]))),
      dispose: () => step.dispose(),
    };
  };
  return {
    engine: { ...engine, compileStep },
    names: () => Object.keys(state),
    read: (names) => Object.fromEntries(names.map((name) => [name, state[name]])),
    replace: (tensors) => (state = { ...state, ...tensors }),
  };
}

/** The batches of a training by one process, by their number. */
function createBatches({ data, cache, training, seed }) {
  const { cropFrames, pad } = training;
  const { utterances } = data;
  const readCrop = cachedCrops(cache, { seed, cropFrames });
  let planned;
  return (index) => {
    const epoch = Math.floor(index / data.stepsPerEpoch);
    if (planned?.epoch !== epoch)
      planned = {
        epoch,
        plan: planEpoch({ ...training, seed, epoch, utterances }),
      };
    const crops = planned.plan
      .batch(index % data.stepsPerEpoch)
      .map(({ utterance, copy }) => ({ ...utterances[utterance], copy }));
    return assembleBatch({
      readCrop,
      crops,
      epoch,
      bins: cache.bins,
      cropFrames,
      pad,
    });
  };
}

/** States in files: each worker's own of each round, which is averaged once all are there. */
function createExchange({ dir, workers, worker }) {
  const path = (round, of) => join(dir, `round-${round}-worker-${of}.safetensors`);
  const all = Array.from({ length: workers }, (_, of) => of);
  const isWhole = (round) => all.every((of) => existsSync(path(round, of)));
  let figures;
  const forget = () => (figures = { written: 0, read: 0, writing: 0, waited: 0, exchanged: 0 });
  forget();
  const read = (round) =>
    averageModels(
      all.map((of) => ({
        name: path(round, of),
        tensors: readSafetensors(path(round, of)),
      })),
    );
  return {
    read,
    forget,
    figures: () => figures,
    /** The newest round that all have written, 0 if there is none. */
    newestRound(last) {
      for (let round = last; round > 0; round--) if (isWhole(round)) return round;
      return 0;
    },
    async average(round, tensors) {
      const began = performance.now();
      writeSafetensors(path(round, worker), tensors);
      const written = performance.now();
      while (!isWhole(round)) await setTimeout(POLL_MS);
      const ready = performance.now();
      rmSync(path(round - 1, worker), { force: true });
      const { size } = statSync(path(round, worker));
      const averaged = read(round);
      figures.written += size;
      figures.read += size * (workers - 1);
      figures.writing += (written - began) / 1000;
      figures.waited += (ready - written) / 1000;
      figures.exchanged += (performance.now() - began) / 1000;
      return averaged;
    },
  };
}
