/**
 * @file Figure: EER of systems against what they cost: parameters, operations for an utterance, time to train; with
 * intervals.
 */
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import type { Compared, ComparedSystem } from '../comparison/report-view.js';
import { formatCount, formatDuration, formatRate } from '../text/number-format.js';
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import { eerMark, FEW_SYSTEMS, horizontalAxis, systemsWithBars, text, ticksAt, topOfRates } from './chart-parts.js';
import { type Drawing, endsOf, type FigureKind, type NoFigure } from './figure.js';
import { widthOf } from './fitted-text.js';
import { setApart } from './set-apart.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { layOutPanels, PANELS_WIDTH, plotWidth } from './panels.js';
import { percentTick, rangeOf, rateWithInterval } from './rate-text.js';
import { ARROWS_EXPLAINED, whiskers } from './whiskers.js';

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
  /** Ends of the axis, in log₁₀. */
  readonly range: readonly [low: number, high: number];
  /** Pixels that the axis is long. */
  readonly pixels: number;
}

interface Point extends Omit<PricedSystem, 'costs'> {
  readonly value: number;
  /** Where it is drawn: log₁₀ of the value, beside others of the same cost. */
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
      'Lower and further to the left is better. The horizontal axes are logarithmic, and systems of about the same cost stand side by side. ' +
      `Upright bars are 95 % intervals${names.length <= FEW_SYSTEMS ? '' : ' of the first two systems'}. ${ARROWS_EXPLAINED} ` +
      'Bars that overlap do not show that two systems are equal: the comparison above tests the difference itself, on the same trials.' +
      (timed ? ' Times were measured on this machine, for trainings that ran alone and without a break.' : ''),
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
  const costs = costsOf(macsDuration).filter(({ column }) => priced.some((system) => system.costs[column]));
  const pixels = plotWidth(costs.length);
  return costs.map((cost): CostPanel => {
    const known = priced.flatMap(({ costs: { [cost.column]: value }, ...system }) =>
      value ? [{ ...system, value }] : [],
    );
    const logs = known.map(({ value }) => Math.log10(value));
    const [least, most] = [Math.min(...logs) - 0.1, Math.max(...logs) + 0.1];
    const pixel = (most - least) / (pixels - 2 * MARGIN);
    const places = setApart(logs, Math.min(APART * pixel, (most - least) / known.length));
    return {
      ...cost,
      known: known.map((system, i) => ({ ...system, x: places[i] })),
      range: [least - MARGIN * pixel, most + MARGIN * pixel],
      pixels,
    };
  });
}

/** Pixels between bars that would otherwise hide each other, and at the ends of the axis. */
const APART = 13;
const MARGIN = 18;

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
  const [min, max] = panel.range;
  const axis = ticksAt(ticksWithin(panel), (x) => labelOf(panel, x));
  return {
    ...horizontalAxis(''),
    gridIndex,
    min,
    max,
    splitLine: { show: false },
    ...axis,
    axisLabel: { ...axis.axisLabel, ...text(TICK_SIZE, LIGHT.faint) },
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

const TICK_SIZE = 11.5;

const labelOf = ({ format }: Cost, x: number) => withoutZeros(format(Number((10 ** x).toPrecision(6))));

/** The coarse ticks, or finer ones where these are fewer than three; of ticks whose labels would touch, the first. */
function ticksWithin(panel: CostPanel): number[] {
  const [low, high] = panel.range;
  const within = (values: readonly number[]) => values.map(Math.log10).filter((x) => x >= low && x <= high);
  const coarse = within(panel.ticks);
  const kept: number[] = [];
  let free = -Infinity;
  for (const x of coarse.length >= 3 ? coarse : within(panel.finerTicks)) {
    const middle = ((x - low) / (high - low)) * panel.pixels;
    const half = widthOf(labelOf(panel, x), TICK_SIZE) / 2;
    if (middle - half < free) continue;
    kept.push(x);
    free = middle + half + 6;
  }
  return kept;
}
