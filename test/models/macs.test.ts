/** Parameters and multiply-accumulate operations of the published models and of their variants. */
import assert from 'node:assert/strict';
import { parameterCount } from '../../src/models/contract/model.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { loadFixtureModel } from '../fixture-models.js';

interface Row {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly parameters: number;
  /** GMAC for 300 and for 1000 frames, to as many digits as are known. */
  readonly gmac300?: string;
  readonly gmac1000?: string;
}

/** Latents, two normalisations, attention and MLP of cross attention as a pooling: 64 latents of 64 values. */
const latentLayer = 64 * 64 + 2 * 2 * 64 + 4 * (64 ** 2 + 64) + 2 * (64 ** 2 + 64);
/** Queries and output of 64 latents, keys and values of 300 frames, both products with the weights, the MLP. */
const latentLayerMacs = 2 * 64 * 64 ** 2 + 2 * 300 * 64 ** 2 + 2 * 64 * 300 * 64 + 2 * 64 * 64 ** 2;

/** Counted with the authors' PyTorch modules; GMAC from their shapes. */
const table: Row[] = [
  { name: 'ACA-Net as released', options: {}, parameters: 4_553_601, gmac300: '1.150', gmac1000: '1.806' },
  { name: 'ACA-Net, 1 cross attention', options: { reps: 1 }, parameters: 3_762_049, gmac300: '0.911' },
  { name: 'ACA-Net, 2 layers', options: { layers: 2 }, parameters: 3_630_977, gmac300: '0.936' },
  { name: 'ACA-Net, 1 layer', options: { layers: 1 }, parameters: 2_708_353, gmac300: '0.722' },
  { name: 'ACA-Net, 1 block', options: { blocks: 1 }, parameters: 2_312_321, gmac300: '0.578' },
  { name: 'ACA-Net, 3 blocks', options: { blocks: 3 }, parameters: 6_794_881, gmac300: '1.721' },
  {
    name: 'ACA-Net, embed 128',
    options: { embed: 128, attentionMlp: 128, transformerMlp: 128 },
    parameters: 1_162_881,
    gmac300: '0.347',
  },
  {
    name: 'ACA-Net, frames expanded 5 at a time', // 4 more maps of a frame
    options: { expansionKernel: 5 },
    parameters: 4_553_601 + 4 * 80 * 256,
    gmac300: '1.174',
  },
  {
    name: 'ACA-Net, 3 layers on each frame', // 2 more maps with bias, gain and shift
    options: { expansionLayers: 3 },
    parameters: 4_553_601 + 2 * (256 ** 2 + 3 * 256),
    gmac300: '1.189',
  },
  { name: 'ACA-Net, head fc', options: { head: 'fc' }, parameters: 13_990_720 },
  {
    name: 'ACA-Net with statistics pooling', // 4 layers of E² + 2E fewer
    options: { pooling: 'statistics' },
    parameters: 4_553_601 - 4 * (256 ** 2 + 2 * 256),
    gmac300: '0.775',
  },
  {
    name: 'ACA-Net with attentive pooling', // one more a layer
    options: { pooling: 'attentive' },
    parameters: 4_553_601 + 4,
    gmac300: '0.854',
  },
  {
    name: 'ACA-Net with cross statistics', // one more map of E² a layer, of 192 latents, and deviations over 300 frames
    options: { pooling: 'cross-statistics' },
    parameters: 4_553_601 + 4 * 256 ** 2,
    gmac300: (1.15 + 4 * 192 * 256 * (256 + 300) * 1e-9).toFixed(3),
  },
  { name: 'x-vector', options: {}, parameters: 4_354_964, gmac300: '0.844' },
  {
    name: 'ECAPA-TDNN, C = 512',
    options: { channels: 'c512' },
    parameters: 6_194_048,
    gmac300: '1.555',
    gmac1000: '5.18',
  },
  {
    name: 'ECAPA-TDNN, C = 1024, MFA 1536',
    options: { channels: 'c1024' },
    parameters: 14_660_416,
    gmac300: '3.973',
    gmac1000: '13.24',
  },
  {
    name: 'ECAPA-TDNN, C = 1024, MFA 3072',
    options: { channels: 'c1024-mfa3072' },
    parameters: 20_767_552,
    gmac300: '5.625',
    gmac1000: '18.75',
  },
  {
    name: 'x-vector with attentive pooling', // of 1500 channels with mean and deviation, 128 of attention
    options: { pooling: 'attentive' },
    parameters: 4_354_964 + 128 * (3 * 1500 + 3) + 1500 * (128 + 1),
    gmac300: (0.8436 + 300 * 128 * 4 * 1500 * 1e-9).toFixed(3),
  },
  {
    name: 'x-vector with cross attention', // 64 latents of 64 values: 4096 pooled values in place of 3000
    options: { pooling: 'cross-attention' },
    parameters: 4_354_964 + (4096 - 3000) * 512 + 1500 * 64 + 64 + latentLayer,
    gmac300: (0.8436 + ((4096 - 3000) * 512 + 300 * 1500 * 64 + latentLayerMacs) * 1e-9).toFixed(3),
  },
  {
    name: 'ECAPA-TDNN, C = 512, statistics pooling', // without the attention of 128 on 3 × 1536 values
    options: { channels: 'c512', pooling: 'statistics' },
    parameters: 6_194_048 - 128 * (3 * 1536 + 3) - 1536 * (128 + 1),
    gmac300: (1.5553 - 300 * 128 * 4 * 1536 * 1e-9).toFixed(3),
  },
  {
    name: 'ECAPA-TDNN, C = 512, cross attention',
    options: { channels: 'c512', pooling: 'cross-attention' },
    parameters:
      6_194_048 - 128 * (3 * 1536 + 3) - 1536 * (128 + 1) + (4096 - 3072) * (192 + 2) + 1536 * 64 + 64 + latentLayer,
    gmac300: (
      1.5553 +
      (-300 * 128 * 4 * 1536 + (4096 - 3072) * 192 + 300 * 1536 * 64 + latentLayerMacs) * 1e-9
    ).toFixed(3),
  },
];

