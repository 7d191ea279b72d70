import assert from 'node:assert/strict';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatPoints,
  formatRatio,
  formatRelative,
} from '../../../src/report/text/number-format.js';

describe('number-format', () => {
  it('prints rates in percent', () => {
    assert.equal(formatPercent(0.05123), '5.12 %');
    assert.equal(formatPercent(1, 0), '100 %');
    assert.deepEqual([0.05123, 0.000012, 0, NaN].map(formatRate), ['5.12 %', '0.0012 %', '0.00 %', '-']);
  });

  it('prints changes with their sign, and never a negative zero', () => {
    const cases: [number, string][] = [
      [-0.0521, '-5.2 %'],
      [0.1, '+10.0 %'],
      [0, '0.0 %'],
      [-0.0001, '0.0 %'],
      [Infinity, '-'],
      [NaN, '-'],
    ];
    for (const [fraction, expected] of cases) assert.equal(formatRelative(fraction), expected);
  });

  it('prints counts and sizes to three digits, carrying into the next prefix', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [999, '999'],
      [12.345, '12.3'],
      [4_553_601, '4.55 M'],
      [20_767_552, '20.8 M'],
      [999_999, '1.00 M'],
      [123_456, '123 k'],
      [2_700_000_000, '2.70 G'],
    ];
    for (const [count, expected] of cases) assert.equal(formatCount(count), expected);
    assert.equal(formatBytes(18_214_404), '18.2 MB');
    assert.equal(formatBytes(12), '12 B');
  });

  it('prints differences of rates in points, ratios, and times', () => {
    assert.deepEqual([-0.0052, 0.01, -0.00001].map(formatPoints), ['-0.52', '+1.00', '0.00']);
    assert.deepEqual([0.2193, 1, 12.3].map(formatRatio), ['0.22×', '1.00×', '12×']);
    assert.deepEqual([36.43, 1210, 19_000].map(formatDuration), ['36 s', '20.2 min', '5.3 h']);
  });
});
