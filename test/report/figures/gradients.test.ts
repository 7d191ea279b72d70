import assert from 'node:assert/strict';
import { gradientsFigure } from '../../../src/report/figures/gradients.js';
import { systemStyles } from '../../../src/report/figures/palette.js';

const styles = systemStyles(['aca-net']);

describe('the gradients by layer', () => {
  const rows = [
    { step: 10, epoch: 1, loss: 1, gradNorms: { first: 0.1, last: 1 } },
    { step: 20, epoch: 2, loss: 1, gradNorms: { first: 0.2, last: 0 } },
  ];
  const record = { system: 'aca-net', run: 'aca-net@2', rows };
  const source = { model: 'aca-net', trainings: [record] };

  it("are drawn of the training of the recipe's own system", () => {
    const needs = gradientsFigure.needs({ ...source, trainings: [{ ...record, system: 'other', rows: [] }, record] });
    assert.ok(needs);
    assert.equal(gradientsFigure.title(needs), 'Gradients by layer of aca-net@2');
    const { data, description } = gradientsFigure.draw(needs, styles);
    assert.deepEqual(data.rows, [
      ['first', 1, 0.1],
      ['last', 1, 1],
      ['first', 2, 0.2],
      ['last', 2, 0],
    ]);
    // 0 has no logarithm: the smallest norm is the smallest above it.
    assert.equal(description, '2 layers; norms between 0.10 and 1.0');
  });

  it('are left out where they were logged less than twice, or there is no training', () => {
    assert.equal(gradientsFigure.needs({ ...source, trainings: [{ ...record, rows: rows.slice(1) }] }), undefined);
    assert.equal(gradientsFigure.needs({ ...source, model: 'other' }), undefined);
  });
});
