import assert from 'node:assert/strict';
import { curveOf } from '../../../src/report/figures/training-record.js';

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
});
