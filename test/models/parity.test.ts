/**
 * Forward passes against the published PyTorch code's own numbers (test/fixtures/README.md), on both engines: the
 * compiled engine through one session for every batch and length.
 */
import assert from 'node:assert/strict';
import { float32 } from '../../src/engine/program/host-tensor.js';
import type { Engine } from '../../src/engine/program/program.js';
import { modelOptionsFromConfig } from '../../src/models/import-config.js';
import { parameterCount } from '../../src/models/contract/model.js';
import { createModel } from '../../src/models/registry.js';
import { BESIDE_MISSING, loadFixtureModel, maxAbs, maxAbsDifference } from '../fixture-models.js';
import { createTestedEngine, describeOnEngines } from '../engine/engines.js';
import { skip } from '../skip.js';

const cases = [
  { fixture: 'aca_small', tolerance: 1e-5 },
  { fixture: 'aca_small_1dL', tolerance: 1e-5 },
  { fixture: 'aca_small_fc', tolerance: 1e-5 },
  { fixture: 'ecapa_small', tolerance: 1e-5 },
  { fixture: 'ecapa_small_noglobal', tolerance: 1e-5 },
  { fixture: 'aca_full', tolerance: 2e-5, engines: ['onnx', 'tensorflow'] },
  { fixture: 'ecapa_c512', tolerance: 2e-5, engines: ['onnx', 'tensorflow'] },
  { fixture: 'ecapa_c1024', tolerance: 2e-5, engines: ['onnx', 'tensorflow'] },
];

/** Networks of WeSpeaker, whose rows do not depend on each other: what float32 allows (README of the fixtures). */
const later = [
  { fixture: 'resnet34', tolerance: 5e-6 },
  { fixture: 'resnet34_small', tolerance: 3e-6 },
  { fixture: 'campplus', tolerance: 2e-5 },
  { fixture: 'campplus_small', tolerance: 3e-6 },
  { fixture: 'ecapa_wespeaker', tolerance: 5e-6 },
  { fixture: 'ecapa_wespeaker_small', tolerance: 3e-6 },
];

