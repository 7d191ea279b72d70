/** @file Figure: EER of systems against what they cost: parameters, operations for an utterance, time to train; with intervals. */
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import type { Compared, ComparedSystem } from '../comparison/report-view.js';
import { formatCount, formatDuration, formatRate } from '../text/number-format.js';
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import {
  eerMark,
  FEW_SYSTEMS,
  horizontalAxis,
  systemsWithBars,
  text,
  ticksAt,
  topOfRates,
  whiskers,
} from './chart-parts.js';
import { type Drawing, endsOf, type FigureKind, type NoFigure } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { layOutPanels, PANELS_WIDTH } from './panels.js';
import { percentTick, rangeOf, rateWithInterval } from './rate-text.js';

const SECONDS = { s: 1, min: 60, h: 3600, d: 86400 };

/** One panel: what is on its horizontal axis, which is logarithmic. */
interface Cost {
  /** Column of the CSV file. */
  readonly column: 'parameters' | 'macs' | 'trainingSeconds';
  readonly title: string;
  readonly note: string;
  readonly format: (value: number) => string;
  /** Round values in rising order, of which an axis shows those in its range. */
  readonly ticks: readonly number[];
  /** Where `ticks` leave fewer than three. */
  readonly finerTicks: readonly number[];
}

interface PricedSystem {
  readonly name: string;
  readonly eer: number;
  readonly interval?: Interval;
  /** By column, what is known. */
  readonly costs: Readonly<Record<Cost['column'], number | undefined>>;
}

/** A cost, and the systems of which it is known. */
interface CostPanel extends Cost {
  readonly known: readonly Point[];
}

interface Point extends Omit<PricedSystem, 'costs'> {
  readonly value: number;
  /** log₁₀ of it. */
  readonly x: number;
}

export const eerByCostFigure = {
  id: 'cost',
  title: () => 'EER against cost',
  needs: ({ tested }) => tested?.compared,
  draw,
} satisfies FigureKind<Pick<Compared, 'systems' | 'macsDuration'>>;

function draw(
  { systems, macsDuration }: Pick<Compared, 'systems' | 'macsDuration'>,
  styles: SystemStyles,
): Drawing | Pick<NoFigure, 'why'> {
  const priced = systems.flatMap(asPriced);
  const panels = panelsOf(priced, macsDuration);
  if (panels.length === 0) return { why: 'Neither parameters nor other costs of the systems are known.' };
  const names = [...styles.keys()].filter((name) => priced.some((each) => each.name === name));
  const timed = panels.some(({ column }) => column === 'trainingSeconds');
  const { height, option } = chartOf(panels, { names, priced, styles });
  return {
    caption:
      `Lower and further to the left is better; the horizontal axes are logarithmic. The bars are 95 % intervals${names.length <= FEW_SYSTEMS ? '' : ' of the first two systems'} and may go beyond the top; ` +
      'two bars that overlap do not say that the difference is none: the comparison above tests the difference itself, on the same trials.' +
      (timed ? ' Times are those of trainings that ran alone and in one go; they are of this machine.' : ''),
    description: panels.flatMap((panel) => panel.known.map((system) => describe(panel, system))).join('. '),
    svg: drawChart(option, { id: 'cost', width: PANELS_WIDTH, height, tips: panels.flatMap(tipsOf) }),
    data: {
      columns: ['system', 'parameters', 'macs', 'trainingSeconds', 'eer', 'eerLow', 'eerHigh'],
      rows: priced.map(({ name, costs, eer, interval }) => [
        name,
        ...Object.values(costs).map((cost) => cost ?? null),
        eer,
        ...endsOf(interval),
      ]),
    },
    shown: {
      columns: ['system', ...panels.map(({ title }) => title.toLowerCase()), 'EER', '95 % interval'],
      rows: priced.map(({ name, costs, eer, interval }) => [
        name,
        ...panels.map(({ column, format }) => (costs[column] ? format(costs[column]) : '-')),
        formatRate(eer),
        interval ? rangeOf(interval) : '-',
      ]),
    },
  };
}

function panelsOf(priced: readonly PricedSystem[], macsDuration: number): CostPanel[] {
  return costsOf(macsDuration)
    .map((cost) => ({
      ...cost,
      known: priced.flatMap(({ costs, ...system }) => {
        const value = costs[cost.column];
        return value ? [{ ...system, x: Math.log10(value), value }] : [];
      }),
    }))
    .filter(({ known }) => known.length > 0);
}

