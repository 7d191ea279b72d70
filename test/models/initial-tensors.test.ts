/** New models: what they hold, and how it starts. */
import assert from 'node:assert/strict';
import { sizeOf } from '../../src/engine/program/host-tensor.js';
import { initialTensors, parameterNames, tensorShapes } from '../../src/models/contract/model.js';
import type { SpeakerModel } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';

const create = (options: Record<string, unknown>): SpeakerModel => createModel(parseModelOptions(options, 'test'));
const models = {
  'ACA-Net': { type: 'aca-net', bins: 8, latents: 12, embed: 16, heads: 2, attentionMlp: 16, transformerMlp: 16 },
  'ECAPA-TDNN': {
    type: 'ecapa-tdnn',
    bins: 8,
    channels: [16, 16, 24, 16, 32],
    res2netScale: 4,
    seChannels: 8,
    attentionChannels: 8,
  },
  'ACA-Net with attentive pooling': {
    type: 'aca-net',
    pooling: 'attentive',
    bins: 8,
    latents: 12,
    embed: 16,
    heads: 2,
    attentionMlp: 16,
    transformerMlp: 16,
  },
  'x-vector': { type: 'x-vector', bins: 8, embedding: 12, channels: [16, 16, 16, 16, 24] },
};

for (const [name, options] of Object.entries(models)) {
  describe(`a new ${name}`, () => {
    const model = create(options);

    it('holds each tensor of its state dict once, in order', () => {
      const tensors = initialTensors(model, 1);
      assert.deepEqual(
        Object.fromEntries(Object.entries(tensors).map(([key, { shape }]) => [key, shape])),
        tensorShapes(model),
      );
      assert.equal(new Set(parameterNames(model)).size, model.parameters.length);
      for (const { shape, data } of Object.values(tensors)) assert.equal(data.length, sizeOf(shape));
    });

    it('depends on its seed alone', () => {
      assert.deepEqual(initialTensors(create(options), 7), initialTensors(model, 7));
      const [a, b] = [initialTensors(model, 7), initialTensors(model, 8)];
      const drawn = parameterNames(model).filter((key) => new Set(a[key].data).size > 1);
      assert.ok(drawn.length >= 12);
      for (const key of drawn) assert.notDeepEqual(a[key].data, b[key].data, key);
    });

    it('starts batch normalisations as the identity', () => {
      const tensors = initialTensors(model, 1);
      for (const { name: norm } of model.batchNorms) {
        for (const [suffix, value] of [
          ['weight', 1],
          ['bias', 0],
          ['running_mean', 0],
          ['running_var', 1],
        ] as const) {
          assert.ok(
            tensors[`${norm}.${suffix}`].data.every((x: number) => x === value),
            `${norm}.${suffix}`,
          );
        }
        assert.equal(tensors[`${norm}.num_batches_tracked`].data[0], 0);
      }
    });
  });
}

describe('the latents of a new ACA-Net', () => {
  const latentsOf = (latentInit?: Record<string, unknown>) =>
    initialTensors(create({ ...models['ACA-Net'], latents: 16, latentInit }), 1).latent.data as Float32Array;
  const deviation = (data: Float32Array) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);

  it('are as released by default: normal with deviation 0.02', () => {
    const actual = deviation(latentsOf());
    assert.ok(Math.abs(actual / 0.02 - 1) < 0.15, `${actual}`); // 256 draws: four standard deviations of the estimate
  });

  it('have the deviation that is asked for', () => {
    assert.ok(Math.abs(deviation(latentsOf({ std: 1 })) - 1) < 0.15);
    assert.ok(Math.abs(deviation(latentsOf({ std: 0.5, distribution: 'orthogonal' })) - 0.5) < 1e-5);
  });
});

describe('outputInit of a new ACA-Net', () => {
  const of = (outputInit?: Record<string, unknown>) => initialTensors(create({ ...models['ACA-Net'], outputInit }), 1);
  const released = of();

  it('multiplies the maps that end a layer, and leaves all else as it was', () => {
    const tensors = of({ attention: 0.5, mlp: 0.25 });
    const factorOf = (name: string) =>
      name.endsWith('out_proj.weight') ? 0.5 : name.endsWith('linear2.weight') ? 0.25 : 1;
    for (const [name, { data }] of Object.entries(released)) {
      assert.deepEqual(tensors[name].data, data.map((value: number) => factorOf(name) * value), name); // prettier-ignore
    }
  });

  it('of 0 makes each layer the identity', () => {
    const { data } = of({ attention: 0 })['ACA_blocks.0.cross_attention.0.attn.out_proj.weight'];
    assert.ok(data.every((value: number) => value === 0));
  });
});
