import assert from 'node:assert/strict';
import { ablationFigure } from '../../../src/report/figures/ablation.js';
import { sampleAblation } from '../html/sample-report.js';

describe('the picture of variants', () => {
  const { svg, data } = ablationFigure.draw(sampleAblation);

  it('has a row for each variant in each axis, and the base where its EER is', () => {
    assert.deepEqual(
      data.rows.map(([axis, label, , , eer]) => [axis, label, eer]),
      [
        ['latents', '32', 0.1],
        ['latents', '64', 0.0646],
      ],
    );
    // The axis ends at 0.15, 1.5 times the highest EER; the grid is 520 wide from 250 on: 250 + 520 · 0.0646 / 0.15 =
    // 473.9, as a sharp line 473.5 or 474.5.
    assert.match(svg, /d="M47[34]\.5 \d+L47[34]\.5 \d+"/);
  });

  it('says how sure the EERs are', () => {
    assert.ok(svg.includes('32: development EER 10.00 % (5.00 % to 20.00 %), +54.8 % against the base, p = 0.300'));
  });
});
