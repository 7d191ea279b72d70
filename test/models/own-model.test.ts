/**
 * @file A model is one entry of the registry: a small one that is defined here trains a step, embeds, has operations,
 * is saved, read and imported, and says how it departs from the published one.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createEngine } from '../../src/engine/create-engine.js';
import type { Engine } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { UserError } from '../../src/errors.js';
import { createEmbedder } from '../../src/models/embedder.js';
import { importModel } from '../../src/models/import-weights.js';
import type { ModelEntry } from '../../src/models/model-entry.js';
import { readModelFolder, writeModelFolder } from '../../src/models/model-folder.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { createParameterList } from '../../src/models/contract/parameter-list.js';
import { addModel, createModel, describeDepartures, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { writeSafetensors } from '../../src/storage/safetensors.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../../src/training/training-step.js';
import { aamLoss } from '../training/loss-of-tests.js';

const options = z.strictObject({
  type: z.literal('mean-map'),
  bins: z.int().positive().default(8),
  embedding: z.int().positive().default(4),
});

/** The mean of the frames, mapped to the embedding. */
const meanMap: ModelEntry<z.infer<typeof options>> = {
  options,
  create({ bins, embedding }) {
    const list = createParameterList();
    list.linear('map', bins, embedding);
    return {
      title: `mean and map (${embedding})`,
      bins,
      embeddingSize: embedding,
      minFrames: 1,
      minCropFrames: 1,
      parameters: list.parameters,
      batchNorms: [],
      derivedBuffers: {},
      dropoutRate: 0,
      dropoutSites: () => [],
      embed: (tensors, features) =>
        tf.add(tf.matMul(tf.mean(features, 1) as tf.Tensor2D, tensors['map.weight'] as tf.Tensor2D, false, true), tensors['map.bias']), // prettier-ignore
      macs: () => bins * embedding,
    };
  },
  published: {
    name: 'the published mean',
    departures: ({ embedding }) => (embedding === 4 ? [] : [`size ${embedding}`]),
  },
  constructorArguments: { names: { inputs: 'bins', outputs: 'embedding' }, withoutEffect: { device: undefined } },
};

const [BINS, FRAMES, BATCH, SPEAKERS] = [8, 6, 4, 2];
const noise = (length: number) => {
  const random = keyedRandom('test', 'own model', length);
  return Float32Array.from({ length }, () => random.normal());
};

describe('a model of one’s own', () => {
  const given = { type: 'mean-map', embedding: 3 };
  let engine: Engine;
  let dir: string;
  before(async () => {
    addModel('mean-map', meanMap);
    engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    dir = mkdtempSync(join(tmpdir(), 'acanet-own-model-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('has its options checked, its operations counted, and says in what it is not the published one', () => {
    const parsed = parseModelOptions(given, 'test');
    assert.deepEqual(parsed, { type: 'mean-map', bins: 8, embedding: 3 });
    assert.throws(() => parseModelOptions({ ...given, latents: 3 }, 'test'), /"latents"/);
    assert.equal(createModel(parsed).macs(300), 24);
    assert.equal(describeDepartures(parsed), 'differs from the published mean: size 3');
    assert.equal(describeDepartures(parseModelOptions({ type: 'mean-map' }, 'test')), undefined);
  });

  it('trains', async () => {
    const model = createModel(parseModelOptions(given, 'test'));
    const loss = aamLoss(model, SPEAKERS, 10);
    const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam' }));
    const tensors = initialTrainingTensors(model, loss, 1);
    const slots = optimizer.slots(Object.fromEntries(trainedNames(model, loss).map((name) => [name, tensors[name]])));
    const shape = { model, optimizer, loss, batchSize: BATCH, cropFrames: FRAMES };
    const step = await createTrainingStep(engine, shape, { model: tensors, optimizer: slots });
    const batch = { features: noise(BATCH * FRAMES * BINS), targets: Int32Array.of(0, 1, 0, 1) };
    const losses: number[] = [];
    for (let i = 0; i < 40; i++) losses.push((await step.run(batch, { step: i, seed: 1, learningRate: 0.01, margin: 0 })).loss); // prettier-ignore
    await step.dispose();
    assert.ok(losses.at(-1)! < losses[0] / 2, `${losses[0]} → ${losses.at(-1)}`);
  });

  it('is saved, read, imported, and embeds alike each time', async () => {
    const model = parseModelOptions(given, 'test');
    const tensors = initialTensors(createModel(model), 1);
    const saved = join(dir, 'saved');
    await writeModelFolder(saved, { model, origin: { test: true } }, tensors);
    writeSafetensors(join(dir, 'weights.safetensors'), tensors);
    const config = join(dir, 'config.json');
    writeFileSync(config, JSON.stringify({ model: 'mean-map', inputs: 8, outputs: 3, device: 'cpu' }));
    const imported = join(dir, 'imported');
    const what = await importModel({ weights: join(dir, 'weights.safetensors'), config, out: imported });
    assert.deepEqual([what.parameters, what.prefix, what.title], [27, '', 'mean and map (3)']);
    const features = { frames: FRAMES, bins: BINS, data: noise(FRAMES * BINS) };
    const embeddings = await Promise.all(
      [saved, imported].map(async (folder) => {
        const { speakerModel, tensors, model: read } = readModelFolder(folder);
        assert.deepEqual(read, model);
        const embedder = await createEmbedder(engine, speakerModel, tensors);
        const embedding = await embedder.embed(features);
        await embedder.close();
        return embedding;
      }),
    );
    assert.equal(embeddings[0].length, 3);
    assert.deepEqual(embeddings[1], embeddings[0]);
    for (const [d, value] of embeddings[0].entries()) {
      const mean = (bin: number) => Array.from({ length: FRAMES }, (_, t) => features.data[t * BINS + bin]).reduce((sum, x) => sum + x / FRAMES, 0); // prettier-ignore
      const expected = Array.from({ length: BINS }, (_, bin) => mean(bin) * tensors['map.weight'].data[d * BINS + bin]).reduce((sum, x) => sum + x, tensors['map.bias'].data[d]); // prettier-ignore
      assert.ok(Math.abs(value - expected) < 1e-5); // roundings of a few sums
    }
    writeFileSync(config, JSON.stringify({ model: 'mean-map', input: 8 }));
    await assert.rejects(
      importModel({ weights: join(dir, 'weights.safetensors'), config, out: join(dir, 'other') }),
      (error) => error instanceof UserError && /mean-map has no argument "input"; it has inputs, outputs/.test(error.message), // prettier-ignore
    );
  });
});
