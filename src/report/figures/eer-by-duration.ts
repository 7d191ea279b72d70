/** @file Figure: EER of systems against the length of the speech, in bands of the trials. */
import { drawChart, type EChartsOption } from './chart.js';
import {
  eerLine,
  FEW_SYSTEMS,
  legendHeight,
  shiftOf,
  systemLegend,
  systemsWithBars,
  text,
  topOfRates,
  verticalAxis,
} from './chart-parts.js';
import { type DurationBand, durationBands } from './duration-bands.js';
import { type Drawing, endsOf, type FigureKind, type NoFigure } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { percentTick, rateWithInterval } from './rate-text.js';
import type { ScoredTrials } from './scored-systems.js';
import { ARROWS_EXPLAINED, whiskers } from './whiskers.js';

const WIDTH = 960;
const HEIGHT = 400;
const GRID = { left: 76, top: 22, width: 610 };

export const eerByDurationFigure = {
  id: 'duration',
  title: () => 'EER against the length of the speech',
  needs: ({ tested }) => tested?.trials,
  draw,
} satisfies FigureKind<ScoredTrials>;

function draw(trials: ScoredTrials, styles: SystemStyles): Drawing | Pick<NoFigure, 'why'> {
  const bands = durationBands(trials);
  if (bands.length < 2)
    return { why: 'The utterances are too alike in length, or the trials too few, to be divided by it.' };
  const names = trials.systems.map(({ name }) => name);
  const few = names.length <= FEW_SYSTEMS;
  const height = few ? HEIGHT : Math.max(HEIGHT, legendHeight(names.length) + 40);
  const points = pointsOf(bands, names);
  return {
    caption:
      'A trial compares two utterances. Here the trials are grouped by the length of the shorter one, with about as many trials in each group. ' +
      `Bars are 95 % intervals from the speakers of the group${few ? '' : ', for the first two systems only'}; a group has fewer trials than the whole, so they are wide. ` +
      ARROWS_EXPLAINED,
    description: bands.map((band) => band.eers.map((eer) => describe(band, eer)).join(', ')).join('. '),
    svg: drawChart(
      {
        grid: { ...GRID, height: height - 92 },
        legend: systemLegend(
          names.map((name) => ({ name, style: styles.get(name)! })),
          { left: GRID.left + GRID.width + 28 },
        ),
        ...chartOption(bands, points, styles),
      },
      {
        id: 'duration',
        width: WIDTH,
        height,
        tips: points.flat().map(({ x, band, ...system }) => ({ at: [x, system.eer], text: describe(band, system) })),
      },
    ),
    data: {
      columns: ['duration', 'targets', 'nontargets', 'system', 'eer', 'eerLow', 'eerHigh'],
      rows: bands.flatMap(({ name, targets, nontargets, eers }) =>
        eers.map(({ name: system, eer, interval }) => [name, targets, nontargets, system, eer, ...endsOf(interval)]),
      ),
    },
    shown: {
      columns: ['shorter side', 'target trials', 'nontarget trials', ...names.map((name) => `EER of ${name}`)],
      rows: bands.map(({ name, targets, nontargets, eers }) => [
        name,
        targets,
        nontargets,
        ...eers.map(({ eer, interval }) => rateWithInterval(eer, interval)),
      ]),
    },
  };
}

type SystemEer = DurationBand['eers'][number];

interface Point extends SystemEer {
  readonly x: number;
  readonly band: DurationBand;
  /** The interval, where it is drawn. */
  readonly bar?: SystemEer['interval'];
}

/** By system, a point in each band. Systems stand side by side within a band, unless there are too many. */
function pointsOf(bands: readonly DurationBand[], names: readonly string[]): Point[][] {
  const withBars = systemsWithBars(names);
  return names.map((name, system) =>
    bands.map((band, i) => ({
      ...band.eers[system],
      x: i + shiftOf(system, names.length, { most: 0.16, all: 0.6 }),
      band,
      bar: withBars.has(name) ? band.eers[system].interval : undefined,
    })),
  );
}

function chartOption(bands: readonly DurationBand[], points: readonly Point[][], styles: SystemStyles): EChartsOption {
  const places = [...bands.keys()];
  return {
    xAxis: {
      type: 'value',
      min: -0.5,
      max: bands.length - 0.5,
      name: 'length of the shorter utterance of a trial',
      nameLocation: 'middle',
      nameGap: 48,
      nameTextStyle: text(12.5, LIGHT.ink),
      splitLine: { show: false },
      axisLine: { lineStyle: { color: LIGHT.axis } },
      axisTick: { show: false, customValues: places },
      axisLabel: {
        ...text(12, LIGHT.faint),
        lineHeight: 17,
        customValues: places,
        formatter: (i: number) => `${bands[i].name}\n${bands[i].targets + bands[i].nontargets} trials`,
      },
    },
    yAxis: {
      ...verticalAxis('EER'),
      min: 0,
      max: topOfRates(points.flat().map(({ eer, bar }) => ({ rate: eer, high: bar?.[1] }))),
      axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
    },
    series: [
      whiskers(points.flat().map(({ x, bar, name }) => ({ at: x, interval: bar, color: styles.get(name)!.color }))),
      ...points.map((own) => eerLine(own, { name: own[0].name, style: styles.get(own[0].name)!, symbolSize: 10 })),
    ],
  };
}

const describe = ({ name: band }: DurationBand, { name, eer, interval }: SystemEer): string =>
  `${name}, ${band}: EER ${rateWithInterval(eer, interval)}`;
