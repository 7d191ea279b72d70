import assert from 'node:assert/strict';
import { detFigure } from '../../../src/report/figures/det.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { sampleTrials } from '../html/sample-report.js';

describe('a DET plot', () => {
  it('stands on probit axes with the usual ticks', () => {
    const styles = systemStyles(['aca-net', 'ecapa-tdnn']);
    const { svg, data } = detFigure.draw(sampleTrials(), styles);
    for (const tick of ['1 %', '2 %', '5 %', '10 %', '20 %', '40 %']) assert.ok(svg.includes(`>${tick}<`), tick);
    assert.ok(data.rows.length > 200);
  });
});
