/** @file Which layer a parameter belongs to. */
import assert from 'node:assert/strict';
import { parameterNames } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { layerNorms, layerOf } from '../../src/training/layers.js';

const layersOf = (options: object) => [
  ...new Set(parameterNames(createModel(parseModelOptions(options, 'test'))).map(layerOf)),
];

describe('layers', () => {
  it('are the parts of ACA-Net that the paper draws', () => {
    assert.deepEqual(layersOf({ type: 'aca-net', latents: 4, embed: 8, blocks: 1, layers: 1, reps: 2, heads: 2 }), [
      'latent',
      'ch_expansion',
      'ACA_blocks.0.cross_attention.0',
      'ACA_blocks.0.cross_attention.1',
      'ACA_blocks.0.latent_transformer.transformer.0',
      'ACA_blocks.0.latent_transformer.ch_reduction',
      'ch_compression',
      'final_norm',
    ]);
  });

  it('are the residual blocks of ResNet', () => {
    assert.deepEqual(layersOf({ type: 'resnet', channels: 2, depth: [1, 2, 1, 1], bins: 8 }), [
      'conv1',
      'bn1',
      'layer1.0',
      'layer2.0',
      'layer2.1',
      'layer3.0',
      'layer4.0',
      'seg_1',
    ]);
  });

  it('are the residual blocks and the dense layers of CAM++', () => {
    const layers = layersOf({ type: 'campplus', bins: 8, growth: 2, bottleneck: 1, channels: 4 });
    assert.deepEqual(layers.slice(0, 9), [
      'head.conv1',
      'head.bn1',
      'head.layer1.0',
      'head.layer1.1',
      'head.layer2.0',
      'head.layer2.1',
      'head.conv2',
      'head.bn2',
      'xvector.tdnn',
    ]);
    assert.deepEqual(layers.slice(9, 11), ['xvector.block1.tdnnd1', 'xvector.block1.tdnnd2']);
    assert.deepEqual(layers.slice(-3), ['xvector.transit3', 'xvector.out_nonlinear', 'xvector.dense']);
    assert.equal(layers.length, 9 + 12 + 24 + 16 + 3 + 2);
  });

  it('are the blocks and the pooling of ECAPA-TDNN', () => {
    assert.deepEqual(layersOf({ type: 'ecapa-tdnn', channels: [8, 8, 8, 8, 24] }), [
      'blocks.0',
      'blocks.1',
      'blocks.2',
      'blocks.3',
      'mfa',
      'asp.tdnn',
      'asp',
      'asp_bn',
      'fc',
    ]);
    assert.equal(layerOf('layer2.se_res2block.1.convs.3.weight'), 'layer2'); // as WeSpeaker names it
    assert.equal(layerOf('classifier.weight'), 'classifier');
    assert.equal(layerOf('ACA_blocks.1.cross_attention.0.pool.value.weight'), 'ACA_blocks.1.cross_attention.0');
  });

  it('have the norm of all their parameters together', () => {
    assert.deepEqual(layerNorms(['fc.weight', 'fc.bias', 'latent'], [9, 16, 4]), { fc: 5, latent: 2 });
  });
});
