/** @file Presets: what they override, and for which systems. */
import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { departuresFromPublished } from '../../../src/models/registry.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { presetSets } from '../../../src/recipe/definition/presets.js';

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
    assert.throws(() => presetSets('toString', recipe), /there is reference/);
  });
});
