/**
 * @file A loss is one entry: one that is defined here is checked, trained with in the loop, and left out of the model.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWav } from '../../../src/audio/write-wav.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { createEngine } from '../../../src/engine/create-engine.js';
import * as tf from '../../../src/engine/tfjs.js';
import { buildFeatureCache } from '../../../src/features/cache/cache.js';
import { featureOptions } from '../../../src/features/options.js';
import { createModel, parseModelOptions } from '../../../src/models/registry.js';
import { keyedRandom } from '../../../src/random.js';
import { averageCheckpoints } from '../../../src/training/average-checkpoints.js';
import { averageOptions } from '../../../src/training/average-options.js';
import { listCheckpoints, loadCheckpoint } from '../../../src/training/checkpoint.js';
import { CLASSIFIER, classifierWeight, cosines, crossEntropy, targetMask } from '../../../src/training/loss/cosine-classifier.js'; // prettier-ignore
import type { LossEntry } from '../../../src/training/loss/loss.js';
import { addLoss } from '../../../src/training/loss/registry.js';
import { readMetricsLog } from '../../../src/training/metrics-log.js';
import { trainingOptions, type TrainingOptions } from '../../../src/training/training-options.js';
import { trainModel } from '../../../src/training/trainer.js';

const options = z.strictObject({ type: z.literal('cosine-softmax'), scale: z.number().positive().default(10) });

/** Softmax of scaled cosines, without any margin, and with a trained offset for each speaker. */
const cosineSoftmax: LossEntry<z.infer<typeof options>> = {
  options,
  create: ({ scale }, place) => ({
    parameters: [
      classifierWeight(place),
      { name: 'classifier.bias', shape: [place.speakers], init: ([size]) => new Float32Array(size) },
    ],
    compute(tensors, { embeddings, targets }) {
      const cosine = cosines(embeddings, tensors[CLASSIFIER]);
      const logits = tf.add(tf.mul(cosine, scale), tensors['classifier.bias']);
      return { loss: crossEntropy(logits, targetMask(targets, cosine.shape[1]!)), nearness: cosine };
    },
  }),
};

const [RATE, BINS, SPEAKERS] = [8000, 8, 3];

describe('a loss of one’s own', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-loss-'));
    addLoss('cosine-softmax', cosineSoftmax);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('trains in the loop with its parameters, without a margin, and stays out of the model', async () => {
    // Each speaker is a tone of its own in noise.
    const utterances = Array.from({ length: 6 }, (_, i): Utterance => {
      const random = keyedRandom(i, 'loss');
      const tone = 2 * Math.PI * (400 + 900 * (i % SPEAKERS));
      const samples = Float32Array.from({ length: RATE }, (_, t) => 0.3 * Math.sin((tone * t) / RATE) + 0.02 * random.normal()); // prettier-ignore
      const path = join(dir, `u${i}.wav`);
      writeWav(path, samples, RATE);
      return { id: `u${i}`, speaker: `s${i % SPEAKERS}`, path, duration: 1, sampleRate: RATE, channels: 1, corpus: 'tones', split: 'train' }; // prettier-ignore
    });
    const cacheDir = join(dir, 'cache');
    const features = featureOptions.parse({ type: 'kaldi', sampleRate: RATE, bins: BINS });
    await buildFeatureCache({ utterances, options: features, dir: cacheDir, workers: 1 });
    const model = parseModelOptions({ type: 'x-vector', bins: BINS, embedding: 6, channels: [8, 12], kernels: [3, 1], dilations: [1, 1] }, 'test'); // prettier-ignore
    const given = {
      epochs: 3,
      batchSize: 6,
      cropFrames: 40,
      cropsPerUtterance: 6,
      loss: { type: 'cosine-softmax' },
      optimizer: { type: 'adam' },
      schedule: { type: 'constant', lr: 0.02 },
      logEvery: 1,
    };
    const training = trainingOptions.extend({ loss: options }).parse(given) as unknown as TrainingOptions;
    const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    const lines: string[] = [];
    const common = { engine, training, seed: 1, cacheDir, utterances, augmentation: null, progress: () => undefined };
    const trainDir = join(dir, 'train');
    await trainModel({
      ...common,
      model: createModel(model),
      development: { ids: utterances.map(({ id }) => id), score: () => 0.25 },
      dir: trainDir,
      configHash: 'of the test',
      log: (line) => lines.push(line),
    });
    const rows = readMetricsLog(join(trainDir, 'metrics.jsonl')).filter(({ loss }) => typeof loss === 'number');
    const losses = rows.map(({ loss }) => loss as number);
    assert.ok(losses.at(-1)! < losses[0] / 4, `${losses[0]} → ${losses.at(-1)}`);
    assert.ok(rows.every((row) => !('margin' in row)));
    assert.ok(lines.some((line) => line.includes('loss ')) && !lines.some((line) => line.includes('margin')));
    const { model: saved } = loadCheckpoint(listCheckpoints(trainDir).at(-1)!.dir);
    assert.deepEqual(saved['classifier.bias'].shape, [SPEAKERS]);
    assert.ok(saved['classifier.bias'].data.some((value) => value !== 0));

    const average = averageOptions.parse({ last: 2, batchNorm: 'recompute' });
    const modelDir = join(dir, 'average');
    await averageCheckpoints({ ...common, model, average, trainDir, dir: modelDir });
    assert.doesNotMatch(readFileSync(join(modelDir, 'model.safetensors'), 'latin1').slice(0, 4096), /classifier/);
  });
});
