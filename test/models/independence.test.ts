/**
 * An embedding depends on its own utterance only: not on its batch mates, its place in the batch, or the lengths that
 * the session served before. On both engines, at the shortest length too.
 */
import assert from 'node:assert/strict';
import { float32, sizeOf } from '../../src/engine/program/host-tensor.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine, Inference } from '../../src/engine/program/program.js';
import { UserError } from '../../src/errors.js';
import { createEmbedder } from '../../src/models/embedder.js';
import { initialTensors } from '../../src/models/contract/model.js';
import type { SpeakerModel } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { createTestedEngine, describeOnEngines } from '../engine/engines.js';

const smallAca = { type: 'aca-net', bins: 8, latents: 12, embed: 16, heads: 2, attentionMlp: 16, transformerMlp: 16 };
/** Latents that attend to different frames; from the released ones all utterances look alike. */
const spreadLatents = { latentInit: { distribution: 'orthogonal', std: 1 } };
const smallEcapa = {
  type: 'ecapa-tdnn',
  bins: 8,
  embedding: 12,
  channels: [16, 16, 16, 16, 48],
  res2netScale: 4,
  seChannels: 8,
  attentionChannels: 8,
};

const smallXVector = { type: 'x-vector', bins: 8, embedding: 12, channels: [16, 16, 16, 16, 24] };

const models: { name: string; options: Record<string, unknown>; onnxOnly?: boolean }[] = [
  { name: 'ACA-Net, positional: time', options: { ...smallAca, ...spreadLatents } },
  { name: 'ACA-Net, positional: none', options: { ...smallAca, ...spreadLatents, positional: 'none' } },
  { name: 'ACA-Net, frames expanded 5 at a time', options: { ...smallAca, ...spreadLatents, expansionKernel: 5 } },
  { name: 'ACA-Net, 3 layers on each frame', options: { ...smallAca, ...spreadLatents, expansionLayers: 3 } },
  { name: 'ACA-Net, head fc', options: { ...smallAca, ...spreadLatents, head: 'fc' } },
  { name: 'ACA-Net, head 1dL', options: { ...smallAca, ...spreadLatents, head: '1dL' } },
  { name: 'ACA-Net with statistics pooling', options: { ...smallAca, pooling: 'statistics' } },
  { name: 'ACA-Net with attentive pooling', options: { ...smallAca, pooling: 'attentive' } },
  { name: 'ECAPA-TDNN', options: smallEcapa },
  { name: 'ECAPA-TDNN with statistics pooling', options: { ...smallEcapa, pooling: 'statistics' } },
  { name: 'ECAPA-TDNN with cross attention', options: { ...smallEcapa, pooling: 'cross-attention' } },
  {
    name: 'ACA-Net plus',
    options: {
      type: 'aca-net-plus',
      bins: 8,
      channels: 16,
      frame: 24,
      latents: 4,
      embed: 8,
      heads: 2,
      embedding: 12,
    },
  },
  { name: 'x-vector', options: smallXVector },
  { name: 'x-vector with attentive pooling', options: { ...smallXVector, pooling: 'attentive' } },
  { name: 'x-vector with cross attention', options: { ...smallXVector, pooling: 'cross-attention' } },
  {
    name: 'ECAPA-TDNN without global context',
    options: { ...smallEcapa, globalContext: false, groups: [1, 2, 1, 2, 1] },
  },
  { name: 'ACA-Net as released', options: { type: 'aca-net', ...spreadLatents }, onnxOnly: true },
  { name: 'ECAPA-TDNN, C = 512', options: { type: 'ecapa-tdnn', channels: 'c512' }, onnxOnly: true },
];

/**
 * Products of matrices add in an order that depends on the number of rows, so equal embeddings differ by roundings:
 * 6e-8 an addition, over the ten to twenty products that follow one another.
 */
const TOLERANCE = 5e-6;

/** Initial values with running statistics as after some training. */
function tensorsOf(model: SpeakerModel): HostTensors {
  const tensors = initialTensors(model, 3);
  for (const { name, channels } of model.batchNorms) {
    const random = keyedRandom('test', name);
    const draw = (value: () => number) => float32([channels], Float32Array.from({ length: channels }, value));
    tensors[`${name}.running_mean`] = draw(() => 0.2 * random.normal());
    tensors[`${name}.running_var`] = draw(() => 0.5 + random.uniform());
  }
  return Object.fromEntries(Object.entries(tensors).filter(([key]) => !key.endsWith('num_batches_tracked')));
}

function utterance(frames: number, bins: number, key: number): Float32Array<ArrayBuffer> {
  const random = keyedRandom('test', 'utterance', frames, key);
  return Float32Array.from({ length: frames * bins }, () => 2 * random.normal());
}

function compile(engine: Engine, model: SpeakerModel): Promise<Inference> {
  return engine.compileInference({
    program: ({ features, ...tensors }) => ({ embeddings: model.embed(tensors, features) }),
    inputs: { features: { shape: ['B', 'T', model.bins] } },
    parameters: tensorsOf(model),
  });
}

async function embedBatch(inference: Inference, utterances: Float32Array[], bins: number): Promise<Float32Array[]> {
  const shape = [utterances.length, utterances[0].length / bins, bins];
  const data = new Float32Array(sizeOf(shape));
  utterances.forEach((values, i) => data.set(values, i * values.length));
  const { embeddings } = await inference.run({ features: float32(shape, data) });
  const size = embeddings.shape[1];
  return utterances.map((_, i) => embeddings.data.slice(i * size, (i + 1) * size) as Float32Array);
}