function chartOf(
  panels: readonly CostPanel[],
  { names, priced, styles }: { names: readonly string[]; priced: readonly PricedSystem[]; styles: SystemStyles },
): { height: number; option: EChartsOption } {
  const withBars = systemsWithBars(names);
  const most = topOfRates(
    priced.map(({ name, eer, interval }) => ({ rate: eer, high: withBars.has(name) ? interval?.[1] : eer })),
  );
  const { height, parts } = layOutPanels(
    panels.map(({ title, note }) => ({ title, note, most, tick: percentTick })),
    names,
    styles,
    { lines: false },
  );
  const option = {
    ...parts,
    xAxis: panels.map(costAxis),
    series: panels.flatMap(({ known }, index) => [
      whiskers(
        known
          .filter(({ name }) => withBars.has(name))
          .map(({ name, x, interval }) => ({ at: x, interval, color: styles.get(name)!.color })),
        { gridIndex: index },
      ),
      ...known.map(({ name, x, eer }) => ({
        ...eerMark(x, eer, { ...styles.get(name)!, size: 10 }),
        name,
        xAxisIndex: index,
        yAxisIndex: index,
      })),
    ]),
  };
  return { height, option };
}

/** A logarithmic axis that the known costs lie on. */
function costAxis(panel: CostPanel, gridIndex: number) {
  const values = panel.known.map(({ x }) => x);
  const range = [Math.min(...values) - 0.2, Math.max(...values) + 0.2];
  const axis = ticksAt(ticksWithin(panel, range), (x) => withoutZeros(panel.format(Number((10 ** x).toPrecision(6)))));
  return {
    ...horizontalAxis(''),
    gridIndex,
    min: range[0],
    max: range[1],
    ...axis,
    axisLabel: { ...axis.axisLabel, ...text(11.5, LIGHT.faint), hideOverlap: true },
  };
}

const tipsOf = (panel: CostPanel, grid: number): Tip[] =>
  panel.known.map((system) => ({ grid, at: [system.x, system.eer], text: describe(panel, system) }));

const describe = ({ format, title }: Cost, { name, value, eer, interval }: Point): string =>
  `${name}: ${title.toLowerCase()} ${format(value)}, EER ${rateWithInterval(eer, interval)}`;

/** None where nothing is known of what it costs. */
function asPriced({ name, parameters, macs, trainingSeconds, measures: { eer } }: ComparedSystem): PricedSystem[] {
  if (!eer || !(parameters || macs || trainingSeconds)) return [];
  return [{ name, eer: eer.value, interval: eer.interval, costs: { parameters, macs, trainingSeconds } }];
}

function costsOf(macsDuration: number): Cost[] {
  const counts = {
    format: formatCount,
    ticks: decades([1, 2, 5]),
    finerTicks: decades([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]),
  };
  return [
    { column: 'parameters', title: 'Parameters', note: 'of the embedding network', ...counts },
    { column: 'macs', title: 'Operations', note: `multiply-accumulates for ${macsDuration} s of speech`, ...counts },
    {
      column: 'trainingSeconds',
      title: 'Time to train',
      note: 'mean of the trainings',
      format: formatDuration,
      ticks: times({ s: [1, 3, 10, 30], min: [1, 3, 10, 30], h: [1, 3, 10], d: [1, 3, 10] }),
      finerTicks: times({
        s: [1, 2, 5, 10, 20, 30, 45],
        min: [1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 45],
        h: [1, 2, 3, 5, 8, 12],
        d: [1, 2],
      }),
    },
  ];
}

/** So many times each power of ten up to those that anyone counts. */
const decades = (steps: readonly number[]): number[] =>
  Array.from({ length: 16 }, (_, power) => steps.map((step) => step * 10 ** power)).flat();

/** In seconds. */
const times = (values: Record<keyof typeof SECONDS, readonly number[]>): number[] =>
  (['s', 'min', 'h', 'd'] as const).flatMap((unit) => values[unit].map((value) => value * SECONDS[unit]));

/** `5 M` for `5.00 M`. */
const withoutZeros = (figure: string) => figure.replace(/\.00|\.0(?= )|(?<=\.[1-9])0(?= |$)/, '');

function ticksWithin({ ticks, finerTicks }: Cost, [low, high]: readonly number[]): number[] {
  const within = (values: readonly number[]) => values.map(Math.log10).filter((x) => x >= low && x <= high);
  const coarse = within(ticks);
  return coarse.length >= 3 ? coarse : within(finerTicks);
}
