/**
 * Attention maps against PyTorch's recorded activations (test/fixtures/README.md): ACA-Net's weights recomputed in
 * float64 from the latents and frames that went into each layer, ECAPA-TDNN's from the statistics that they give.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import { float32 } from '../../src/engine/program/host-tensor.js';
import type { HostData } from '../../src/engine/program/host-tensor.js';
import type { Engine } from '../../src/engine/program/program.js';
import {
  createAttentionMapper,
  createAttentionReader,
  meanAttention,
  normalizedEntropy,
  rowEntropies,
} from '../../src/models/attention-maps.js';
import type { AttentionMap } from '../../src/models/attention-maps.js';
import { createEmbedder } from '../../src/models/embedder.js';
import type { FrameMatrix } from '../../src/models/embedder.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { initialTensors } from '../../src/models/contract/model.js';
import type { SpeakerModel } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { readSafetensors } from '../../src/storage/safetensors.js';
import { loadFixtureModel, maxAbsDifference } from '../fixture-models.js';
import type { FixtureModel } from '../fixture-models.js';
import { createTestedEngine, describeOnEngines } from '../engine/engines.js';

const recorded = readSafetensors(
  new URL('../../../test/fixtures/models/attention.safetensors', import.meta.url).pathname,
);

/** PyTorch's float32 activations, and ours before the softmax, carry roundings of about 1e-6 of their size. */
const TOLERANCE = 1e-5;

function fixtureModel(name: string): { fixture: FixtureModel; model: SpeakerModel; features: FrameMatrix } {
  const fixture = loadFixtureModel(name);
  const { shape, data } = fixture.get('eval.T57.x');
  const [, frames, bins] = shape;
  const first = (data as Float32Array<ArrayBuffer>).slice(0, frames * bins);
  // The recorded frames have positions as released.
  const positional = fixture.config.model === 'aca-net' ? { positional: 'reference' } : {};
  return {
    fixture,
    model: createModel(modelOptionsFromConfig({ ...fixture.config, ...positional }, name)),
    features: { frames, bins, data: first },
  };
}

/** softmax((q·Wqᵀ + bq)·(LN(x)·Wkᵀ + bk)ᵀ / √E), all in float64: queries [L, E], frames [T, E] → [L, T]. */
function bruteForce({ weights }: FixtureModel, name: string, queries: number[][], frames: number[][]): number[][] {
  const size = queries[0].length;
  const of = (key: string) => weights[`${name}.${key}`].data;
  const project = (row: readonly number[], part: number) =>
    Array.from({ length: size }, (_, out) => {
      const at = part * size + out;
      return row.reduce((sum, x, i) => sum + x * of('attn.in_proj_weight')[at * size + i], of('attn.in_proj_bias')[at]);
    });
  const keys = frames.map((row) => {
    const mean = row.reduce((sum, x) => sum + x, 0) / size;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
    const scaled = row.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
    return project(scaled.map((x, i) => x * of('lnorm1.weight')[i] + of('lnorm1.bias')[i]), 1); // prettier-ignore
  });
  return queries.map((query) => {
    const looking = project(query, 0);
    const scores = keys.map((key) => key.reduce((sum, x, i) => sum + x * looking[i], 0) / Math.sqrt(size));
    const highest = Math.max(...scores);
    const exponentials = scores.map((score) => Math.exp(score - highest));
    const sum = exponentials.reduce((total, x) => total + x, 0);
    return exponentials.map((x) => x / sum);
  });
}

/** Rows of `size` numbers. */
const matrix = (data: HostData, size: number) =>
  Array.from({ length: data.length / size }, (_, row) => Array.from(data.slice(row * size, (row + 1) * size), Number));

const rowsOf = ({ rows, frames, weights }: AttentionMap) =>
  Array.from({ length: rows }, (_, row) => weights.subarray(row * frames, (row + 1) * frames));

function map(weights: number[][]): AttentionMap {
  const layer = { name: 'x', title: 'x', rows: 'latents' } as const;
  return { layer, rows: weights.length, frames: weights[0].length, weights: Float32Array.from(weights.flat()) };
}

