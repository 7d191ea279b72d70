/**
 * @file The work that acanet does as a contestant: the same as pytorch/serve.py, by the onnx engine on the CPU.
 *
 * A request's time includes what a request of the training loop needs on the host: dropout keys and Adam's scalars.
 * Needs a build (`npm run build`).
 */
import { readFileSync } from 'node:fs';
import { createEngine } from '../dist/src/engine/create-engine.js';
import { float32 } from '../dist/src/engine/program/host-tensor.js';
import { createEmbedder } from '../dist/src/models/embedder.js';
import { sideBySide } from '../dist/src/models/side-by-side.js';
import { initialTensors, parameterCount } from '../dist/src/models/contract/model.js';
import { createModel, parseModelOptions } from '../dist/src/models/registry.js';
import { keyedRandom } from '../dist/src/random.js';
import { createLoss, lossOptions } from '../dist/src/training/loss/registry.js';
import { createOptimizer, optimizerOptions } from '../dist/src/training/optimisation/optimizer.js';
import * as tf from '../dist/src/engine/tfjs.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../dist/src/training/training-step.js';

const LEARNING_RATE = 1e-3;
const MARGIN = 0.2;
const SCALE = 30;
/** The models' options by the names that cases.mjs gives them. */
export const MODELS = {
  'aca-net': { type: 'aca-net' },
  'ecapa-512': { type: 'ecapa-tdnn', channels: 'c512' },
  'ecapa-1024': { type: 'ecapa-tdnn', channels: 'c1024-mfa3072' },
};
const DISTINCT_BATCHES = 4; // inputs change from request to request, as they do in use

/**
 * @typedef {{ model: keyof typeof MODELS | 'matrix', task: 'train' | 'extract' | 'embed' | 'gemm' | 'products',
 *             batch: number, frames: number, threads: number, speakers: number, seed: number }} WorkOptions
 * @typedef {import('../dist/src/models/contract/model.js').SpeakerModel} SpeakerModel
 * @typedef {import('../dist/src/engine/program/program.js').Engine} Engine
 */

/**
 * Compiles the work and makes its inputs.
 * @param {WorkOptions} options
 * @returns {Promise<{ work: () => Promise<number>, parameters: number, operations: number }>} `work` resolves to a
 *   loss, an embedding's first number or a product's. `operations` are those that the models' own formulas need, a
 *   multiplication and an addition each; training takes three times those of the forward pass.
 */
export async function prepareWork({ model: name, ...options }) {
  const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: options.threads });
  if (name === 'matrix') {
    return { work: await prepareProduct(engine, options), parameters: 0, operations: 2 * options.frames ** 3 };
  }
  if (options.task === 'products') return { ...(await prepareProducts(engine, name, options)), parameters: 0 };
  const model = createModel(parseModelOptions(MODELS[name], name));
  const isTraining = options.task === 'train';
  const prepare = { train: prepareTraining, embed: prepareEmbedding }[options.task] ?? prepareExtraction;
  const work = await prepare(engine, model, options);
  const operations = 2 * model.macs(options.frames) * options.batch * (isTraining ? 3 : 1);
  return { work, parameters: parameterCount(model), operations };
}

/** One product of two square matrices. @param {Engine} engine @param {Omit<WorkOptions, 'model'>} options */
async function prepareProduct(engine, { frames: size, seed }) {
  const random = keyedRandom(seed, 'matrices');
  const matrix = () =>
    float32(
      [size, size],
      Float32Array.from({ length: size * size }, () => random.normal()),
    );
  const inputs = { a: matrix(), b: matrix() };
  const product = await engine.compileInference({
    program: ({ a, b }) => ({ product: tf.matMul(a, b) }),
    inputs: { a: { shape: [size, size] }, b: { shape: [size, size] } },
    parameters: {},
  });
  return async () => (await product.run(inputs)).product.data[0];
}

/**
 * For each layer that is a matrix product over all frames of a batch: the product forward, and those of the gradients of its
 * input and of its weights.
 * @param {Engine} engine @param {string} name @param {Omit<WorkOptions, 'model'>} options
 */
