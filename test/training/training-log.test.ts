import assert from 'node:assert/strict';
import {
  describeDevelopment,
  describeFigures,
  describeReadings,
  describeRow,
} from '../../src/training/training-log.js';

describe('training-log', () => {
  const readings = {
    ...{ utterances: 48, spread: 7.2, spectrum: [0.31, 0.2], common: 0.1, weightNorms: {} },
    attention: { first: { entropy: 0.94 } },
  };

  it('explains every figure of its lines that is not a usual one', () => {
    const row = {
      ...{ step: 1, epoch: 1, lr: 1e-3, loss: 7, accuracy: 0.1, spread: 5, utterancesPerSecond: 100, dataWait: 0.05 },
    };
    const lines = [
      describeRow(row, 2, 10),
      describeReadings(0, readings),
      describeDevelopment({ devEer: 0.1, devSpread: 5, instruments: readings }),
    ].join('\n');
    for (const line of describeFigures({ attends: true })) {
      const name = line.trim().split(': ')[0];
      assert.ok(lines.includes(`${name} `), name);
      assert.ok(line.length <= 100, line);
    }
  });

  it('says nothing of attention where a model has none', () => {
    assert.doesNotMatch(describeFigures({ attends: false }).join('\n'), /attention/);
  });
});