/** Largest difference over the largest magnitude of the second (at least 1). */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = b.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
  return a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i])), 0) / largest;
}

describeOnEngines('an embedding', (name) => {
  let engine: Engine;
  before(async () => {
    engine = await createTestedEngine(name, 2);
  });

  for (const { name: title, options, onnxOnly } of models) {
    if (onnxOnly && name === 'reference') continue;
    it(`of ${title} does not depend on batch mates, order or other lengths`, async () => {
      const model = createModel(parseModelOptions(options, 'test'));
      const { bins, minFrames } = model;
      const inference = await compile(engine, model);
      let worst = 0;
      const check = (actual: Float32Array, expected: Float32Array, what: string) => {
        const differs = difference(actual, expected);
        assert.ok(differs <= TOLERANCE, `${what}: differs by ${differs}`);
        worst = Math.max(worst, differs);
      };
      const firstRuns = new Map<number, Float32Array>();
      for (const frames of [60, minFrames, 23]) {
        const utterances = [0, 1, 2, 3, 4].map((key) => utterance(frames, bins, key));
        const alone: Float32Array[] = [];
        for (const one of utterances) alone.push(...(await embedBatch(inference, [one], bins)));
        firstRuns.set(frames, alone[0]);
        assert.ok(alone.every((values) => values.every(Number.isFinite)));
        for (const other of alone.slice(1)) {
          const apart = difference(other, alone[0]);
          assert.ok(apart > 100 * TOLERANCE, `utterances of ${frames} frames are alike: ${apart}`);
        }
        const together = await embedBatch(inference, utterances, bins);
        together.forEach((values, i) => check(values, alone[i], `${frames} frames, in a batch`));
        const order = [3, 0, 4, 2, 1];
        const permuted = await embedBatch(inference, order.map((i) => utterances[i]), bins); // prettier-ignore
        permuted.forEach((values, i) => check(values, alone[order[i]], `${frames} frames, in another order`));
        const [withItself] = await embedBatch(inference, [utterances[0], utterances[0]], bins);
        check(withItself, alone[0], `${frames} frames, twice`);
      }
      for (const [frames, first] of firstRuns) {
        const [again] = await embedBatch(inference, [utterance(frames, bins, 0)], bins);
        assert.deepEqual(again, first, `${frames} frames, after other lengths`);
      }
      await inference.dispose();
      if (process.env.SHOW_DEVIATIONS) console.log(title, worst);
    });
  }

  it('of ACA-Net, positional: reference, does depend on the batch row, as released', async () => {
    const model = createModel(parseModelOptions({ ...smallAca, ...spreadLatents, positional: 'reference' }, 'test'));
    const inference = await compile(engine, model);
    const one = utterance(40, model.bins, 0);
    const [first, second] = await embedBatch(inference, [one, one], model.bins);
    assert.ok(difference(second, first) > 100 * TOLERANCE);
    await inference.dispose();
  });

  for (const [expansionKernel, matters] of [
    [1, false],
    [3, true],
  ] as const) {
    it(`of ACA-Net without positions ${matters ? 'depends' : 'does not depend'} on the order of the frames, expanded ${expansionKernel} at a time`, async () => {
      const options = { ...smallAca, ...spreadLatents, positional: 'none', expansionKernel };
      const model = createModel(parseModelOptions(options, 'test'));
      const inference = await compile(engine, model);
      const [frames, size] = [40, model.bins];
      const forwards = utterance(frames, size, 0);
      const backwards = Float32Array.from(forwards, (_, i) => {
        const frame = Math.floor(i / size);
        return forwards[(frames - 1 - frame) * size + (i % size)];
      });
      const [first, second] = await embedBatch(inference, [forwards, backwards], size);
      const differs = difference(second, first);
      assert.ok(matters ? differs > 100 * TOLERANCE : differs <= TOLERANCE, `${differs}`);
      await inference.dispose();
    });
  }

  for (const [title, options] of [
    ['ACA-Net', smallAca],
    ['ECAPA-TDNN', smallEcapa],
    ['x-vector', smallXVector],
  ] as const) {
    it(`of ${title} by the embedder equals the batch's, and needs minFrames frames`, async () => {
      const model = createModel(parseModelOptions(options, 'test'));
      const { bins, minFrames } = model;
      const tensors = tensorsOf(model);
      const embedder = await createEmbedder(engine, model, tensors);
      const inference = await compile(engine, model);
      assert.equal(embedder.minFrames, minFrames);
      for (const frames of [minFrames, 77]) {
        const data = utterance(frames, bins, 1);
        const embedding = await embedder.embed({ frames, bins, data }, 'a');
        const [expected] = await embedBatch(inference, [data], bins);
        assert.ok(difference(embedding, expected) <= TOLERANCE);
        assert.equal(embedding.length, model.embeddingSize);
      }
      const userError = (text: string) => (error: unknown) => error instanceof UserError && error.message === text;
      const short = { frames: minFrames - 1, bins, data: new Float32Array((minFrames - 1) * bins) };
      await assert.rejects(
        embedder.embed(short, 'utterance x'),
        userError(`utterance x: expected at least ${minFrames} frames, which the model needs, got ${minFrames - 1}`),
      );
      await assert.rejects(
        embedder.embed({ frames: 9, bins: 7, data: new Float32Array(63) }, 'utterance x'),
        userError('utterance x: expected 8 coefficients a frame, as the model takes, got 7'),
      );
      await Promise.all([embedder.close(), inference.dispose()]);
    });
  }
});
