import assert from 'node:assert/strict';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { trainingCurvesFigure } from '../../../src/report/figures/training-curves.js';

describe('training curves', () => {
  it('say so where nothing was logged', () => {
    const figure = trainingCurvesFigure.draw([], systemStyles([]));
    assert.ok('why' in figure);
  });

  it('says where the phases of a system begin, once for all its trainings', () => {
    const rows = [
      { step: 2, epoch: 1, phase: 'main', loss: 2, devEer: 0.2 },
      { step: 4, epoch: 2, phase: 'large-margin', loss: 1, devEer: 0.1 },
    ];
    const records = [
      { system: 'a', run: 'a', rows },
      { system: 'a', run: 'a@2', rows },
      { system: 'b', run: 'b', rows: [{ step: 2, epoch: 1, loss: 3, devEer: 0.3 }] },
    ];
    const figure = trainingCurvesFigure.draw(records, systemStyles(['a', 'b']));
    assert.ok('caption' in figure);
    assert.match(figure.caption, / Phases: a main, large-margin from epoch 1 on\.$/);
    const alone = trainingCurvesFigure.draw(records.slice(2), systemStyles(['b']));
    assert.ok('caption' in alone && !alone.caption.includes('Phases'));
  });
});