const typeOf = (name: string) =>
  name.startsWith('ACA') ? 'aca-net' : name.startsWith('ECAPA') ? 'ecapa-tdnn' : 'x-vector';

/** Counted in the authors' code by hooks: convolutions, linear maps, products of attention. */
const counted = ['resnet34', 'campplus', 'ecapa_wespeaker'];

const modelOf = ({ name, options }: Row) => createModel(parseModelOptions({ type: typeOf(name), ...options }, name));

describe('sizes of models', () => {
  for (const row of table) {
    it(`${row.name}: ${row.parameters} parameters, ${row.gmac300 ?? '?'} GMAC for 300 frames`, () => {
      const model = modelOf(row);
      assert.equal(parameterCount(model), row.parameters);
      for (const [frames, expected] of [
        [300, row.gmac300],
        [1000, row.gmac1000],
      ] as const) {
        if (expected === undefined) continue;
        const digits = expected.split('.')[1].length;
        const unit = 10 ** -digits;
        const actual = model.macs(frames) / 1e9;
        // within one unit of the last digit: 18.745 was published as 18.75
        assert.ok(Math.abs(actual - Number(expected)) <= 0.51 * unit + 1e-9, `${actual} GMAC for ${frames} frames`);
      }
    });
  }

  for (const fixture of counted) {
    it(`of ${fixture} are those counted in PyTorch`, () => {
      const { config, json } = loadFixtureModel(fixture);
      const model = createModel(modelOptionsFromConfig(config, fixture));
      assert.equal(parameterCount(model), json.param_count);
      for (const [key, { total }] of Object.entries(json.macs!)) assert.equal(model.macs(Number(key.slice(1))), total);
    });
  }

  it('of WeSpeaker’s ECAPA-TDNN with global context are those published: 6.19 M, 1.04 G for 200 frames', () => {
    const model = createModel(parseModelOptions({ type: 'ecapa_wespeaker' }, 'test'));
    assert.equal((parameterCount(model) / 1e6).toFixed(2), '6.19');
    assert.equal((model.macs(200) / 1e9).toFixed(2), '1.04');
  });

  it('of ACA-Net plus are those of the trunk of ECAPA-TDNN with its pooling, less than 0.22 of the large ECAPA-TDNN', () => {
    const plus = createModel(parseModelOptions({ type: 'aca-net-plus' }, 'test'));
    const sizes = { latents: 2, embed: 128, heads: 4 };
    const same = createModel(
      parseModelOptions(
        { type: 'ecapa-tdnn', channels: [448, 448, 448, 448, 1152], pooling: { type: 'cross-statistics', ...sizes } },
        'test',
      ),
    );
    assert.deepEqual(
      plus.parameters.map(({ name, shape }) => [name, shape]),
      same.parameters.map(({ name, shape }) => [name, shape]),
    );
    assert.equal(plus.macs(300), same.macs(300));
    assert.equal(parameterCount(plus), 4_533_448);
    assert.ok(parameterCount(plus) < 0.22 * 20_767_552);
  });

  it('are those of the claim: 0.22 of the large ECAPA-TDNN’s parameters, 0.18 with one cross attention', () => {
    const count = (name: string) => parameterCount(modelOf(table.find((row) => row.name === name)!));
    const large = count('ECAPA-TDNN, C = 1024, MFA 3072');
    assert.equal((count('ACA-Net as released') / large).toFixed(3), '0.219');
    assert.equal((count('ACA-Net, 1 cross attention') / large).toFixed(3), '0.181');
    assert.equal((count('ACA-Net, 2 layers') / large).toFixed(3), '0.175');
  });

  it('grow by the same number with every frame', () => {
    for (const row of table) {
      const { macs } = modelOf(row);
      assert.equal(macs(400) - macs(300), macs(1000) - macs(900));
      assert.ok(Number.isInteger(macs(300)), row.name);
    }
  });
});
