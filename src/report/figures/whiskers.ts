/**
 * @file Intervals as lines with short bars at their ends. Where an interval goes on beyond the plot, an arrowhead
 * stands at the edge in place of the bar, with the value that the interval ends at beside it, where there is room for
 * it.
 */
import type { CustomSeriesOption } from 'echarts/charts';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { FONT } from './chart-parts.js';
import { widthOf } from './fitted-text.js';
import { LIGHT } from './palette.js';
import { percentTick } from './rate-text.js';
import { setApart } from './set-apart.js';

/** What captions say of the arrowheads. */
export const ARROWS_EXPLAINED =
  'A bar that ends in an arrow goes on beyond the picture, as far as the number beside it says.';

interface Bar {
  /** Place on the other axis. */
  readonly at: number;
  readonly interval?: Interval;
  readonly color: string;
}

interface Whiskers {
  readonly gridIndex?: number;
  /** The direction in which the intervals run; default `y`: uprights. */
  readonly along?: 'x' | 'y';
}

/** The intervals of rates, where there are any: uprights at x, or with `along: 'x'` horizontals at y. */
export function whiskers(bars: readonly Bar[], { gridIndex = 0, along = 'y' }: Whiskers = {}): CustomSeriesOption {
  const data = bars.flatMap(({ at, interval, color }) => (interval ? [{ at, interval, color }] : []));
  const place = (at: number, value: number) => (along === 'y' ? [at, value] : [value, at]);
  let labels: ReadonlyMap<number, Label> = new Map();
  return {
    type: 'custom',
    silent: true,
    xAxisIndex: gridIndex,
    yAxisIndex: gridIndex,
    data: data.map(({ at, interval: [low] }) => place(at, low)),
    z: 2,
    renderItem: ({ dataIndex, coordSys }, api) => {
      const shapeOf = ({ at, interval }: (typeof data)[number]) =>
        whiskerShape({
          ends: interval.map((value) => api.coord(place(at, value))) as unknown as readonly [Point, Point],
          plot: coordSys as unknown as Rectangle,
          along,
        });
      if (dataIndex === 0) {
        labels = labelsAt(
          data.flatMap((bar, index) => {
            const far = shapeOf(bar).arrows.find(({ end }) => end === 1);
            return far ? [{ index, tip: far.tip, content: percentTick(roundedRate(bar.interval[1])) }] : [];
          }),
          along,
        );
      }
      const { lines, arrows } = shapeOf(data[dataIndex]);
      const { color } = data[dataIndex];
      const label = labels.get(dataIndex);
      return {
        type: 'group',
        children: [
          ...lines.map(([[x1, y1], [x2, y2]]) => ({
            type: 'line' as const,
            shape: { x1, y1, x2, y2 },
            style: { stroke: color, lineWidth: 1.6 },
          })),
          ...arrows.map(({ points }) => ({
            type: 'polygon' as const,
            shape: { points: points.map(([x, y]) => [x, y]) },
            style: { fill: color },
          })),
          ...(label ? [{ type: 'text' as const, ...label }] : []),
        ],
      };
    },
  };
}

type Point = readonly [x: number, y: number];

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface WhiskerShape {
  /** The line itself, and a short bar across each end that lies in the plot. */
  readonly lines: readonly (readonly [Point, Point])[];
  /** One for each end that lies beyond the plot: 0 the low end, 1 the high one. */
  readonly arrows: readonly { readonly end: number; readonly tip: Point; readonly points: readonly Point[] }[];
}

/** Half a bar's width, and the length of an arrowhead; pixels. */
const BAR = 4;
const ARROW = 8;

/** What is drawn of an interval between two ends in pixels, of which nothing lies outside the plot. */
export function whiskerShape({
  ends,
  plot,
  along,
}: {
  ends: readonly [Point, Point];
  plot: Rectangle;
  along: 'x' | 'y';
}): WhiskerShape {
  const axis = along === 'x' ? 0 : 1;
  const [least, most] = axis === 0 ? [plot.x, plot.x + plot.width] : [plot.y, plot.y + plot.height];
  const across = ends[0][1 - axis];
  const point = (position: number, shift = 0): Point =>
    axis === 0 ? [position, across + shift] : [across + shift, position];
  const inside = ends.map((end) => Math.min(most, Math.max(least, end[axis])));
  const isCut = ends.map((end, i) => Math.abs(end[axis] - inside[i]) > 0.5);
  return {
    lines: [
      [point(inside[0]), point(inside[1])],
      ...inside.flatMap((at, i) => (isCut[i] ? [] : [[point(at, -BAR), point(at, BAR)] as const])),
    ],
    arrows: inside.flatMap((at, end) => {
      if (!isCut[end]) return [];
      const back = at === least ? at + ARROW : at - ARROW;
      return [{ end, tip: point(at), points: [point(at), point(back, BAR + 1), point(back, -BAR - 1)] }];
    }),
  };
}

/** Pixels. */
const LABEL = 10.5;

type Label = ReturnType<typeof labelAt>;

const labelAt = ([x, y]: Point, content: string, align: 'center' | 'right') => ({
  x,
  y,
  style: {
    text: content,
    fill: LIGHT.faint,
    fontSize: LABEL,
    fontFamily: FONT,
    align,
    verticalAlign: 'middle' as const,
  },
});

/**
 * The values that the arrows point to, by the bars' indices: above the tip of an upright, side by side where tips are
 * close and left out where they are closer than that; above the line of a horizontal, before its tip.
 */
export function labelsAt(
  arrows: readonly { index: number; tip: Point; content: string }[],
  along: 'x' | 'y',
): Map<number, Label> {
  if (along === 'x') {
    return new Map(arrows.map(({ index, tip: [x, y], content }) => [index, labelAt([x - 2, y - 8], content, 'right')]));
  }
  const width = Math.max(0, ...arrows.map(({ content }) => widthOf(content, LABEL)));
  const places = setApart(
    arrows.map(({ tip: [x] }) => x),
    width,
  );
  return new Map(
    arrows.flatMap(({ index, tip: [x, y], content }, i) =>
      Math.abs(places[i] - x) <= width / 2 ? [[index, labelAt([places[i], y - 8], content, 'center')]] : [],
    ),
  );
}

/** Two digits, or three from 10 % on. */
const roundedRate = (rate: number) => Number(rate.toPrecision(rate < 0.1 ? 2 : 3));
