/** Model options that do not make a model are refused, by name. */
import assert from 'node:assert/strict';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { UserError } from '../../src/errors.js';

const refused: { name: string; options: Record<string, unknown>; says: RegExp[] }[] = [
  { name: 'an unknown model', options: { type: 'd-vector' }, says: [/type/] },
  { name: 'no model', options: {}, says: [/type/] },
  { name: 'an unknown option', options: { type: 'aca-net', latentDim: 3 }, says: [/"latentDim"/] },
  { name: 'an option of the other model', options: { type: 'ecapa-tdnn', latents: 3 }, says: [/"latents"/] },
  {
    name: 'heads that do not divide embed',
    options: { type: 'aca-net', embed: 256, heads: 7 },
    says: [/embed must be a multiple of heads/, /heads/],
  },
  {
    name: 'heads of cross attention that do not divide embed',
    options: { type: 'aca-net', embed: 256, crossHeads: 7 },
    says: [/embed must be a multiple of crossHeads/, /crossHeads/],
  },
  { name: 'an odd embed', options: { type: 'aca-net', embed: 15, heads: 5 }, says: [/multiple of 2/, /embed/] },
  { name: 'dropout of everything', options: { type: 'aca-net', dropout: 1 }, says: [/dropout/] },
  { name: 'a wrong type', options: { type: 'aca-net', latents: '192' }, says: [/latents/, /number/] },
  { name: 'an unknown head', options: { type: 'aca-net', head: '1d' }, says: [/1dE/, /head/] },
  { name: 'an unknown size', options: { type: 'ecapa-tdnn', channels: 'c2048' }, says: [/channels/] },
  {
    name: 'too few kernels',
    options: { type: 'ecapa-tdnn', kernels: [5, 3, 1] },
    says: [/expected 5 values, one a block, got 3/, /kernels/],
  },
  {
    name: 'too few dilations',
    options: {
      type: 'ecapa-tdnn',
      channels: [8, 8, 8, 8, 8, 8],
      kernels: [5, 3, 3, 3, 3, 1],
      groups: [1, 1, 1, 1, 1, 1],
    },
    says: [/expected 6 values, one a block, got 5/, /dilations/],
  },
  {
    name: 'an even kernel',
    options: { type: 'ecapa-tdnn', kernels: [4, 3, 3, 3, 1] },
    says: [/a kernel size must be odd/, /kernels\[0\]/],
  },
  {
    name: 'channels that a Res2Net block cannot split',
    options: { type: 'ecapa-tdnn', channels: [512, 512, 500, 512, 1536] },
    says: [/500 channels cannot be split into 8 parts/],
  },
  {
    name: 'groups that do not divide the channels',
    options: { type: 'ecapa-tdnn', groups: [1, 3, 1, 1, 1] },
    says: [/1024 channels of block 1 cannot be split into 3 groups/, /groups\[1\]/],
  },
  {
    name: 'groups that do not divide the features',
    options: { type: 'ecapa-tdnn', bins: 81, groups: [2, 1, 1, 1, 1] },
    says: [/81 channels of block 0 cannot be split into 2 groups/],
  },
  {
    name: 'an unknown pooling',
    options: { type: 'aca-net', pooling: 'max' },
    says: [/cross-attention/, /attentive/, /pooling/],
  },
  {
    name: 'frames expanded an even number at a time',
    options: { type: 'aca-net', expansionKernel: 4 },
    says: [/a kernel size must be odd/, /expansionKernel/],
  },
  {
    name: 'too few kernels of an x-vector',
    options: { type: 'x-vector', channels: [64, 64, 192] },
    says: [/expected 3 values, one a layer, got 5/, /kernels/, /dilations/],
  },
  {
    name: 'bands that ResNet cannot halve three times',
    options: { type: 'resnet', bins: 84 },
    says: [/bins must be a multiple of 8/, /bins/],
  },
  { name: 'bands that CAM++ cannot halve', options: { type: 'campplus', bins: 20 }, says: [/multiple of 8/, /bins/] },
  { name: 'an odd growth', options: { type: 'campplus', growth: 3 }, says: [/multiple of 2/, /growth/] },
  {
    name: 'channels that WeSpeaker’s ECAPA-TDNN cannot split',
    options: { type: 'ecapa_wespeaker', channels: 100 },
    says: [/multiple of 8/, /channels/],
  },
  {
    name: 'a depth that there is not',
    options: { type: 'resnet', depth: 35 },
    says: [/expected 18, 34, .*293, or the blocks of 4 stages/, /depth/],
  },
  { name: 'three stages of ResNet', options: { type: 'resnet', depth: [3, 4, 6] }, says: [/depth/] },
  {
    name: 'blocks of another depth',
    options: { type: 'resnet', depth: 34, block: 'Bottleneck' },
    says: [/34 layers are of BasicBlock/, /block/],
  },
];

