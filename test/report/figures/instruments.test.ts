import assert from 'node:assert/strict';
import { instrumentsFigure, readingsOf } from '../../../src/report/figures/instruments.js';
import { systemStyles } from '../../../src/report/figures/palette.js';

const styles = systemStyles(['aca-net']);

describe('what was measured inside the networks', () => {
  const rows = [
    { step: 0, epoch: 1, instruments: { spectrum: [0.9, 0.1], common: 0.2, attention: { cross: { entropy: 1 } } } },
    { step: 10, epoch: 1, loss: 1 },
    {
      step: 20,
      epoch: 2,
      loss: 1,
      instruments: { spectrum: [0.6, 0.4], common: 0.1, attention: { cross: { entropy: 0.8, diversity: 0.1 } } },
    },
  ];
  const record = { system: 'aca-net', run: 'aca-net', rows };
  const source = { model: 'aca-net', trainings: [record] };

  it('is drawn of the rows that hold it', () => {
    assert.deepEqual(
      readingsOf(record).map(({ epoch, attention }) => [epoch, attention.cross.entropy]),
      [
        [0, 1],
        [2, 0.8],
      ],
    );
    const panels = instrumentsFigure.needs(source);
    assert.ok(panels);
    const { data, shown } = instrumentsFigure.draw(panels, styles);
    assert.equal(data.rows.length, 2 + 1 + 2 + 2); // entropy, diversity, the last spectrum, common direction
    assert.deepEqual(shown.rows, [
      ['evenness of the attention', 'aca-net, cross', '1.000', '0.800'],
      ['diversity of the attention', 'aca-net, cross', '0.100', '0.100'],
      ['strongest direction, share of the variance', 'aca-net', '-', '0.600'],
      ['common direction', 'aca-net', '0.200', '0.100'],
    ]);
  });

  it('is left out where nothing was measured', () => {
    const without = { ...record, rows: [{ step: 1, epoch: 1, loss: 1 }] };
    assert.equal(instrumentsFigure.needs({ ...source, trainings: [without] }), undefined);
  });
});
