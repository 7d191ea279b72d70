/**
 * @file The work that acanet does as a contestant: the same as pytorch/serve.py, by the onnx engine on the CPU.
 *
 * A request's time includes what a request of the training loop needs on the host: dropout keys and Adam's scalars.
 * Needs a build (`npm run build`).
 */
import { createEngine } from '../dist/src/engine/create-engine.js';
import { float32 } from '../dist/src/engine/host-tensor.js';
import * as tf from '../dist/src/engine/tfjs.js';
import { initialTensors, parameterCount, parameterNames } from '../dist/src/models/model.js';
import { createModel, parseModelOptions } from '../dist/src/models/registry.js';
import { updatedStatistics } from '../dist/src/nn/batch-norm.js';
import { createDropout, dropoutKeyCount, dropoutKeys } from '../dist/src/nn/dropout.js';
import { initialValue, xavierUniform } from '../dist/src/nn/initialize.js';
import { keyedRandom } from '../dist/src/random.js';
import { aamSoftmax } from '../dist/src/training/aam-softmax.js';
import { createOptimizer, optimizerOptions } from '../dist/src/training/optimizer.js';

const LEARNING_RATE = 1e-3;
const MARGIN = 0.2;
const SCALE = 30;
const CLASSIFIER = 'classifier.weight';
/** The models' options by the names that cases.mjs gives them. */
const MODELS = {
  'aca-net': { type: 'aca-net' },
  'ecapa-512': { type: 'ecapa-tdnn', channels: 'c512' },
  'ecapa-1024': { type: 'ecapa-tdnn', channels: 'c1024-mfa3072' },
};
const DISTINCT_BATCHES = 4; // inputs change from request to request, as they do in use

/**
 * @typedef {{ model: keyof typeof MODELS, task: 'train' | 'extract', batch: number, frames: number, threads: number,
 *             speakers: number, seed: number }} WorkOptions
 * @typedef {import('../dist/src/models/model.js').SpeakerModel} SpeakerModel
 * @typedef {import('../dist/src/engine/program.js').Engine} Engine
 */

/**
 * Compiles the work and makes its inputs.
 * @param {WorkOptions} options
 * @returns {Promise<{ work: () => Promise<number>, parameters: number }>} `work` resolves to a loss, or an embedding's
 * first number
 */
export async function prepareWork(options) {
  const model = createModel(parseModelOptions(MODELS[options.model], options.model));
  const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: options.threads });
  const prepare = options.task === 'train' ? prepareTraining : prepareExtraction;
  return { work: await prepare(engine, model, options), parameters: parameterCount(model) };
}

/** Feature batches of normal noise. @param {SpeakerModel} model @param {WorkOptions} options */
function noiseBatches({ bins }, { batch, frames, seed }) {
  return Array.from({ length: DISTINCT_BATCHES }, (_, i) => {
    const random = keyedRandom(seed, 'features', i);
    return Float32Array.from({ length: batch * frames * bins }, () => random.normal());
  });
}

/** @param {Engine} engine @param {SpeakerModel} model @param {WorkOptions} options */
async function prepareTraining(engine, model, options) {
  const { batch, frames, speakers, seed } = options;
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: 2e-6 }));
  const names = [...parameterNames(model), CLASSIFIER];
  const classifier = {
    name: CLASSIFIER,
    shape: [speakers, model.embeddingSize],
    init: xavierUniform(model.embeddingSize, speakers),
  };
  const tensors = {
    ...initialTensors(model, seed),
    [CLASSIFIER]: float32(classifier.shape, initialValue(classifier, seed)),
  };
  const kept = Object.entries(tensors).filter(([name]) => !name.endsWith('.num_batches_tracked'));
  const slots = optimizer.slots(Object.fromEntries(names.map((name) => [name, tensors[name]])));
  const sites = model.dropoutRate > 0 ? model.dropoutSites(batch) : [];

  /** @type {import('../dist/src/engine/program.js').Program} */
  const program = (inputs) => {
    /** @type {Parameters<typeof updatedStatistics>[0][number][]} */
    const batches = [];
    const statistics = { record: (name, x, channels) => batches.push({ name, x: tf.keep(x), channels }) };
    const lossOf = (/** @type {import('../dist/src/engine/tfjs.js').Tensor[]} */ ...values) => {
      const parameters = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      const dropout = sites.length ? createDropout(inputs.dropoutKeys, model.dropoutRate) : undefined;
      const embeddings = model.embed({ ...inputs, ...parameters }, inputs.features, {
        training: { statistics, dropout },
      });
      const weight = parameters[CLASSIFIER];
      return aamSoftmax({ embeddings, weight, targets: inputs.targets, margin: inputs.margin, scale: SCALE }).loss;
    };
    const { value: loss, grads } = tf.valueAndGrads(lossOf)(names.map((name) => inputs[name]));
    const updated = optimizer.apply({
      parameters: Object.fromEntries(names.map((name) => [name, inputs[name]])),
      gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]])),
      slots: inputs,
      scalars: inputs.scalars,
    });
    return { ...updated.parameters, ...updated.slots, ...updatedStatistics(batches, inputs), loss };
  };

  const keyCount = dropoutKeyCount(sites);
  const step = await engine.compileStep({
    program,
    inputs: {
      features: { shape: [batch, frames, model.bins] },
      targets: { shape: [batch], dtype: 'int32' },
      margin: { shape: [1] },
      scalars: { shape: [optimizer.scalarCount] },
      ...(keyCount > 0 && { dropoutKeys: { shape: [keyCount], dtype: 'int32' } }),
    },
    state: { ...Object.fromEntries(kept), ...slots },
  });

  const features = noiseBatches(model, options);
  const targets = features.map((_, i) => {
    const random = keyedRandom(seed, 'speakers', i);
    return Int32Array.from({ length: batch }, () => random.below(speakers));
  });
  const margin = Float32Array.of(MARGIN);
  let done = 0;
  return async () => {
    const { loss } = await step.run({
      features: features[done % DISTINCT_BATCHES],
      targets: targets[done % DISTINCT_BATCHES],
      margin,
      scalars: optimizer.scalars(done, LEARNING_RATE),
      ...(keyCount > 0 && { dropoutKeys: dropoutKeys(sites, seed, done) }),
    });
    done++;
    return loss.data[0];
  };
}

/** @param {Engine} engine @param {SpeakerModel} model @param {WorkOptions} options */
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
