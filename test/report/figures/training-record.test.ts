import assert from 'node:assert/strict';
import { curveOf, phasesIn } from '../../../src/report/figures/training-record.js';

describe('the record of a training', () => {
  it('puts steps on an axis of epochs', () => {
    const rows = [
      { step: 5, epoch: 1, loss: 3 },
      { step: 10, epoch: 1, devEer: 0.2 },
      { step: 15, epoch: 2, loss: NaN },
      { step: 20, epoch: 2, loss: 1 },
    ];
    const record = { system: 'a', run: 'a', rows };
    assert.deepEqual(curveOf(record, 'loss'), [
      [0.5, 3],
      [2, 1],
    ]);
    assert.deepEqual(curveOf(record, 'devEer'), [[1, 0.2]]);
  });

  it('puts steps of phases whose epochs differ in length where they belong', () => {
    const rows = [
      { step: 0, epoch: 1, phase: 'main', spread: 7 },
      { step: 5, epoch: 1, phase: 'main', loss: 4 },
      { step: 10, epoch: 1, phase: 'main', devEer: 0.3 },
      { step: 20, epoch: 2, phase: 'main', devEer: 0.2 },
      { step: 21, epoch: 3, phase: 'long', loss: 2 },
      { step: 24, epoch: 3, phase: 'long', devEer: 0.1 },
      { step: 26, epoch: 4, phase: 'long', loss: 1 },
    ];
    const record = { system: 'a', run: 'a', rows };
    assert.deepEqual(curveOf(record, 'loss'), [
      [0.5, 4],
      [2.25, 2],
      [3.5, 1],
    ]);
    assert.deepEqual(curveOf(record, 'spread'), [[0, 7]]);
    assert.deepEqual(phasesIn(rows), [
      { name: 'main', step: 0, epoch: 0 },
      { name: 'long', step: 20, epoch: 2 },
    ]);
  });
});
