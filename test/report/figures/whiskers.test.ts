import assert from 'node:assert/strict';
import { labelsAt, whiskerShape } from '../../../src/report/figures/whiskers.js';

const plot = { x: 50, y: 20, width: 300, height: 200 };

describe('an interval in a plot', () => {
  const cases = [
    {
      title: 'both ends inside',
      along: 'y',
      ends: [
        [100, 180],
        [100, 60],
      ],
      arrows: [],
    },
    {
      title: 'the high end above',
      along: 'y',
      ends: [
        [100, 180],
        [100, -900],
      ],
      arrows: [1],
    },
    {
      title: 'both ends beyond',
      along: 'y',
      ends: [
        [100, 500],
        [100, -900],
      ],
      arrows: [0, 1],
    },
    {
      title: 'the high end to the right',
      along: 'x',
      ends: [
        [60, 90],
        [4000, 90],
      ],
      arrows: [1],
    },
    {
      title: 'on the edge itself',
      along: 'x',
      ends: [
        [50, 90],
        [350, 90],
      ],
      arrows: [],
    },
  ] as const;

  for (const { title, along, ends, arrows } of cases) {
    it(`is drawn inside it, and every end is a bar or an arrowhead: ${title}`, () => {
      const shape = whiskerShape({ ends, plot, along });
      assert.deepEqual(
        shape.arrows.map(({ end }) => end),
        arrows,
      );
      assert.equal(shape.lines.length - 1 + shape.arrows.length, 2);
      const axis = along === 'x' ? 0 : 1;
      const [least, most] = axis === 0 ? [50, 350] : [20, 220];
      for (const point of [...shape.lines.flat(), ...shape.arrows.flatMap(({ points }) => points)]) {
        assert.ok(point[axis] >= least && point[axis] <= most, String(point));
      }
    });
  }

  it('says where it ends beyond, side by side with its neighbour, unless there is no room', () => {
    const at = (...places: number[]) =>
      labelsAt(
        places.map((x, index) => ({ index, tip: [x, 20] as const, content: '33.8 %' })),
        'y',
      );
    assert.deepEqual(
      [...at(100, 120).values()].map(({ x }) => Number(x.toFixed(6))),
      [110 - (6 * 0.6 * 10.5) / 2, 110 + (6 * 0.6 * 10.5) / 2],
    );
    assert.deepEqual([...at(100, 100, 100).keys()], [1]);
  });
});
