import assert from 'node:assert/strict';
import { eerByCostFigure } from '../../../src/report/figures/eer-by-cost.js';
import { makeFigure } from '../../../src/report/figures/figure.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { reportFigures } from '../../../src/report/figures/registry.js';
import { sampleReport } from '../html/sample-report.js';
import { collisions, textBoxes } from './text-boxes.js';

describe('the figures of a report', () => {
  const everyName = [
    'aca-net',
    'ecapa-tdnn',
    'ecapa-short',
    'ecapa-c512',
    'x-vector',
    'aca-small',
    'aca-large',
    'resnet34',
  ];

  it('have none that do where all systems cost the same and every interval leaves the picture', () => {
    const { tested } = sampleReport({ names: everyName });
    const alike = { parameters: 4.55e6, macs: 1.15e9, trainingSeconds: 780 };
    const systems = tested!.compared.systems.map((system) => ({
      ...system,
      ...alike,
      measures: { eer: { value: 0.02, interval: [0.001, 0.45] as const } },
    }));
    const figure = eerByCostFigure.draw({ ...tested!.compared, systems }, systemStyles(everyName));
    assert.ok('svg' in figure);
    const boxes = textBoxes(figure.svg);
    assert.ok(boxes.some(({ text }) => text === '45 %'));
    assert.deepEqual(collisions(boxes), []);
  });

  for (let count = 1; count <= everyName.length; count++) {
    it(`have no texts that cover each other, with ${count} ${count > 1 ? 'systems' : 'system'}`, () => {
      const names = everyName.slice(0, count);
      const source = sampleReport({ names, runs: 1 });
      for (const kind of reportFigures) {
        const figure = makeFigure(kind, source, systemStyles(names));
        if (!figure || 'why' in figure) continue;
        const boxes = textBoxes(figure.svg);
        assert.ok(boxes.length > 0, kind.id);
        assert.deepEqual(collisions(boxes), [], kind.id);
      }
    });
  }
});
