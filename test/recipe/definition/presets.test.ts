/** @file Presets: what they override, and for which systems. */
import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { parameterCount } from '../../../src/models/contract/model.js';
import { createModel, departuresFromPublished, type ModelOptions } from '../../../src/models/registry.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { presetSets } from '../../../src/recipe/definition/presets.js';
import { phasesOf } from '../../../src/training/phases.js';

describe('the preset `reference`', () => {
  it('makes every ACA-Net of a recipe the released one, and nothing else', () => {
    const sets = ['systems.aca-net.model.expansionKernel=5', 'systems.aca-net.model.expansionLayers=2'];
    const before = loadRecipe('librispeech-mini', { sets }).recipe;
    const { recipe } = loadRecipe('librispeech-mini', { sets: [...sets, ...presetSets('reference', before)] });
    for (const [name, { model }] of Object.entries(recipe.systems)) {
      if (model.type === 'aca-net') {
        assert.deepEqual(departuresFromPublished(model), [], name);
        const was = before.systems[name].model;
        assert.equal(model.latents, was.type === 'aca-net' && was.latents, 'sizes stay');
      } else assert.deepEqual(model, before.systems[name].model, name);
      assert.deepEqual(recipe.systems[name].training, before.systems[name].training);
    }
  });

  it('is called by its name', () => {
    const { recipe } = loadRecipe('demo');
    assert.throws(() => presetSets('referense', recipe), UserError);
    assert.throws(
      () => presetSets('toString', recipe),
      /there is reference, author-3dspeaker, author-perceiver, large-margin/,
    );
  });
});

describe('the preset `large-margin`', () => {
  it('adds a phase of long crops to every training that has a margin', () => {
    const before = loadRecipe('demo').recipe;
    const sets = presetSets('large-margin', before);
    const { recipe } = loadRecipe('demo', { sets });
    for (const [name, { training }] of Object.entries(recipe.systems)) {
      const [main, last, ...more] = phasesOf(training, null);
      assert.deepEqual(more, []);
      const { phases: _, ...common } = training;
      assert.deepEqual({ ...main.training }, common, name);
      const { cropFrames, batchSize, epochs, loss } = last.training;
      assert.deepEqual([cropFrames, batchSize, epochs, last.rateFactor], [600, 16, 5, 0.1]);
      assert.deepEqual('margin' in loss && loss.margin, { type: 'constant', margin: 0.5 });
    }
    assert.deepEqual(presetSets('large-margin', recipe), sets, 'a second time, it is what it was');
    const softmax = loadRecipe('demo', { sets: ['training.loss={type: softmax}'] }).recipe;
    assert.deepEqual(presetSets('large-margin', softmax), []);
  });
});

describe('the presets of ACA-Net’s author', () => {
  for (const [preset, parameters, departures] of [
    ['author-3dspeaker', 3_575_041, []],
    ['author-perceiver', 4_553_601, ['8 heads in cross attention']],
  ] as const) {
    it(`${preset} sets every size, and leaves other models alone`, () => {
      const before = loadRecipe('demo').recipe;
      const { recipe } = loadRecipe('demo', { sets: presetSets(preset, before) });
      const { 'aca-net': aca, 'ecapa-tdnn': ecapa } = recipe.systems;
      const model = aca.model as ModelOptions;
      assert.equal(parameterCount(createModel(model)), parameters);
      assert.deepEqual(departuresFromPublished(model), departures);
      assert.deepEqual(ecapa, before.systems['ecapa-tdnn']);
    });
  }
});
