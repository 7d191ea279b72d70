import assert from 'node:assert/strict';
import { DARK, LIGHT, systemStyles } from '../../../src/report/figures/palette.js';

/** Contrast of two colours as in WCAG 2. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** A channel of sRGB as light, 0 to 1. */
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/**
 * How linear RGB looks to a reader: whole, without red cones, without green cones (Machado, Oliveira and Fernandes
 * 2009).
 */
const READERS = {
  'all cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

const times = (matrix: readonly number[][], vector: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, each, i) => sum + each * vector[i], 0));

/** OKLab, a hundredfold: a difference of about 2 is just seen. */
function perceived(color: string, reader: readonly number[][]): number[] {
  const light = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255));
  const seen = times(reader, light).map((value) => Math.min(1, Math.max(0, value)));
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    seen,
  ).map(Math.cbrt);
  return times(
    [
      [21.04542553, 79.3617785, -0.40720468],
      [197.79984951, -242.8592205, 45.05937099],
      [2.59040371, 78.27717662, -80.8675766],
    ],
    cones,
  );
}

function leastDifference(colors: readonly string[], reader: readonly number[][]): number {
  const seen = colors.map((color) => perceived(color, reader));
  return Math.min(
    ...seen.flatMap((a, i) => seen.slice(i + 1).map((b) => Math.hypot(...a.map((value, k) => value - b[k])))),
  );
}

describe('the colours of the figures', () => {
  it('stay apart for readers without red or green cones: four systems and the splits well, eight systems enough', () => {
    for (const [page, colors] of Object.entries({ LIGHT, DARK })) {
      const systems = Array.from({ length: 8 }, (_, i) => colors[`system${i + 1}`]);
      const splits = [colors.train, colors.dev, colors.test];
      for (const [name, reader] of Object.entries(READERS)) {
        // 2 is just seen side by side; marks that lie apart and bars that touch need several times that
        assert.ok(leastDifference(systems.slice(0, 4), reader) >= 8.5, `${page}, ${name}: the first four systems`);
        assert.ok(leastDifference(systems, reader) >= 6, `${page}, ${name}: all systems`);
        assert.ok(leastDifference(splits, reader) >= 11, `${page}, ${name}: splits`);
      }
    }
  });

  it('have one meaning each, light and dark', () => {
    for (const colors of [LIGHT, DARK]) assert.equal(new Set(Object.values(colors)).size, Object.keys(colors).length);
  });

  it('stand out from their paper: text by 4.5 to 1, systems by 3 to 1 (WCAG 1.4.3 and 1.4.11)', () => {
    for (const colors of [LIGHT, DARK]) {
      for (const [name, color] of Object.entries(colors)) {
        const least = ['ink', 'faint'].includes(name) ? 4.5 : name.startsWith('system') ? 3 : 0;
        assert.ok(contrast(color, colors.surface) >= least, `${name} ${contrast(color, colors.surface)}`);
      }
    }
  });

  it('tell 32 systems apart, with lines and symbols', () => {
    const styles = systemStyles(Array.from({ length: 32 }, (_, i) => `system ${i}`));
    assert.equal(new Set([...styles.values()].map(({ color, dash }) => `${color} ${String(dash)}`)).size, 32);
    assert.equal(new Set([...styles.values()].map(({ color, symbol }) => `${color} ${symbol}`)).size, 32);
  });
});