describe('model options', () => {
  for (const { name, options, says } of refused) {
    it(`refuse ${name}`, () => {
      assert.throws(
        () => parseModelOptions(options, 'recipe.yaml'),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, /^recipe\.yaml: not the options of a model\n/);
          for (const pattern of says) assert.match(error.message, pattern);
          return true;
        },
      );
    });
  }

  it('have the released ACA-Net and SpeechBrain’s ECAPA-TDNN as defaults', () => {
    const aca = createModel(parseModelOptions({ type: 'aca-net' }, 'test'));
    assert.deepEqual([aca.bins, aca.embeddingSize, aca.minFrames, aca.dropoutRate], [80, 192, 1, 0.2]);
    const ecapa = createModel(parseModelOptions({ type: 'ecapa-tdnn' }, 'test'));
    assert.deepEqual([ecapa.bins, ecapa.embeddingSize, ecapa.minFrames, ecapa.minCropFrames], [80, 192, 5, 11]);
  });

  it('are the same whether an option is left out or says what its absence means', () => {
    const plain = parseModelOptions({ type: 'aca-net' }, 'test');
    const said = {
      type: 'aca-net',
      pooling: 'cross-attention',
      expansionKernel: 1,
      expansionLayers: 1,
      outputInit: { attention: 1 },
      crossHeads: 1,
    };
    assert.deepEqual(parseModelOptions(said, 'test'), plain);
    assert.deepEqual(
      ['pooling', 'expansionKernel', 'expansionLayers', 'outputInit', 'crossHeads'].filter((option) => option in plain),
      [],
    );
    const control = { type: 'aca-net', pooling: 'statistics' };
    assert.deepEqual(
      parseModelOptions({ ...control, crossHeads: 8 }, 'test'),
      parseModelOptions(control, 'test'),
      'a pooling has no heads',
    );
  });

  it('of a ResNet name its depth where they can', () => {
    const parse = (options: object) => parseModelOptions({ type: 'resnet', ...options }, 'test');
    const plain = { type: 'resnet', bins: 80, embedding: 256, channels: 32, depth: 34 };
    assert.deepEqual(parse({}), plain);
    const said = { depth: [3, 4, 6, 3], block: 'BasicBlock', twoLayers: false, pooling: 'statistics' };
    assert.deepEqual(parse(said), plain);
    assert.deepEqual(parse({ depth: [3, 4, 6, 3], block: 'Bottleneck' }), { ...plain, depth: 50 });
    const other = { depth: [1, 1, 1, 1], block: 'Bottleneck' };
    assert.deepEqual(parse(other), { ...plain, ...other });
    assert.deepEqual(parse({ ...other, block: 'BasicBlock' }), { ...plain, depth: other.depth });
    // Two frames are the fewest that have a variance, after three halvings; attention takes it as its context.
    const frames = (pooling: string) => createModel(parse({ pooling })).minFrames;
    assert.deepEqual([frames('statistics'), frames('attentive'), frames('cross-attention')], [9, 9, 1]);
  });

  it('of WeSpeaker’s ECAPA-TDNN take the context of its own pooling as theirs', () => {
    const parse = (options: object) => parseModelOptions({ type: 'ecapa_wespeaker', ...options }, 'test');
    const plain = { type: 'ecapa_wespeaker', bins: 80, embedding: 192, channels: 512, globalContext: true };
    assert.deepEqual(parse({ pooling: 'attentive', embeddingNorm: false }), plain);
    const without = { type: 'attentive', globalContext: false };
    assert.deepEqual(parse({ pooling: without }), { ...plain, globalContext: false });
    const wide = { ...without, attentionChannels: 64 };
    assert.deepEqual(parse({ pooling: wide }), { ...plain, pooling: wide });
  });

  it('give the size of the embedding', () => {
    const size = (options: object) => createModel(parseModelOptions(options, 'test')).embeddingSize;
    assert.equal(size({ type: 'aca-net', latents: 100, embed: 64 }), 100);
    assert.equal(size({ type: 'aca-net', latents: 100, embed: 64, head: '1dL' }), 64);
    assert.equal(size({ type: 'aca-net', latents: 100, embed: 64, head: 'fc' }), 100);
    assert.equal(size({ type: 'ecapa-tdnn', embedding: 256 }), 256);
  });
});