describeOnEngines('attention maps', (name) => {
  let engine: Engine;
  before(async () => {
    engine = await createTestedEngine(name, 2);
  });

  it("are the softmax of what PyTorch's latents and frames say, in every layer of ACA-Net", async () => {
    const { fixture, model, features } = fixtureModel('aca_small_fc');
    const mapper = (await createAttentionMapper(engine, model, fixture.weights))!;
    const { maps } = await mapper.map(features);
    await mapper.close();
    const { shape, data } = recorded['aca_small_fc/embed']; // [E, T]
    const [size, count] = shape;
    const byCoefficient = matrix(data, count);
    const frames = Array.from({ length: count }, (_, t) => byCoefficient.map((values) => values[t]));
    const latentsAfter = (module: string) => matrix(recorded[`aca_small_fc/${module}`].data, size);
    const inputs: Record<string, number[][]> = {
      'ACA_blocks.0.cross_attention.0': matrix(fixture.weights.latent.data, size),
      'ACA_blocks.0.cross_attention.1': latentsAfter('ACA_blocks.0.cross_attention.0'),
      'ACA_blocks.1.cross_attention.0': latentsAfter('ACA_blocks.0.latent_transformer'),
      'ACA_blocks.1.cross_attention.1': latentsAfter('ACA_blocks.1.cross_attention.0'),
    };
    assert.deepEqual(
      maps.map(({ layer }) => layer.name),
      Object.keys(inputs),
    );
    for (const each of maps) {
      const expected = bruteForce(fixture, each.layer.name, inputs[each.layer.name], frames).flat();
      assert.ok(Math.max(...expected) > 1.5 / count, 'attention to compare with is even');
      const differs = maxAbsDifference(each.weights, expected);
      assert.ok(differs < TOLERANCE, `${each.layer.name}: ${differs}`);
    }
  });

  for (const fixtureName of ['ecapa_small', 'ecapa_small_noglobal']) {
    it(`of ${fixtureName} weigh PyTorch's frames to its pooled means`, async () => {
      const { fixture, model, features } = fixtureModel(fixtureName);
      const mapper = (await createAttentionMapper(engine, model, fixture.weights))!;
      const { maps } = await mapper.map(features);
      await mapper.close();
      const x = recorded[`${fixtureName}/mfa`].data; // [C, T]
      const pooled = recorded[`${fixtureName}/asp`].data; // [2C]: means and deviations
      const [attention] = maps;
      assert.equal(attention.layer.rows, 'channels');
      const means = rowsOf(attention).map((weights, c) =>
        weights.reduce((sum, p, t) => sum + p * Number(x[c * attention.frames + t]), 0),
      );
      const differs = maxAbsDifference(means, pooled.slice(0, attention.rows));
      assert.ok(differs < TOLERANCE, String(differs));
    });
  }

  for (const options of [
    {
      type: 'ecapa-tdnn',
      channels: [16, 16, 16, 16, 24],
      pooling: { type: 'cross-attention', latents: 5, embed: 8 },
    },
    { type: 'x-vector', channels: [8, 8, 8, 8, 12], pooling: { type: 'cross-attention', latents: 5, embed: 8 } },
    { type: 'x-vector', channels: [8, 8, 8, 8, 12], pooling: 'attentive' },
  ]) {
    const pooling = typeof options.pooling === 'string' ? options.pooling : options.pooling.type;
    it(`of ${options.type} with ${pooling} pooling leave the embedding as it is, and sum to one`, async () => {
      const model = createModel(parseModelOptions({ bins: 8, ...options }, 'test'));
      const tensors = initialTensors(model, 1);
      const random = keyedRandom('test', 'attention');
      const features = { frames: 30, bins: 8, data: Float32Array.from({ length: 240 }, () => random.normal()) };
      const [mapper, embedder] = [(await createAttentionMapper(engine, model, tensors))!, await createEmbedder(engine, model, tensors)]; // prettier-ignore
      const { embedding, maps } = await mapper.map(features);
      assert.deepEqual(embedding, await embedder.embed(features));
      assert.deepEqual([maps[0].rows, maps[0].frames], [pooling === 'attentive' ? 12 : 5, 30]);
      for (const row of rowsOf(maps[0])) {
        const sum = row.reduce((total, p) => total + p, 0);
        assert.ok(Math.abs(sum - 1) < 1e-5, String(sum));
      }
      await Promise.all([mapper.close(), embedder.close()]);
    });
  }

  for (const fixtureName of ['aca_small', 'ecapa_small']) {
    it(`of ${fixtureName} leave the embedding as it is, to the last bit, and sum to one`, async () => {
      const { fixture, model, features } = fixtureModel(fixtureName);
      const mapper = (await createAttentionMapper(engine, model, fixture.weights))!;
      const embedder = await createEmbedder(engine, model, fixture.weights);
      for (const frames of [57, 20]) {
        const cut = { ...features, frames, data: features.data.slice(0, frames * features.bins) };
        const { embedding, maps } = await mapper.map(cut);
        assert.deepEqual(embedding, await embedder.embed(cut));
        assert.equal(maps.length, model.frameAttention!.length);
        for (const each of maps) {
          assert.equal(each.frames, frames);
          for (const row of rowsOf(each)) {
            const sum = row.reduce((total, p) => total + p, 0);
            assert.ok(Math.abs(sum - 1) < 1e-5, String(sum));
          }
        }
      }
      await Promise.all([mapper.close(), embedder.close()]);
    });
  }
});

