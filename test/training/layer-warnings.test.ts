/** @file What of a layer's figures is called amiss. */
import assert from 'node:assert/strict';
import type { LayerFigures } from '../../src/training/activation-scales.js';
import { layerWarnings } from '../../src/training/layer-warnings.js';

const fine: LayerFigures = { layer: 'fine', rms: 1, dead: 0.1, cosine: 0.3, varying: 0.1, gradient: 10, weights: 5 };

describe('warnings on layers', () => {
  it('are none where nothing is amiss', () => {
    assert.deepEqual(layerWarnings([fine, { layer: 'latent', gradient: 0.1 }]), []);
  });

  const cases: [what: string, figures: Partial<LayerFigures>, expected: RegExp][] = [
    ['dead units', { dead: 0.62 }, /^x: 62 % of its ReLUs give 0 for every frame \(limit 50 %\)/],
    [
      'latents that are all alike',
      { cosine: 0.984 },
      /^x: the latents of an utterance are nearly the same vector: their mean cosine is 0\.98 \(limit 0\.95\)/,
    ],
    [
      'sizes that are too large',
      { rms: 4321 },
      /^x: its activations have a root mean square of 4300 \(usual: 0\.001 to 1000\)/,
    ],
    ['sizes that are too small', { rms: 1e-5 }, /^x: its activations have a root mean square of 0\.00001 /],
    ['values that are not finite', { rms: NaN }, /^x: some activations or gradients are not finite/],
    [
      'gradients that fade',
      { gradient: 1e-6 },
      /^x: its gradient has a norm of 0\.000001, where all layers together have 17/,
    ],
    [
      'one layer whose rows attend alike',
      { attention: { entropy: 1, diversity: 1e-5 } },
      /^x: all rows of its attention look at the same frames/,
    ],
  ];
  for (const [what, figures, expected] of cases) {
    it(`name ${what}`, () => {
      const other = { ...fine, layer: 'other', attention: { entropy: 0.9, diversity: 0.08 } };
      const warnings = layerWarnings([fine, other, { ...fine, layer: 'x', ...figures }, fine]);
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0], expected);
    });
  }

  it('name the first layer of a kind and count the others', () => {
    const bad = ['a', 'b', 'c'].map((layer) => ({ ...fine, layer, dead: 0.9 }));
    assert.match(layerWarnings([fine, ...bad])[0], /^a \(and 2 more\): 90 %/);
  });
});
