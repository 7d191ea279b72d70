/** Published weights become a model folder, or a message that names every tensor and argument that does not fit. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/engine/create-engine.js';
import { float32, int32 } from '../../src/engine/program/host-tensor.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import { UserError } from '../../src/errors.js';
import { createEmbedder } from '../../src/models/embedder.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { importModel } from '../../src/models/import-weights.js';
import { readModelFolder } from '../../src/models/model-folder.js';
import { writeSafetensors } from '../../src/storage/safetensors.js';
import { loadFixtureModel, maxAbs, maxAbsDifference } from '../fixture-models.js';

describe('import', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-import-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  async function importTensors(tensors: HostTensors, config: unknown) {
    const [weightsPath, configPath, out] = ['w.safetensors', 'c.json', 'model'].map((name) => join(dir, name));
    writeSafetensors(weightsPath, tensors);
    writeFileSync(configPath, typeof config === 'string' ? config : JSON.stringify(config));
    const summary = await importModel({ weights: weightsPath, config: configPath, out });
    return { ...summary, out };
  }

  it('takes off what wrappers put before every name, and says what', async () => {
    const { config, weights } = loadFixtureModel('ecapa_small');
    const bare = readModelFolder((await importTensors(weights, config)).out).tensors;
    // torch.nn.parallel.DistributedDataParallel, a module's attribute, and both.
    for (const prefix of ['module.', 'speaker_encoder.', 'module.speaker_encoder.']) {
      const named = Object.fromEntries(Object.entries(weights).map(([name, each]) => [prefix + name, each]));
      const imported = await importTensors(named, config);
      assert.equal(imported.prefix, prefix);
      assert.deepEqual(readModelFolder(imported.out).tensors, bare);
    }
    assert.equal((await importTensors(weights, config)).prefix, '');
    const [first, ...others] = Object.entries(weights).map(([name, each]) => [`module.${name}`, each] as const);
    await assert.rejects(
      importTensors(Object.fromEntries(others), config),
      new RegExp(`not the tensors of .*\\n {2}missing ${first[0].slice(7)} [^\\n]*\\ncheck`),
    );
  });

  for (const fixture of ['aca_small', 'aca_small_fc', 'ecapa_small', 'resnet34', 'campplus', 'ecapa_wespeaker']) {
    it(`takes the published ${fixture} and gives its embeddings`, async () => {
      const { config, weights, json, tensors, get } = loadFixtureModel(fixture);
      // time: the released code's own positions depend on the batch row, so a single utterance has no "own" embedding
      const positional = config.model === 'aca-net' ? { positional: 'time' } : {};
      const { parameters, out } = await importTensors(weights, { ...config, ...positional });
      assert.equal(parameters, json.param_count);
      const { speakerModel, tensors: loaded } = readModelFolder(out);
      const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
      const embedder = await createEmbedder(engine, speakerModel, loaded);
      const emb = positional.positional ? 'emb_timepe' : 'emb';
      const cases = json.cases.filter(({ name }) => `${name}.x` in tensors && `${name}.${emb}` in tensors && !name.includes('.len.')); // prettier-ignore
      assert.ok(cases.length > 0);
      for (const { name } of cases) {
        const [batch, frames, bins] = get(`${name}.x`).shape;
        const expected = get(`${name}.${emb}`);
        const size = expected.data.length / batch;
        for (let b = 0; b < batch; b++) {
          const data = get(`${name}.x`).data.slice(b * frames * bins, (b + 1) * frames * bins) as Float32Array;
          const embedding = await embedder.embed({ frames, bins, data }, name);
          const wanted = expected.data.slice(b * size, (b + 1) * size);
          // as in the fixtures' README: 1e-5 of the largest value
          assert.ok(maxAbsDifference(embedding, wanted) <= 1e-5 * Math.max(1, maxAbs(expected.data)), name);
        }
      }
      await embedder.close();
    });
  }

  const small = () => loadFixtureModel('aca_small');
  async function refuses(tensors: HostTensors, config: unknown, ...says: (string | RegExp)[]): Promise<void> {
    await assert.rejects(importTensors(tensors, config), (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      for (const text of says) {
        if (typeof text === 'string') assert.ok(error.message.includes(text), error.message);
        else assert.match(error.message, text);
      }
      return true;
    });
    assert.ok(!existsSync(join(dir, 'model')), 'a model folder was left behind');
  }

  it('takes weights without batch counters and with the positional table', async () => {
    const { weights, config } = small();
    const embed = config.embed_dim as number;
    const kept = Object.entries(weights).filter(([name]) => !name.endsWith('num_batches_tracked'));
    const pe = float32([10000, 1, embed]);
    const { out } = await importTensors({ ...Object.fromEntries(kept), 'embed.pe': pe }, config);
    assert.ok(!('embed.pe' in readModelFolder(out).tensors));
  });

  it('names missing, extra and misshapen tensors at once', async () => {
    const { weights, config } = small();
    const { latent: latent, 'final_norm.norm.weight': _, ...rest } = weights;
    const wrong = {
      ...rest,
      latent: float32([latent.data.length], latent.data as Float32Array<ArrayBuffer>),
      'classifier.weight': float32([3, 4]),
    };
    await refuses(
      wrong,
      config,
      /^.*w\.safetensors: not the tensors of ACA-Net/,
      `misshapen latent: expected [${latent.shape.join(', ')}], got [${latent.data.length}]`,
      'missing final_norm.norm.weight [',
      'extra classifier.weight [3, 4]',
    );
  });

  it('refuses weights that are not numbers', async () => {
    const { weights, config } = small();
    const [bias] = Object.keys(weights).filter((name) => name.endsWith('.bias'));
    const { shape, data } = weights[bias];
    await refuses({ ...weights, [bias]: float32(shape, new Float32Array(data.length).fill(NaN)) }, config, `NaN or infinity in ${bias}`); // prettier-ignore
    await refuses({ ...weights, [bias]: int32(shape, new Int32Array(data.length)) }, config, `wrong type of ${bias}`);
  });

  it('takes a positional table of the length that the configuration states', async () => {
    const { weights, config } = small();
    const table = { 'embed.pe': float32([500, 1, config.embed_dim as number]) };
    await importTensors({ ...weights, ...table }, { ...config, max_len: 500 });
  });

  it('replaces a model folder, and nothing else', async () => {
    const { weights, config } = small();
    await importTensors(weights, config);
    const { out } = await importTensors(weights, config);
    rmSync(join(out, 'model.json'));
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await assert.rejects(importTensors(weights, config), /model: is there, and is no model folder/);
    assert.ok(existsSync(join(out, 'notes.txt')));
  });

  it('shortens a long list of misfits', async () => {
    await refuses({ a: float32([1]) }, small().config, 'missing latent', /… and \d+ more/);
  });

  for (const { name, change, says } of [
    { name: 'an unknown argument', change: { n_block: 2 }, says: ['aca-net has no argument "n_block"', 'n_blocks'] },
    { name: 'an argument of a wrong type', change: { latent_dim: 'many' }, says: ['"latent_dim"'] },
    { name: 'an unknown head', change: { final_layer: '2dE' }, says: ['"final_layer"'] },
    { name: 'an unknown model', change: { model: 'x-vector' }, says: ['"aca-net"', '"x-vector"'] },
    { name: 'no model', change: { model: undefined }, says: ['expected "model"'] },
  ]) {
    it(`refuses ${name}`, async () => {
      const { weights, config } = small();
      await refuses(weights, { ...config, ...change }, 'c.json', ...says);
    });
  }

  it('refuses a configuration that is no JSON, or no object', async () => {
    await refuses(small().weights, '{"model":', 'c.json', 'JSON');
    await refuses(small().weights, '[]', 'c.json', 'expected an object');
  });

  it('refuses an activation that the models do not have, and takes arguments without effect', () => {
    const base = { model: 'ecapa-tdnn', input_size: 80, device: 'cpu', activation: 'torch.nn.ReLU' };
    assert.equal(modelOptionsFromConfig(base, 'c.json').bins, 80);
    assert.throws(
      () => modelOptionsFromConfig({ ...base, activation: 'torch.nn.GELU' }, 'c.json'),
      /"activation": "torch.nn.GELU" is not supported/,
    );
  });

  it('takes the predecessor of ACA-Net by the names of its tensors, with its 8 heads', async () => {
    const { config, weights, json } = loadFixtureModel('perceiver_8heads');
    const { parameters, out } = await importTensors(weights, config);
    assert.equal(parameters, json.param_count);
    const { model, tensors } = readModelFolder(out);
    assert.equal('crossHeads' in model && model.crossHeads, 8);
    const name = 'blocks.1.cross_attention.0.attn.in_proj_weight';
    assert.deepEqual(tensors[`ACA_${name}`], weights[`perceiver_${name}`]);
    // What the configuration says holds.
    const other = readModelFolder((await importTensors(weights, { ...config, cross_heads: 1 })).out).model;
    assert.ok(!('crossHeads' in other));
    const released = loadFixtureModel('aca_author');
    const plain = readModelFolder((await importTensors(released.weights, released.config)).out);
    assert.ok(!('crossHeads' in plain.model));
    assert.equal(plain.speakerModel.embeddingSize, 512);
  });

  it('translates the poolings of WeSpeaker, and refuses others by name', () => {
    const pooling = (model: string, pooling_func: string) =>
      (modelOptionsFromConfig({ model, pooling_func }, 'c.json') as { pooling?: object }).pooling;
    assert.equal(pooling('resnet', 'TSTP'), undefined);
    assert.deepEqual(pooling('resnet', 'ASTP'), { type: 'attentive', attentionChannels: 128, globalContext: false });
    assert.equal(pooling('ecapa_wespeaker', 'ASTP'), undefined);
    assert.deepEqual(pooling('ecapa_wespeaker', 'TSTP'), { type: 'statistics' });
    assert.throws(
      () => pooling('campplus', 'MQMHASTP'),
      /"pooling_func": "MQMHASTP" is not supported \(expected TSTP\)/,
    );
    // The published class has no context unless it is told to.
    const { globalContext } = modelOptionsFromConfig({ model: 'ecapa_wespeaker' }, 'c.json') as never;
    assert.equal(globalContext, false);
  });

  it('translates every argument', () => {
    assert.deepEqual(
      modelOptionsFromConfig(
        {
          model: 'aca-net',
          ch_in: 40,
          latent_dim: 10,
          embed_dim: 20,
          embed_reps: 1,
          attn_mlp_dim: 30,
          trnfr_mlp_dim: 31,
          trnfr_heads: 4,
          dropout: 0.1,
          trnfr_layers: 1,
          n_blocks: 3,
          max_len: 500,
          final_layer: 'fc',
          positional: 'none',
        },
        'c.json',
      ),
      {
        ...modelOptionsFromConfig({ model: 'aca-net' }, 'c.json'),
        bins: 40,
        latents: 10,
        embed: 20,
        reps: 1,
        attentionMlp: 30,
        transformerMlp: 31,
        heads: 4,
        dropout: 0.1,
        layers: 1,
        blocks: 3,
        head: 'fc',
        positional: 'none',
      },
    );
    assert.deepEqual(
      modelOptionsFromConfig(
        {
          model: 'ecapa-tdnn',
          input_size: 40,
          lin_neurons: 100,
          channels: [8, 8, 8, 16],
          kernel_sizes: [5, 3, 3, 1],
          dilations: [1, 2, 3, 1],
          attention_channels: 12,
          res2net_scale: 2,
          se_channels: 6,
          global_context: false,
          groups: [1, 2, 1, 1],
        },
        'c.json',
      ),
      {
        type: 'ecapa-tdnn',
        bins: 40,
        embedding: 100,
        channels: [8, 8, 8, 16],
        kernels: [5, 3, 3, 1],
        dilations: [1, 2, 3, 1],
        attentionChannels: 12,
        res2netScale: 2,
        seChannels: 6,
        globalContext: false,
        groups: [1, 2, 1, 1],
      },
    );
  });
});
