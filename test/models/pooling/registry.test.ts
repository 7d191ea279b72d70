/**
 * `pooling:` in a model's options: by name or with options, in every model alike, and equal networks are equal
 * settings.
 */
import assert from 'node:assert/strict';
import { parameterCount, parameterNames } from '../../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../../src/models/registry.js';

const parse = (options: object) => parseModelOptions(options, 'test');
const sizes = { 'aca-net': {}, 'ecapa-tdnn': { channels: [16, 16, 16, 16, 24] }, 'x-vector': {} };

describe('a model’s pooling', () => {
  for (const [type, options] of Object.entries(sizes)) {
    for (const pooling of ['cross-attention', 'statistics', 'attentive']) {
      it(`may be ${pooling} in ${type}, which makes a network of its own`, () => {
        const model = createModel(parse({ type, ...options, pooling }));
        const usual = createModel(parse({ type, ...options }));
        const isUsual = pooling === { 'aca-net': 'cross-attention', 'ecapa-tdnn': 'attentive', 'x-vector': 'statistics' }[type]; // prettier-ignore
        assert.equal(model.title === usual.title, isUsual);
        assert.equal(parameterCount(model) === parameterCount(usual), isUsual);
        const rows = { 'cross-attention': 'latents', statistics: undefined, attentive: type === 'aca-net' ? 'heads' : 'channels' }[pooling]; // prettier-ignore
        assert.equal(model.frameAttention?.[0].rows, rows);
      });
    }
  }

  it('is left out of the settings where it is what its absence means', () => {
    for (const [type, pooling] of [
      ['aca-net', 'cross-attention'],
      ['ecapa-tdnn', 'attentive'],
      ['ecapa-tdnn', { type: 'attentive' }],
      ['x-vector', 'statistics'],
      ['x-vector', { type: 'statistics' }],
    ]) {
      assert.deepEqual(parse({ type, pooling }), parse({ type }));
    }
    const attention = { attentionChannels: 64, globalContext: false };
    assert.deepEqual(
      parse({ type: 'ecapa-tdnn', pooling: { type: 'attentive', ...attention } }),
      parse({ type: 'ecapa-tdnn', ...attention }),
    );
  });

  it('has every option in the settings, which stay the same when they are read again', () => {
    const settings = parse({ type: 'x-vector', pooling: 'cross-attention' });
    const { pooling } = settings as { pooling?: unknown };
    const latentInit = { distribution: 'orthogonal', std: 2 };
    assert.deepEqual(pooling, { type: 'cross-attention', latents: 64, embed: 64, mlp: 64, latentInit });
    assert.deepEqual(parse(settings), settings);
    const released = { type: 'cross-attention', heads: 1 };
    assert.deepEqual(parse({ type: 'x-vector', pooling: released }), settings);
    const fewer = { type: 'cross-attention', latents: 8, latentInit: { std: 2 } };
    assert.deepEqual((parse({ type: 'ecapa-tdnn', pooling: fewer }) as { pooling?: unknown }).pooling, {
      ...{ type: 'cross-attention', latents: 8, embed: 64, mlp: 64 },
      latentInit: { distribution: 'normal', std: 2 },
    });
  });

  it('keeps its tensors where the published names have their pooling', () => {
    const names = (options: object) => parameterNames(createModel(parse(options)));
    const ecapa = names({ type: 'ecapa-tdnn', pooling: 'cross-attention' });
    for (const name of ['asp.project.weight', 'asp.latent', 'asp.attn.in_proj_weight', 'asp.linear2.bias', 'asp_bn.norm.weight']) assert.ok(ecapa.includes(name), name); // prettier-ignore
    assert.ok(names({ type: 'x-vector', pooling: 'attentive' }).includes('blocks.15.tdnn.conv.conv.weight'));
  });

  for (const [what, options, says] of [
    ['an unknown name', { type: 'x-vector', pooling: 'max' }, /cross-attention.*statistics.*attentive.*pooling/s],
    ['an unknown type', { type: 'x-vector', pooling: { type: 'max' } }, /cross-attention.*statistics.*attentive/s],
    ['an option of another one', { type: 'ecapa-tdnn', pooling: { type: 'statistics', latents: 3 } }, /"latents"/],
    [
      'heads that do not divide embed',
      { type: 'x-vector', pooling: { type: 'cross-attention', heads: 3 } },
      /embed must be a multiple of heads/,
    ],
    ['a size that is none', { type: 'x-vector', pooling: { type: 'cross-attention', latents: 0 } }, /latents/],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parse(options), says);
    });
  }
});