describeOnEngines('embeddings', (name) => {
  let engine: Engine;
  before(async () => {
    engine = await createTestedEngine(name, 2);
  });
  for (const { fixture, tolerance, engines } of cases) {
    if (engines && !engines.includes(name)) continue;
    it(`of ${fixture} equal PyTorch's`, async () => {
      const { config, weights, tensors, get, json } = loadFixtureModel(fixture);
      const isAca = config.model === 'aca-net';
      const worst: Record<string, number> = {};
      for (const positional of isAca ? ['reference', 'time'] : [undefined]) {
        const model = createModel(modelOptionsFromConfig(positional ? { ...config, positional } : config, fixture));
        assert.equal(parameterCount(model), json.param_count);
        const inference = await engine.compileInference({
          program: ({ features, ...rest }) => ({ embeddings: model.embed(rest, features) }),
          inputs: { features: { shape: ['B', 'T', model.bins] } },
          parameters: weights,
        });
        for (const { name: key } of json.cases.filter((c) => !c.name.startsWith('eval.len'))) {
          if (!(`${key}.x` in tensors) || (name === 'reference' && !key.includes('T57'))) continue;
          const expected = positional === 'time' ? `${key}.emb_timepe` : `${key}.emb`;
          if (!(expected in tensors)) continue;
          const { embeddings } = await inference.run({ features: get(`${key}.x`) });
          const difference = maxAbsDifference(embeddings.data, get(expected).data);
          worst[expected] = difference / Math.max(1, maxAbs(get(expected).data));
        }
        await inference.dispose();
      }
      assert.ok(Object.keys(worst).length > 0, 'no case was compared');
      for (const [key, value] of Object.entries(worst)) assert.ok(value <= tolerance, `${key}: ${value}`);
      if (process.env.SHOW_DEVIATIONS) console.log(fixture, worst);
    });
  }

  for (const fixture of ['aca_author', 'perceiver_8heads']) {
    if (name === 'reference') continue; // half a minute in TensorFlow.js's JavaScript
    it(`of ${fixture} equal PyTorch's`, async () => {
      const { config, weights: recorded, get, json } = loadFixtureModel(fixture);
      const isPredecessor = fixture === 'perceiver_8heads';
      const heads = isPredecessor ? { cross_heads: 8 } : {};
      const model = createModel(modelOptionsFromConfig({ ...config, ...heads, positional: 'reference' }, fixture));
      assert.equal(parameterCount(model), json.param_count);
      for (const [key, { total }] of Object.entries(json.macs!)) assert.equal(model.macs(Number(key.slice(1))), total);
      const weights = Object.fromEntries(
        Object.entries(recorded).map(([key, tensor]) => [key.replace('perceiver_blocks', 'ACA_blocks'), tensor]),
      );
      const inference = await engine.compileInference({
        program: ({ features, ...rest }) => ({ embeddings: model.embed(rest, features) }),
        inputs: { features: { shape: ['B', 'T', model.bins] } },
        parameters: weights,
      });
      for (const { name: key } of json.cases) {
        const { embeddings } = await inference.run({ features: get(`${key}.x`) });
        const expected = get(`${key}.emb`).data;
        const difference = maxAbsDifference(embeddings.data, expected) / Math.max(1, maxAbs(expected));
        if (process.env.SHOW_DEVIATIONS) console.log(name, fixture, key, difference);
        assert.ok(difference <= 2e-5, `${key}: ${difference}`);
      }
      await inference.dispose();
    });
  }

  for (const { fixture, tolerance } of later) {
    const isSmall = fixture.endsWith('_small');
    const check = async (place: 'project' | 'beside', isChosen: (key: string) => boolean) => {
      const { config, weights, get, json } = loadFixtureModel(fixture, place);
      const model = createModel(modelOptionsFromConfig(config, fixture));
      assert.equal(parameterCount(model), json.param_count);
      const inference = await engine.compileInference({
        program: ({ features, ...rest }) => ({ embeddings: model.embed(rest, features) }),
        inputs: { features: { shape: ['B', 'T', model.bins] } },
        parameters: weights,
      });
      for (const { name: key } of json.cases.filter((each) => isChosen(each.name))) {
        const { embeddings } = await inference.run({ features: get(`${key}.x`) });
        const expected = get(`${key}.emb`).data;
        const difference = maxAbsDifference(embeddings.data, expected) / Math.max(1, maxAbs(expected));
        if (process.env.SHOW_DEVIATIONS) console.log(name, fixture, key, difference);
        assert.ok(difference <= tolerance, `${key}: ${difference}`);
      }
      await inference.dispose();
    };
    if (!isSmall) {
      // One utterance takes TensorFlow.js's JavaScript seconds.
      it(`of ${fixture} equal PyTorch's`, () =>
        check('project', (key) => name !== 'reference' || key === 'eval.B1T37'));
    }
    it(`of ${fixture} equal PyTorch's in all recorded cases`, async function () {
      if (BESIDE_MISSING) skip(this, BESIDE_MISSING);
      // Even, odd, and with a second segment; the rest would take TensorFlow.js's JavaScript a minute.
      const few = isSmall ? ['eval.T37', 'eval.T201'] : ['eval.B1T37'];
      await check('beside', (key) => name !== 'reference' || few.includes(key));
    });
  }

  for (const fixture of ['ecapa_small', 'ecapa_small_noglobal', 'ecapa_c1024']) {
    if (name === 'reference' && fixture === 'ecapa_c1024') continue;
    it(`of ${fixture} with relative lengths equal PyTorch's`, async () => {
      const { config, weights, tensors, get, json } = loadFixtureModel(fixture);
      const model = createModel(modelOptionsFromConfig(config, fixture));
      for (const { name: key } of json.cases.filter((c) => c.name.startsWith('eval.len') && `${c.name}.x` in tensors)) {
        const features = get(`${key}.x`);
        const lengths = float32([features.shape[0]], get(`${key}.lengths`).data as Float32Array<ArrayBuffer>);
        const inference = await engine.compileInference({
          program: ({ features, lengths, ...rest }) => ({ embeddings: model.embed(rest, features, { lengths }) }),
          inputs: { features: { shape: features.shape }, lengths: { shape: lengths.shape } },
          parameters: weights,
        });
        const { embeddings } = await inference.run({ features, lengths });
        const expected = get(`${key}.emb`).data;
        const difference = maxAbsDifference(embeddings.data, expected) / Math.max(1, maxAbs(expected));
        if (process.env.SHOW_DEVIATIONS) console.log(fixture, key, difference);
        assert.ok(difference <= 2e-5, `${key}: ${difference}`);
        await inference.dispose();
      }
    });
  }
});
