import assert from 'node:assert/strict';
import { placeLabels, type Spot } from '../../../src/report/figures/label-places.js';
import { widthOf } from '../../../src/report/figures/fitted-text.js';
import { keyedRandom } from '../../../src/random.js';

const AREA = { width: 440, height: 440, size: 11 };

/** Groups of eight points about places drawn by lot. */
function sampleGroups(count: number, key: string) {
  const random = keyedRandom('label-places', key);
  return Array.from({ length: count }, (_, i) => {
    const [x, y] = [40 + 360 * random.uniform(), 40 + 360 * random.uniform()];
    const points = Array.from({ length: 8 }, (): Spot => [x + 10 * random.normal(), y + 10 * random.normal()]);
    return { name: `speaker${i}`, points };
  });
}

const boxOf = ({ name, x, y }: { name: string; x: number; y: number }) => ({
  left: x - widthOf(name, AREA.size) / 2,
  right: x + widthOf(name, AREA.size) / 2,
  top: y - AREA.size / 2,
  bottom: y + AREA.size / 2,
});

describe('the names of groups of points', () => {
  it('never cover each other and stay inside, with as many groups as a map may have', () => {
    for (const key of ['a', 'b', 'c']) {
      const boxes = placeLabels(sampleGroups(24, key), AREA).map(boxOf);
      boxes.forEach((a, i) => {
        assert.ok(a.left >= 0 && a.right <= AREA.width && a.top >= 0 && a.bottom <= AREA.height, `${key} ${i}`);
        for (const b of boxes.slice(i + 1)) {
          assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, `${key} ${i}`);
        }
      });
    }
  });

  it('stand beside the bulk of a torn group', () => {
    const bulk = Array.from({ length: 6 }, (_, i): Spot => [100 + 4 * i, 300]);
    const [label] = placeLabels([{ name: 'torn', points: [[400, 20], ...bulk] }], AREA);
    assert.ok(Math.hypot(label.x - 110, label.y - 300) < 40, `${label.x}, ${label.y}`);
    assert.equal(label.line, undefined);
  });

  it('are tied to their points by a line where they have to stand off', () => {
    const crowd = Array.from({ length: 400 }, (_, i): Spot => [120 + 10 * (i % 20), 120 + 10 * Math.floor(i / 20)]);
    const labels = placeLabels(
      [
        { name: 'inside', points: [[215, 215]] },
        { name: 'crowd', points: crowd },
      ],
      AREA,
    );
    assert.deepEqual(labels[0].line?.[1], [215, 215]);
  });
});
