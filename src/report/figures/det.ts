/** @file Figure: DET curves of all systems on probit axes, with bands. */
import type { LineSeriesOption } from 'echarts/charts';
import { detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';
import { mean } from '../../statistics.js';
import { formatRate } from '../text/number-format.js';
import { drawChart, type EChartsOption, type SeriesOption, type Tip } from './chart.js';
import { band, horizontalAxis, legendHeight, systemLegend, ticksAt, verticalAxis } from './chart-parts.js';
import { type DetCurves, detCurves, type SystemDet } from './det-curves.js';
import { type Cell, type Drawing, endsOf, type FigureKind } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { probit } from './probit.js';
import { percentTick, rateWithInterval } from './rate-text.js';
import type { ScoredTrials } from './scored-systems.js';

/** The usual ticks of a DET plot, and some beyond for very good and very bad systems. */
const TICKS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
const WIDTH = 960;
const SIDE = 560;
const GRID = { left: 76, top: 20, width: SIDE, height: SIDE };
const HEIGHT = GRID.top + SIDE + 56;
/** Room that a label of the horizontal axis takes. */
const LABEL_PIXELS = 44;
/** More bands than this would hide each other: then only those of the systems named first have one. */
const MOST_BANDS = 4;
/** More systems than this: the thin lines of single trainings are left out. */
const MOST_WITH_RUNS = 4;

/** Bands go to the systems that come first in the styles where there are many. */
export const detFigure = {
  id: 'det',
  title: () => 'Detection-error trade-off',
  needs: ({ tested }) => tested?.trials,
  draw,
} satisfies FigureKind<ScoredTrials>;

/** What is drawn. */
interface Plot {
  readonly curves: DetCurves;
  /** Rates between which both axes run. */
  readonly range: Range;
  readonly ticks: readonly number[];
  readonly withBand: ReadonlySet<string>;
}

type Range = readonly [low: number, high: number];

function draw(trials: ScoredTrials, styles: SystemStyles): Drawing {
  const range = axisRange(trials);
  const curves = detCurves(trials, range);
  const { systems, places } = curves;
  const ticks = TICKS.filter((tick) => tick >= range[0] && tick <= range[1]);
  const withBand = new Set([...styles.keys()].slice(0, systems.length > MOST_BANDS ? 2 : MOST_BANDS));
  const plot = { curves, range, ticks, withBand };
  return {
    caption: captionOf(plot),
    description: systems.map((system) => describe(system, places)).join('. '),
    svg: drawChart(
      { grid: GRID, legend: legendOf(systems, styles), ...axesOf(plot), series: seriesOf(plot, styles) },
      { id: 'det', width: WIDTH, height: Math.max(HEIGHT, legendHeight(systems.length) + 40), tips: tipsOf(plot) },
    ),
    data: {
      columns: ['system', 'run', 'falseAlarm', 'miss', 'missLow', 'missHigh'],
      rows: systems.flatMap((system) => dataRows(system, places)),
    },
    shown: {
      columns: ['false alarms', ...systems.map(({ name }) => `misses of ${name}`)],
      rows: ticks.map((tick) => [
        percentTick(tick),
        ...systems.map((system) => missText(system, nearest(places, tick))),
      ]),
    },
  };
}

/** From a tick well below the lowest EER to one well above the highest. */
function axisRange({ table, systems }: ScoredTrials): Range {
  const eers = systems.flatMap(({ runs }) => runs.map((scores) => curveEer(detCurve(scores, table.labels)).eer));
  const low = Math.max(Math.min(...eers) / 10, TICKS[0]);
  const high = Math.min(Math.max(...eers) * 2.5, TICKS.at(-1)!);
  return [
    TICKS.findLast((tick) => tick <= low)!,
    Math.max(
      0.4,
      TICKS.find((tick) => tick >= high)!,
    ),
  ];
}

const legendOf = (systems: readonly SystemDet[], styles: SystemStyles) =>
  systemLegend(
    systems.map(({ name, eers }) => ({
      name,
      style: styles.get(name)!,
      note: `EER ${formatRate(mean(eers))}${eers.length > 1 ? `, ${eers.length} trainings` : ''}`,
    })),
    { left: GRID.left + SIDE + 28 },
  );

function axesOf({ range, ticks }: Plot): EChartsOption {
  const [min, max] = range.map(probit);
  const places = ticks.map(probit);
  const roomy = labelled(ticks, (tick) => ((probit(tick) - min) / (max - min)) * SIDE);
  return {
    xAxis: {
      ...horizontalAxis('false alarms: share of nontarget trials accepted'),
      min,
      max,
      ...ticksAt(places, (z) => (roomy.has(nearestTick(z)) ? percentTick(nearestTick(z)) : '')),
    },
    yAxis: {
      ...verticalAxis('misses: share of target trials rejected'),
      min,
      max,
      ...ticksAt(places, (z) => percentTick(nearestTick(z))),
      nameGap: 54,
    },
  };
}

/** The ticks that have room for a label below them: of two that are close, the greater one. */
function labelled(ticks: readonly number[], pixels: (tick: number) => number): Set<number> {
  const kept: number[] = [];
  for (const tick of ticks.toReversed()) {
    if (kept.length === 0 || pixels(kept.at(-1)!) - pixels(tick) >= LABEL_PIXELS) kept.push(tick);
  }
  return new Set(kept);
}

const nearestTick = (z: number) => TICKS[nearest(TICKS.map(probit), z)];

/** The diagonal; then bands, single trainings, means and EERs, each over those before. */
function seriesOf({ curves: { places, systems }, range, withBand }: Plot, styles: SystemStyles): SeriesOption[] {
  const place = (rate: number) => probit(Math.min(1 - 1e-7, Math.max(range[0] / 50, rate)));
  const xs = places.map(place);
  const line = (name: string, miss: readonly number[], style: Partial<LineSeriesOption>): LineSeriesOption => ({
    type: 'line',
    name,
    showSymbol: false,
    silent: true,
    data: xs.map((x, i) => [x, place(miss[i])]),
    ...style,
  });
  const styled = systems.map((system) => ({ ...system, ...styles.get(system.name)! }));
  const withRuns = systems.length <= MOST_WITH_RUNS ? styled.filter(({ runs }) => runs.length > 1) : [];
  return [
    diagonal(range),
    ...styled
      .filter(({ name }) => withBand.has(name))
      .flatMap(({ band: ends, color }) => (ends ? [band(xs, ...linesOf(ends, place), { color })] : [])),
    ...withRuns.flatMap(({ name, runs, color }) =>
      runs.map((miss) => line(`${name}, one training`, miss, { lineStyle: { color, width: 0.8, opacity: 0.55 } })),
    ),
    ...styled.map(({ name, miss, color, dash, symbol }) =>
      line(name, miss, { lineStyle: { color, width: 2.2, type: dash }, symbol, itemStyle: { color }, z: 3 }),
    ),
    ...styled.map(({ eers, color, symbol }): SeriesOption => ({
      type: 'scatter',
      silent: true,
      symbol,
      symbolSize: 10,
      itemStyle: { color, borderColor: LIGHT.surface, borderWidth: 1 },
      data: eers.map((eer) => [place(eer), place(eer)]),
      z: 4,
    })),
  ];
}

const linesOf = (ends: NonNullable<SystemDet['band']>, place: (rate: number) => number) =>
  [ends.map(([low]) => place(low)), ends.map(([, high]) => place(high))] as const;

function diagonal(range: Range): LineSeriesOption {
  return {
    type: 'line',
    silent: true,
    showSymbol: false,
    data: range.map(probit).map((end) => [end, end]),
    lineStyle: { color: LIGHT.axis, width: 1, type: [3, 3] },
    z: 1,
  };
}

function tipsOf({ curves: { places, systems }, ticks, range }: Plot): Tip[] {
  return systems.flatMap((system) => [
    ...ticks.flatMap((tick) => {
      const i = nearest(places, tick);
      const miss = system.miss[i];
      if (!(miss > range[0] && miss < range[1])) return [];
      const at: Tip['at'] = [probit(places[i]), probit(miss)];
      return [{ at, text: `${system.name}: misses ${missText(system, i)} at ${percentTick(tick)} false alarms` }];
    }),
    ...system.eers.map((eer, run): Tip => {
      const of = system.eers.length > 1 ? `, training ${run + 1}` : '';
      return { at: [probit(eer), probit(eer)], text: `${system.name}${of}: equal error rate ${formatRate(eer)}` };
    }),
  ]);
}

function captionOf({ curves: { systems, resamples }, withBand }: Plot): string {
  const several = systems.some(({ runs }) => runs.length > 1);
  const bands =
    resamples === 0
      ? 'There are too few speakers for bands.'
      : `The bands${withBand.size < systems.length ? ', drawn for the first two systems only,' : ''} hold the middle 95 % of ${resamples} resamples of the speakers` +
        `${several ? ' and trainings' : ''}, point by point. The intervals in the table above are made with more care and are wider.`;
  return (
    'Lower is better. Each point of a curve is a threshold: to the right of it, the system accepts more strangers and rejects fewer ' +
    'speakers who are who they say. The mark on the diagonal is the equal error rate. On these probit axes, normally distributed ' +
    'scores give a straight line. ' +
    (several ? 'Thick lines are means over the trainings of a system; thin lines are single trainings. ' : '') +
    bands
  );
}

function describe({ name, eers, miss }: SystemDet, places: readonly number[]): string {
  const at = (place: number) => formatRate(miss[nearest(places, place)]);
  return `${name}: equal error rate ${formatRate(mean(eers))}, misses ${at(0.01)} at 1 % false alarms and ${at(0.1)} at 10 %`;
}

function dataRows({ name, runs, miss, band: ends }: SystemDet, places: readonly number[]): Cell[][] {
  const ofMean = places.map((place, i) => [name, 'mean', place, miss[i], ...endsOf(ends?.[i])]);
  if (runs.length === 1) return ofMean;
  return [
    ...ofMean,
    ...runs.flatMap((run, number) => places.map((place, i) => [name, number + 1, place, run[i], null, null])),
  ];
}

const missText = ({ miss, band: ends }: SystemDet, i: number): string => rateWithInterval(miss[i], ends?.[i]);

/** Index of the value nearest to one sought. */
function nearest(values: readonly number[], sought: number): number {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - sought) < Math.abs(values[best] - sought)) best = i;
  });
  return best;
}
