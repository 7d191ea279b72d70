/** @file Figure: EER of systems against the number of speakers that they were trained on, all else being the same. */
import { groupBy } from '../../group-by.js';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import type { Compared } from '../comparison/report-view.js';
import { drawChart, type EChartsOption } from './chart.js';
import {
  eerLine,
  horizontalAxis,
  shiftOf,
  systemLegend,
  text,
  ticksAt,
  topOfRates,
  verticalAxis,
} from './chart-parts.js';
import { type Drawing, endsOf, type FigureKind } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { percentTick, rateWithInterval } from './rate-text.js';
import { ARROWS_EXPLAINED, whiskers } from './whiskers.js';

const WIDTH = 960;
const HEIGHT = 400;
const GRID = { left: 76, top: 22, width: 610, height: HEIGHT - 92 };

interface Point {
  readonly system: string;
  readonly speakers: number;
  readonly eer: number;
  readonly interval?: Interval;
}

/** Systems that differ in their number of training speakers alone, fewest speakers first. */
interface Line {
  /** Of the system with the most. */
  readonly name: string;
  readonly points: readonly Point[];
}

export const eerBySpeakersFigure = {
  id: 'speakers',
  title: () => 'EER against the number of training speakers',
  needs: ({ tested }) => tested && linesOf(tested.compared),
  draw,
} satisfies FigureKind<readonly Line[]>;

/** undefined where no system was trained with several numbers of speakers. */
export function linesOf({ systems }: Pick<Compared, 'systems'>): Line[] | undefined {
  const points = systems.flatMap(({ name: system, trainedOn, measures: { eer } }) =>
    trainedOn && eer
      ? [{ system, as: trainedOn.as, speakers: trainedOn.speakers, eer: eer.value, interval: eer.interval }]
      : [],
  );
  const lines = [...groupBy(points, ({ as }) => as)]
    .map(([name, own]) => ({ name, points: own.sort((a, b) => a.speakers - b.speakers) }))
    .filter((line) => new Set(line.points.map(({ speakers }) => speakers)).size > 1);
  return lines.length > 0 ? lines : undefined;
}

function draw(lines: readonly Line[], styles: SystemStyles): Drawing {
  const placed = lines.map(({ name, points }, i) => ({
    name,
    style: styles.get(name) ?? styles.get(points.at(-1)!.system)!,
    points: points.map((point) => ({
      ...point,
      x: Math.log2(point.speakers) + shiftOf(i, lines.length, { most: 0.05, all: 0.25 }),
    })),
  }));
  const all = placed.flatMap(({ points }) => points);
  const numbers = [...new Set(all.map(({ speakers }) => speakers))].sort((a, b) => a - b);
  const logs = numbers.map(Math.log2);
  const option: EChartsOption = {
    grid: GRID,
    legend: systemLegend(placed, { left: GRID.left + GRID.width + 28 }),
    xAxis: {
      ...horizontalAxis('speakers trained on'),
      min: logs[0] - 0.35,
      max: logs.at(-1)! + 0.35,
      splitLine: { show: false },
      ...ticksAt(logs, (x) => String(Math.round(2 ** x))),
    },
    yAxis: {
      ...verticalAxis('EER'),
      min: 0,
      max: topOfRates(all.map(({ eer, interval }) => ({ rate: eer, high: interval?.[1] }))),
      axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
    },
    series: [
      whiskers(
        placed.flatMap(({ style, points }) =>
          points.map(({ x, interval }) => ({ at: x, interval, color: style.color })),
        ),
      ),
      ...placed.map(({ name, style, points }) => eerLine(points, { name, style, symbolSize: 10 })),
    ],
  };
  const rows = lines.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  return {
    caption:
      'The systems of a line differ in the number of speakers that they were trained on, and at most in the length of the training beside it. The horizontal axis is logarithmic, and ' +
      `lines stand a little beside each other. Bars are 95 % intervals. ${ARROWS_EXPLAINED} Each training drew its speakers by its seed.`,
    description: rows.map((row) => describe(row)).join('. '),
    svg: drawChart(option, {
      id: 'speakers',
      width: WIDTH,
      height: HEIGHT,
      tips: placed.flatMap(({ name, points }) =>
        points.map((each) => ({ at: [each.x, each.eer] as const, text: describe({ name, ...each }) })),
      ),
    }),
    data: {
      columns: ['line', 'system', 'speakers', 'eer', 'eerLow', 'eerHigh'],
      rows: rows.map(({ name, system, speakers, eer, interval }) => [name, system, speakers, eer, ...endsOf(interval)]),
    },
    shown: {
      columns: ['speakers', ...lines.map(({ name }) => `EER of ${name}`)],
      rows: numbers.map((number) => [
        number,
        ...lines.map(({ points }) => {
          const there = points.filter(({ speakers }) => speakers === number);
          return there.map(({ eer, interval }) => rateWithInterval(eer, interval)).join('; ') || '-';
        }),
      ]),
    },
  };
}

const describe = ({ name, speakers, eer, interval }: Point & { name: string }): string =>
  `${name}, ${speakers} speakers: EER ${rateWithInterval(eer, interval)}`;
