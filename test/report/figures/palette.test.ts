import assert from 'node:assert/strict';
import { DARK, LIGHT, systemStyles } from '../../../src/report/figures/palette.js';

/** Contrast of two colours as in WCAG 2. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe('the colours of the figures', () => {
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