describe('the spread of attention', () => {
  it('is ln n where n frames share it, and 0 at one frame', () => {
    const entropies = rowEntropies(
      map([
        [0.25, 0.25, 0.25, 0.25],
        [0, 1, 0, 0],
        [0.5, 0, 0, 0.5],
      ]),
    );
    assert.ok(maxAbsDifference(entropies, [Math.log(4), 0, Math.log(2)]) < 1e-7);
    assert.equal(normalizedEntropy(Math.log(4), 4), 1);
    assert.equal(normalizedEntropy(0, 1), 1);
  });

  it('is averaged over the rows, frame by frame', () => {
    const mean = meanAttention(
      map([
        [0.5, 0.5, 0],
        [0, 0, 1],
      ]),
    );
    assert.deepEqual([...mean], [0.25, 0.25, 0.5]);
  });

  it('is read of tensors that change, as of those compiled in, and is even in one whose latents are all but equal', async () => {
    const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 2 });
    const small = { type: 'aca-net', bins: 8, latents: 12, embed: 16, heads: 2, attentionMlp: 16, transformerMlp: 16 };
    const random = keyedRandom('test', 'attention');
    const data = Float32Array.from({ length: 40 * 8 }, () => random.normal());
    const probed = async (std: number) => {
      const model = createModel(parseModelOptions({ ...small, latentInit: { std } }, 'test'));
      const tensors = initialTensors(model, 1);
      const features = { frames: 40, bins: 8, data };
      const [reader, mapper] = [await createAttentionReader(engine, model), (await createAttentionMapper(engine, model, tensors))!]; // prettier-ignore
      const { maps } = await reader.read(tensors, features);
      const compiledIn = await mapper.map(features);
      await Promise.all([reader.close(), mapper.close()]);
      assert.equal(maps.length, 4);
      return maps.map((each, i) => {
        // Weights that are known when a model is compiled are packed: roundings of 6e-8 a sum.
        assert.ok(maxAbsDifference(each.weights, compiledIn.maps[i].weights) < TOLERANCE);
        return normalizedEntropy(rowEntropies(each).reduce((sum, entropy) => sum + entropy, 0) / each.rows, 40);
      });
    };
    const [released] = await probed(0.0001);
    const [spread] = await probed(20);
    assert.ok(released > 0.999 && released <= 1 + 1e-6, String(released));
    assert.ok(spread < 0.95, String(spread));
  });

  it('is null for a model that attends to no frames', async () => {
    const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    const model = createModel(parseModelOptions({ type: 'ecapa-tdnn', channels: 'c512' }, 'test'));
    const without: SpeakerModel = { ...model, frameAttention: undefined };
    assert.equal(await createAttentionMapper(engine, without, { x: float32([1]) }), null);
  });
});
