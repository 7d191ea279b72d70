/** @file Presets: what they override, and for which systems. */
import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { departuresFromPublished } from '../../../src/models/registry.js';
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
    assert.throws(() => presetSets('toString', recipe), /there is reference, large-margin/);
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
    const softmax = loadRecipe('demo', { sets: ['training.loss={type: softmax}'] }).recipe;
    assert.deepEqual(presetSets('large-margin', softmax), []);
  });
});
