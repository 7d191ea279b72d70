import assert from 'node:assert/strict';
import { eerByCostFigure } from '../../../src/report/figures/eer-by-cost.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { sampleReport } from '../html/sample-report.js';

const styles = systemStyles(['aca-net', 'ecapa-tdnn']);

describe('the EER against cost', () => {
  const { compared } = sampleReport().tested!;
  const [first, second] = compared.systems;
  const unknown = { parameters: undefined, macs: undefined, trainingSeconds: undefined };

  it('has a panel for each cost that is known, and in it the systems of which it is', () => {
    const figure = eerByCostFigure.draw(
      { ...compared, systems: [{ ...first, trainingSeconds: undefined }, second] },
      styles,
    );
    assert.ok('data' in figure);
    assert.deepEqual(
      figure.data.rows.map((row) => row.slice(0, 4)),
      [
        ['aca-net', 4e5, 6e7, null],
        ['ecapa-tdnn', 4e5 * (1 + 1 / 3), 1.2e8, 80],
      ],
    );
    assert.deepEqual(figure.shown.columns.slice(0, 4), ['system', 'parameters', 'operations', 'time to train']);
    assert.match(figure.description, /ecapa-tdnn: time to train 80 s, EER/);
    assert.doesNotMatch(figure.description, /aca-net: time to train/);
    const without = eerByCostFigure.draw(
      { ...compared, systems: compared.systems.map((system) => ({ ...system, trainingSeconds: undefined })) },
      styles,
    );
    assert.ok('data' in without);
    assert.doesNotMatch(without.caption + without.svg, /[Tt]ime to train|alone/);
  });

  it('leaves out systems of which nothing is known, and itself if there is no other', () => {
    const figure = eerByCostFigure.draw({ ...compared, systems: [{ ...first, ...unknown }, second] }, styles);
    assert.ok('data' in figure);
    assert.deepEqual(
      figure.data.rows.map(([name]) => name),
      ['ecapa-tdnn'],
    );
    assert.ok('why' in eerByCostFigure.draw({ ...compared, systems: [{ ...first, ...unknown }] }, styles));
  });
});
