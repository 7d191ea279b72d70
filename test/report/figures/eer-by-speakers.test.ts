import assert from 'node:assert/strict';
import type { ComparedSystem } from '../../../src/report/comparison/report-view.js';
import { eerBySpeakersFigure, linesOf } from '../../../src/report/figures/eer-by-speakers.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { sampleReport } from '../html/sample-report.js';

describe('the EER against the number of training speakers', () => {
  const { compared } = sampleReport().tested!;
  const [sample] = compared.systems;
  const system = (name: string, as: string, speakers: number, eer: number): ComparedSystem => ({
    ...sample,
    ...{ name, trainedOn: { speakers, as }, measures: { eer: { value: eer, interval: [0.9 * eer, 1.2 * eer] } } },
  });
  const systems = [
    system('a', 'a', 105, 0.05),
    system('a-30', 'a', 30, 0.08),
    system('a-15', 'a', 15, 0.12),
    system('b', 'b', 105, 0.04),
    system('b-15', 'b', 15, 0.1),
    system('alone', 'alone', 105, 0.06),
  ];

  it('is not there where all systems were trained on the same speakers', () => {
    assert.equal(linesOf(compared), undefined);
    assert.equal(linesOf({ systems: [systems[0], systems[3]] }), undefined);
  });

  it('has a line for systems that differ in that alone, fewest speakers first', () => {
    const figure = eerBySpeakersFigure.draw(linesOf({ systems })!, systemStyles(systems.map(({ name }) => name)));
    assert.deepEqual(
      figure.data.rows.map(([line, name, speakers, eer]) => [line, name, speakers, eer]),
      [
        ['a', 'a-15', 15, 0.12],
        ['a', 'a-30', 30, 0.08],
        ['a', 'a', 105, 0.05],
        ['b', 'b-15', 15, 0.1],
        ['b', 'b', 105, 0.04],
      ],
    );
    assert.deepEqual(figure.shown.columns, ['speakers', 'EER of a', 'EER of b']);
    assert.deepEqual(
      figure.shown.rows.map(([speakers, a, b]) => [speakers, /^12|^8|^5/.test(String(a)), b === '-']),
      [
        [15, true, false],
        [30, true, true],
        [105, true, false],
      ],
    );
    for (const label of ['>15<', '>30<', '>105<', '>a<', '>b<', 'speakers trained on']) {
      assert.ok(figure.svg.includes(label), label);
    }
    assert.ok(!figure.svg.includes('alone'));
    assert.match(figure.description, /a, 15 speakers: EER 12\.0/);
  });
});
