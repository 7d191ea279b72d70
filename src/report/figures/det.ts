/** @file Figure: DET curves of all systems on probit axes, with bands. */
import type { LineSeriesOption } from 'echarts/charts';
import { drawChart, type Tip } from './chart.js';
import { band, horizontalAxis, legendHeight, systemLegend, ticksAt, verticalAxis } from './chart-parts.js';
import { type DetCurves, detCurves, type SystemDet } from './det-curves.js';
import type { Figure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { probit } from './probit.js';
import { mean, percent, percentTick, type ScoredTrials } from './scored-systems.js';
import { detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';

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

/** @param styles by system; bands go to the systems that come first in it where there are many */
export function detFigure(trials: ScoredTrials, styles: ReadonlyMap<string, SystemStyle>): Figure {
  const range = axisRange(trials);
  const curves = detCurves(trials, range);
  const systems = curves.systems;
  const ticks = TICKS.filter((tick) => tick >= range[0] && tick <= range[1]);
  const axis = { min: probit(range[0]), max: probit(range[1]) };
  const roomy = labelled(ticks, (tick) => ((probit(tick) - axis.min) / (axis.max - axis.min)) * SIDE);
  const place = (rate: number) => probit(Math.min(1 - 1e-7, Math.max(range[0] / 50, rate)));
  const xs = curves.places.map(place);
  const withBand = new Set([...styles.keys()].slice(0, systems.length > MOST_BANDS ? 2 : MOST_BANDS));
  const several = systems.some(({ runs }) => runs.length > 1);
  const line = (name: string, miss: readonly number[], style: Partial<LineSeriesOption>): LineSeriesOption => ({
    type: 'line',
    name,
    showSymbol: false,
    silent: true,
    data: xs.map((x, i) => [x, place(miss[i])]),
    ...style,
  });
  const svg = drawChart(
    {
      grid: GRID,
      legend: systemLegend(
        systems.map(({ name, eers }) => ({
          name,
          style: styles.get(name)!,
          note: `EER ${percent(mean(eers))}${eers.length > 1 ? `, ${eers.length} trainings` : ''}`,
        })),
        { left: GRID.left + SIDE + 28 },
      ),
      xAxis: {
        ...horizontalAxis('false alarms: share of nontarget trials accepted'),
        ...axis,
        ...ticksAt(ticks.map(probit), (z) => (roomy.has(nearestTick(z)) ? percentTick(nearestTick(z)) : '')),
      },
      yAxis: {
        ...verticalAxis('misses: share of target trials rejected'),
        ...axis,
        ...ticksAt(ticks.map(probit), (z) => percentTick(nearestTick(z))),
        nameGap: 54,
      },
      series: [
        {
          type: 'line',
          silent: true,
          showSymbol: false,
          data: [
            [axis.min, axis.min],
            [axis.max, axis.max],
          ],
          lineStyle: { color: LIGHT.axis, width: 1, type: [3, 3] },
          z: 1,
        },
        ...systems.flatMap(({ name, band: interval }) =>
          interval && withBand.has(name)
            ? [
                band(
                  xs,
                  interval.map(([low]) => place(low)),
                  interval.map(([, high]) => place(high)),
                  { color: styles.get(name)!.color },
                ),
              ]
            : [],
        ),
        ...systems.flatMap(({ name, runs }) =>
          runs.length > 1 && systems.length <= MOST_WITH_RUNS
            ? runs.map((miss) =>
                line(`${name}, one training`, miss, {
                  lineStyle: { color: styles.get(name)!.color, width: 0.8, opacity: 0.55 },
                }),
              )
            : [],
        ),
        ...systems.map(({ name, miss }) =>
          line(name, miss, {
            lineStyle: { color: styles.get(name)!.color, width: 2.2, type: styles.get(name)!.dash },
            symbol: styles.get(name)!.symbol,
            itemStyle: { color: styles.get(name)!.color },
            z: 3,
          }),
        ),
        ...systems.map(({ name, eers }) => ({
          type: 'scatter' as const,
          silent: true,
          symbol: styles.get(name)!.symbol,
          symbolSize: 10,
          itemStyle: { color: styles.get(name)!.color, borderColor: LIGHT.surface, borderWidth: 1 },
          data: eers.map((eer) => [place(eer), place(eer)]),
          z: 4,
        })),
      ],
    },
    {
      id: 'det',
      width: WIDTH,
      height: Math.max(HEIGHT, legendHeight(systems.length) + 40),
      tips: tipsOf(curves, ticks, range),
    },
  );
  return {
    id: 'det',
    title: 'Detection-error trade-off',
    caption:
      'Each point of a curve is a threshold: moving right accepts more impostors and rejects fewer of the speakers who ' +
      'are who they say. Lower is better. The axes are probit axes, on which normally distributed scores give a straight ' +
      'line. The marks on the diagonal are the equal error rates. ' +
      (several ? 'Thick lines are means over the trainings of a system at each false-alarm rate. ' : '') +
      bandNote(curves, withBand.size < systems.length, several),
    description: systems
      .map(({ name, eers, miss }) => {
        const at = (place: number) => percent(miss[nearest(curves.places, place)]);
        return `${name}: equal error rate ${percent(mean(eers))}, misses ${at(0.01)} at 1 % false alarms and ${at(0.1)} at 10 %`;
      })
      .join('. '),
    svg,
    data: {
      columns: ['system', 'run', 'falseAlarm', 'miss', 'missLow', 'missHigh'],
      rows: systems.flatMap((system) => dataRows(system, curves.places)),
    },
    shown: {
      columns: ['false alarms', ...systems.map(({ name }) => `misses of ${name}`)],
      rows: ticks
        .filter((tick) => tick >= range[0] && tick <= range[1])
        .map((tick) => [percentTick(tick), ...systems.map((system) => missText(system, nearest(curves.places, tick)))]),
    },
  };
}

/** From a tick well below the lowest EER to one well above the highest. */
function axisRange({ table, systems }: ScoredTrials): [number, number] {
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

/** The ticks that have room for a label below them: of two that are close, the greater one. */
function labelled(ticks: readonly number[], pixels: (tick: number) => number): Set<number> {
  const kept: number[] = [];
  for (const tick of ticks.toReversed()) {
    if (kept.length === 0 || pixels(kept.at(-1)!) - pixels(tick) >= LABEL_PIXELS) kept.push(tick);
  }
  return new Set(kept);
}

const nearestTick = (z: number) => TICKS[nearest(TICKS.map(probit), z)];

function bandNote({ resamples }: DetCurves, some: boolean, several: boolean): string {
  if (resamples === 0) return 'There are too few speakers for bands.';
  return (
    `Bands${some ? ', of the first two systems only,' : ''} hold the middle 95 % of ${resamples} resamples of the speakers` +
    `${several ? ' and trainings' : ''}, point by point; the intervals in the table above are made with more care and are wider.`
  );
}

function dataRows({ name, runs, miss, band: interval }: SystemDet, places: readonly number[]) {
  const mean = places.map((place, i) => [
    name,
    'mean',
    place,
    miss[i],
    interval?.[i][0] ?? null,
    interval?.[i][1] ?? null,
  ]);
  if (runs.length === 1) return mean;
  return [
    ...mean,
    ...runs.flatMap((run, number) => places.map((place, i) => [name, number + 1, place, run[i], null, null])),
  ];
}

function missText({ miss, band: interval }: SystemDet, i: number): string {
  return interval ? `${percent(miss[i])} (${percent(interval[i][0])} to ${percent(interval[i][1])})` : percent(miss[i]);
}

function tipsOf({ places, systems }: DetCurves, ticks: readonly number[], range: readonly [number, number]): Tip[] {
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
      return { at: [probit(eer), probit(eer)], text: `${system.name}${of}: equal error rate ${percent(eer)}` };
    }),
  ]);
}

/** Index of the value nearest to one sought. */
function nearest(values: readonly number[], sought: number): number {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - sought) < Math.abs(values[best] - sought)) best = i;
  });
  return best;
}
