import assert from 'node:assert/strict';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { trainingCurvesFigure } from '../../../src/report/figures/training-curves.js';

describe('training curves', () => {
  it('say so where nothing was logged', () => {
    const figure = trainingCurvesFigure.draw([], systemStyles([]));
    assert.ok('why' in figure);
  });
});
