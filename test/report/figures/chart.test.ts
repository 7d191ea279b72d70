import assert from 'node:assert/strict';
import { drawChart, forFile, forPage } from '../../../src/report/figures/chart.js';
import { LIGHT } from '../../../src/report/figures/palette.js';

describe('a drawing', () => {
  const draw = (id: string) =>
    drawChart(
      {
        grid: { left: 40, top: 20, width: 100, height: 100 },
        xAxis: { type: 'value', min: 0, max: 1 },
        yAxis: { type: 'value', min: 0, max: 1 },
        series: [
          {
            type: 'line',
            data: [
              [0, 0],
              [1, 1],
            ],
            lineStyle: { color: LIGHT.system1 },
          },
        ],
      },
      { id, width: 180, height: 160, tips: [{ at: [0.5, 0.5], text: 'a < b' }] },
    );

  it('has a tip where the chart has the value', () => {
    assert.ok(draw('x').includes('<circle class="tip" cx="90" cy="70" r="9" fill-opacity="0"><title>a &lt; b</title>'));
  });

  it('is the same each time, with names of its own', () => {
    assert.equal(draw('x'), draw('x'));
    const names = (svg: string) => [...svg.matchAll(/ id="([^"]*)"/g)].map(([, name]) => name);
    const others = new Set(names(draw('y')));
    assert.ok(names(draw('x')).every((name) => !others.has(name)));
  });

  it('takes its colours from the page, or brings its own dark ones as a file', () => {
    assert.match(forPage(draw('x')), /stroke="var\(--figure-system1\)"/);
    const file = forFile(draw('x'), { title: 'A & B', description: 'rises' });
    assert.match(file, /^<svg role="img"[^>]*><title id="title">A &amp; B<\/title>/);
    assert.match(file, /prefers-color-scheme:dark/);
  });
});
