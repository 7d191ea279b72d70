/** @file Figure: EER of systems against what they cost: parameters, operations for an utterance, time to train; with intervals. */
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import type { Compared, ComparedSystem } from '../comparison/report-view.js';
import { formatCount, formatDuration } from '../text/number-format.js';
import { drawChart, type Tip } from './chart.js';
import { FEW_SYSTEMS, horizontalAxis, text, ticksAt, topOfRates, whiskers } from './chart-parts.js';
import type { Figure, NoFigure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { layOutPanels, PANELS_WIDTH } from './panels.js';
import { percent, percentTick } from './scored-systems.js';

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

export function eerByCostFigure(
  { systems, macsDuration }: Pick<Compared, 'systems' | 'macsDuration'>,
  styles: ReadonlyMap<string, SystemStyle>,
): Figure | NoFigure {
  const named = { id: 'cost', title: 'EER against cost' };
  const priced = systems.flatMap(asPriced);
  const panels = costsOf(macsDuration).flatMap((cost) => {
    const known = priced.flatMap(({ costs, ...system }) => {
      const value = costs[cost.column];
      return value ? [{ ...system, x: Math.log10(value), value }] : [];
    });
    return known.length > 0 ? [{ ...cost, known }] : [];
  });
  if (panels.length === 0) return { ...named, why: 'Neither parameters nor other costs of the systems are known.' };
  const names = [...styles.keys()].filter((name) =>
    panels.some(({ known }) => known.some((each) => each.name === name)),
  );
  const withBars = new Set(names.length <= FEW_SYSTEMS ? names : names.slice(0, 2));
  const most = topOfRates(
    priced.map(({ name, eer, interval }) => ({ rate: eer, high: withBars.has(name) ? interval?.[1] : eer })),
  );
  const { height, parts } = layOutPanels(
    panels.map(({ title, note }) => ({ title, note, most, tick: percentTick })),
    names,
    styles,
    { lines: false },
  );
  const describe = ({ format, title }: Cost, { name, value, eer, interval }: (typeof panels)[0]['known'][0]) =>
    `${name}: ${title.toLowerCase()} ${format(value)}, EER ${percent(eer)}${interval ? ` (${interval.map(percent).join(' to ')})` : ''}`;
  const svg = drawChart(
    {
      ...parts,
      xAxis: panels.map((panel, gridIndex) => {
        const values = panel.known.map(({ x }) => x);
        const range = [Math.min(...values) - 0.2, Math.max(...values) + 0.2];
        const axis = ticksAt(ticksWithin(panel, range), (x) =>
          withoutZeros(panel.format(Number((10 ** x).toPrecision(6)))),
        );
        return {
          ...horizontalAxis(''),
          gridIndex,
          min: range[0],
          max: range[1],
          ...axis,
          axisLabel: { ...axis.axisLabel, ...text(11.5, LIGHT.faint), hideOverlap: true },
        };
      }),
      series: panels.flatMap(({ known }, index) => [
        whiskers(
          known.flatMap(({ name, x, interval }) =>
            interval && withBars.has(name)
              ? [{ at: x, low: interval[0], high: interval[1], color: styles.get(name)!.color }]
              : [],
          ),
          { gridIndex: index },
        ),
        ...known.map(({ name, x, eer }) => ({
          type: 'scatter' as const,
          name,
          silent: true,
          xAxisIndex: index,
          yAxisIndex: index,
          symbol: styles.get(name)!.symbol,
          symbolSize: 10,
          itemStyle: { color: styles.get(name)!.color, borderColor: LIGHT.surface, borderWidth: 1, opacity: 1 },
          data: [[x, eer]],
          z: 4,
        })),
      ]),
    },
    {
      id: named.id,
      width: PANELS_WIDTH,
      height,
      tips: panels.flatMap((panel, grid) =>
        panel.known.map((system): Tip => ({ grid, at: [system.x, system.eer], text: describe(panel, system) })),
      ),
    },
  );
  const timed = panels.find(({ column }) => column === 'trainingSeconds');
  return {
    ...named,
    caption:
      `Lower and further to the left is better; the horizontal axes are logarithmic. The bars are 95 % intervals${names.length <= FEW_SYSTEMS ? '' : ' of the first two systems'} and may go beyond the top; ` +
      'two bars that overlap do not say that the difference is none: the comparison above tests the difference itself, on the same trials.' +
      (timed ? ' Times are those of trainings that ran alone and in one go; they are of this machine.' : ''),
    description: panels.flatMap((panel) => panel.known.map((system) => describe(panel, system))).join('. '),
    svg,
    data: {
      columns: ['system', 'parameters', 'macs', 'trainingSeconds', 'eer', 'eerLow', 'eerHigh'],
      rows: priced.map(({ name, costs, eer, interval }) => [
        name,
        ...Object.values(costs).map((cost) => cost ?? null),
        eer,
        interval?.[0] ?? null,
        interval?.[1] ?? null,
      ]),
    },
    shown: {
      columns: ['system', ...panels.map(({ title }) => title.toLowerCase()), 'EER', '95 % interval'],
      rows: priced.map(({ name, costs, eer, interval }) => [
        name,
        ...panels.map(({ column, format }) => (costs[column] ? format(costs[column]) : '-')),
        percent(eer),
        interval ? interval.map(percent).join(' to ') : '-',
      ]),
    },
  };
}

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