async function prepareProducts(engine, name, { batch, frames, seed }) {
  const random = keyedRandom(seed, 'matrices');
  /** @type {{ in: number, out: number, times: number }[]} */
  const layers = JSON.parse(readFileSync(new URL('layers.json', import.meta.url), 'utf8'))[name];
  const rows = batch * frames;
  const runs = [];
  let operations = 0;
  for (const { in: inputs, out: outputs, times } of layers) {
    const shapes = { x: [rows, inputs], w: [inputs, outputs], d: [rows, outputs] };
    const corner = (/** @type {import('@tensorflow/tfjs-core').Tensor} */ product) => tf.slice(product, [0, 0], [1, 1]);
    const compiled = await engine.compileInference({
      program: ({ x, w, d }) => ({
        forward: corner(tf.matMul(x, w)),
        input: corner(tf.matMul(d, w, false, true)),
        weights: corner(tf.matMul(x, d, true)),
      }),
      inputs: Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, { shape }])),
      parameters: {},
    });
    const given = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => {
        const values = Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform());
        return [key, float32(shape, values)];
      }),
    );
    operations += 6 * rows * inputs * outputs * times;
    for (let i = 0; i < times; i++) runs.push(() => compiled.run(given));
  }
  const work = async () => {
    let sum = 0;
    for (const run of runs) sum += (await run()).forward.data[0];
    return sum;
  };
  return { work, operations };
}

/** Feature batches of normal noise. @param {SpeakerModel} model @param {Omit<WorkOptions, 'model'>} options */
function noiseBatches({ bins }, { batch, frames, seed }) {
  return Array.from({ length: DISTINCT_BATCHES }, (_, i) => {
    const random = keyedRandom(seed, 'features', i);
    return Float32Array.from({ length: batch * frames * bins }, () => random.normal());
  });
}

/** @param {Engine} engine @param {SpeakerModel} model @param {Omit<WorkOptions, 'model'>} options */
async function prepareTraining(engine, model, options) {
  const { batch, frames, speakers, seed } = options;
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: 2e-6 }));
  const { embeddingSize } = model;
  const loss = createLoss(lossOptions.parse({ type: 'aam-softmax', scale: SCALE }), { speakers, embeddingSize });
  const step = await createTrainingStep(
    engine,
    { model, optimizer, loss, batchSize: batch, cropFrames: frames },
    startOf(model, loss, optimizer, seed),
  );
  const batches = noiseBatches(model, options).map((features, i) => {
    const random = keyedRandom(seed, 'speakers', i);
    return { features, targets: Int32Array.from({ length: batch }, () => random.below(speakers)) };
  });
  let done = 0;
  return async () => {
    const scalars = { step: done, seed, learningRate: LEARNING_RATE, margin: MARGIN };
    const report = await step.run(batches[done++ % DISTINCT_BATCHES], scalars);
    return report.loss;
  };
}

/**
 * What a training starts from; kept by nobody, as in a training.
 * @param {SpeakerModel} model @param {ReturnType<typeof createLoss>} loss
 * @param {ReturnType<typeof createOptimizer>} optimizer @param {number} seed
 */
export function startOf(model, loss, optimizer, seed) {
  const tensors = initialTrainingTensors(model, loss, seed);
  const trained = Object.fromEntries(trainedNames(model, loss).map((name) => [name, tensors[name]]));
  return { model: tensors, optimizer: optimizer.slots(trained) };
}

/** @param {Engine} engine @param {SpeakerModel} model @param {Omit<WorkOptions, 'model'>} options */
async function prepareEmbedding(engine, model, options) {
  const { batch, frames } = options;
  const { bins } = model;
  const embedder = await createEmbedder(engine, model, initialTensors(model, options.seed), { utterances: 1000 });
  const batches = noiseBatches(model, options).map((data) =>
    Array.from({ length: batch }, (_, i) => ({
      frames,
      bins,
      data: data.subarray(i * frames * bins, (i + 1) * frames * bins),
    })),
  );
  let done = 0;
  return async () => {
    let sum = 0;
    const given = sideBySide(batches[done++ % DISTINCT_BATCHES], embedder.atOnce, (each) => embedder.embed(each));
    for await (const [, embedding] of given) sum += embedding[0];
    return sum;
  };
}

/** @param {Engine} engine @param {SpeakerModel} model @param {Omit<WorkOptions, 'model'>} options */
async function prepareExtraction(engine, model, options) {
  const { batch, frames, seed } = options;
  const inference = await engine.compileInference({
    program: (inputs) => ({ embeddings: model.embed(inputs, inputs.features) }),
    inputs: { features: { shape: ['B', 'T', model.bins] } }, // the session that any batch and length goes through
    parameters: initialTensors(model, seed),
  });
  const batches = noiseBatches(model, options).map((data) => float32([batch, frames, model.bins], data));
  let done = 0;
  return async () => {
    const { embeddings } = await inference.run({ features: batches[done++ % DISTINCT_BATCHES] });
    return embeddings.data[0];
  };
}
