/**
 * @file Where the names of groups of points stand: close to their own points, never on each other, and on as few points
 * as can be.
 *
 * Greedy: the groups that have the least room around them are named first; each name takes the best of some hundred
 * places around the middle of its group. A name that has to stand off gets a line to its group.
 */
import { widthOf } from './fitted-text.js';

/** In pixels. */
export type Spot = readonly [x: number, y: number];

interface Group {
  readonly name: string;
  /** At least one. */
  readonly points: readonly Spot[];
}

export interface LabelPlace {
  readonly name: string;
  /** The middle of the text. */
  readonly x: number;
  readonly y: number;
  /** From the text to the group, where they do not touch. */
  readonly line?: readonly [from: Spot, to: Spot];
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Half the side of a point's symbol. */
const POINT = 4;
/** A name further than this from all points of its group gets a line. */
const NEAR = 9;
/** So much nearer to its own points than to others, a name cannot be taken for theirs. */
const APART = 5;
const DIRECTIONS = 16;
const DISTANCES = [0, 6, 12, 20, 30, 42, 56, 72, 92, 116, 150];

/** A place for the name of each group, in the order of the groups, within an area that begins at 0, 0. */
export function placeLabels(
  groups: readonly Group[],
  { width, height, size }: { width: number; height: number; size: number },
): LabelPlace[] {
  const everyPoint = groups.flatMap(({ points }) => points);
  const crowd = ({ points }: Group) => {
    const [x, y] = middleOf(points);
    return everyPoint.filter(([px, py]) => Math.hypot(px - x, py - y) < 60).length - points.length;
  };
  const order = [...groups.keys()].sort((a, b) => crowd(groups[b]) - crowd(groups[a]) || a - b);
  const taken: Box[] = [];
  const places: LabelPlace[] = [];
  for (const index of order) {
    const { name, points } = groups[index];
    const half = { x: widthOf(name, size) / 2 + 1, y: size / 2 + 2 };
    const inside = (x: number, y: number): Spot => [
      Math.min(width - half.x, Math.max(half.x, x)),
      Math.min(height - half.y, Math.max(half.y, y)),
    ];
    const others = everyPoint.filter((point) => !points.includes(point));
    const cost = ([x, y]: Spot) => {
      const box = boxAround([x, y], half);
      const onNames = taken.reduce((sum, other) => sum + shared(box, other), 0);
      const onOthers = others.filter((point) => distanceTo(box, point) < POINT).length;
      const onOwn = points.filter((point) => distanceTo(box, point) < POINT).length;
      const [toOwn, toOthers] = [points, others].map((some) =>
        Math.min(...some.map((point) => distanceTo(box, point))),
      );
      const mistakable = Math.min(2 * APART, Math.max(0, toOwn + APART - toOthers));
      return 1000 * onNames + 40 * onOthers + 25 * onOwn + 6 * mistakable + toOwn;
    };
    const [x, y] = least(
      candidates(points, half).map(([x, y]) => inside(x, y)),
      cost,
    );
    const box = boxAround([x, y], half);
    taken.push(box);
    const nearest = least(points, (point) => distanceTo(box, point));
    places[index] = {
      name,
      x,
      y,
      ...(distanceTo(box, nearest) > NEAR && { line: [clampedTo(box, nearest), nearest] }),
    };
  }
  return places;
}

/** Middles of texts around the group, near ones first; above comes before the other sides. */
function candidates(points: readonly Spot[], half: { x: number; y: number }): Spot[] {
  const [x, y] = middleOf(points);
  const reach = {
    x: half.x + POINT + 1,
    y: half.y + POINT + 1,
  };
  return DISTANCES.flatMap((distance) =>
    Array.from({ length: DIRECTIONS }, (_, i): Spot => {
      const angle = -Math.PI / 2 + (2 * Math.PI * i) / DIRECTIONS;
      return [x + (reach.x + distance) * Math.cos(angle), y + (reach.y + distance) * Math.sin(angle)];
    }),
  );
}

/** The point with the least distance to the others: it lies in the bulk of a group, even of a torn one. */
function middleOf(points: readonly Spot[]): Spot {
  return least(points, ([x, y]) => points.reduce((sum, [px, py]) => sum + Math.hypot(px - x, py - y), 0));
}

function least<T>(values: readonly T[], cost: (value: T) => number): T {
  let best = values[0];
  let lowest = Infinity;
  for (const value of values) {
    const own = cost(value);
    if (own < lowest) [best, lowest] = [value, own];
  }
  return best;
}

const boxAround = ([x, y]: Spot, half: { x: number; y: number }): Box => ({
  left: x - half.x,
  right: x + half.x,
  top: y - half.y,
  bottom: y + half.y,
});

const clampedTo = ({ left, right, top, bottom }: Box, [x, y]: Spot): Spot => [
  Math.min(right, Math.max(left, x)),
  Math.min(bottom, Math.max(top, y)),
];

const distanceTo = (box: Box, point: Spot): number => {
  const [x, y] = clampedTo(box, point);
  return Math.hypot(point[0] - x, point[1] - y);
};

/** The area that two boxes share, in square pixels. */
const shared = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
  Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
