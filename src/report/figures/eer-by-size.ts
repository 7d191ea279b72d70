/** @file Figure: EER of systems against the number of their parameters, with intervals. */
import type { Interval } from '../../scoring/confidence-interval.js';
import { formatCount } from '../number-format.js';
import type { ComparedSystem } from '../html/compared.js';
import { drawChart, type Tip } from './chart.js';
import {
  FEW_SYSTEMS,
  horizontalAxis,
  legendHeight,
  systemLegend,
  text,
  ticksAt,
  topOfRates,
  verticalAxis,
  whiskers,
} from './chart-parts.js';
import type { Figure, NoFigure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { percent, percentTick } from './scored-systems.js';

const WIDTH = 960;
const HEIGHT = 430;
const GRID = { left: 76, top: 22 };

interface SizedSystem {
  readonly name: string;
  readonly parameters: number;
  readonly eer: number;
  readonly eerInterval?: Interval;
}

export function eerBySizeFigure(
  systems: readonly ComparedSystem[],
  styles: ReadonlyMap<string, SystemStyle>,
): Figure | NoFigure {
  const named = { id: 'size', title: 'EER against parameters' };
  const sized = systems.flatMap(({ name, parameters, measures: { eer } }): SizedSystem[] =>
    parameters && eer ? [{ name, parameters, eer: eer.value, eerInterval: eer.interval }] : [],
  );
  if (sized.length === 0) return { ...named, why: 'The number of parameters is not known.' };
  // A logarithmic axis, by hand: its ticks are 1, 2, 5 times powers of ten, whatever its range.
  const sizes = sized.map(({ parameters }) => parameters);
  const range = [Math.log10(Math.min(...sizes)) - 0.18, Math.log10(Math.max(...sizes)) + 0.28];
  const ticks = sizeTicks(range);
  const few = sized.length <= FEW_SYSTEMS;
  const gridWidth = few ? 848 : 600;
  const height = few ? HEIGHT : Math.max(HEIGHT, legendHeight(sized.length) + 40);
  const intervalOf = ({ eer, eerInterval }: SizedSystem) => eerInterval ?? [eer, eer];
  const at = ({ parameters, eer }: SizedSystem): [number, number] => [Math.log10(parameters), eer];
  const describe = (system: SizedSystem) => {
    const interval = system.eerInterval
      ? ` (${percent(system.eerInterval[0])} to ${percent(system.eerInterval[1])})`
      : '';
    return `${system.name}: ${formatCount(system.parameters)} parameters, EER ${percent(system.eer)}${interval}`;
  };
  const svg = drawChart(
    {
      grid: { ...GRID, width: gridWidth, height: height - 80 },
      ...(!few && {
        legend: systemLegend(
          sized.map(({ name }) => ({ name, style: styles.get(name)! })),
          { left: GRID.left + gridWidth + 24, lines: false },
        ),
      }),
      xAxis: {
        ...horizontalAxis('parameters (logarithmic)'),
        min: range[0],
        max: range[1],
        ...ticksAt(ticks, (size) =>
          formatCount(Number((10 ** size).toPrecision(3))).replace(/\.00|\.0(?= )|(?<=\.[1-9])0(?= |$)/, ''),
        ),
      },
      yAxis: {
        ...verticalAxis('EER'),
        min: 0,
        max: topOfRates(sized.map((system) => ({ rate: system.eer, high: system.eerInterval?.[1] }))),
        axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
      },
      series: [
        whiskers(
          sized.map((system) => ({
            at: Math.log10(system.parameters),
            low: intervalOf(system)[0],
            high: intervalOf(system)[1],
            color: styles.get(system.name)!.color,
          })),
        ),
        ...sized.map((system) => ({
          type: 'scatter' as const,
          name: system.name,
          silent: true,
          symbol: styles.get(system.name)!.symbol,
          symbolSize: 12,
          itemStyle: { color: styles.get(system.name)!.color, borderColor: LIGHT.surface, borderWidth: 1, opacity: 1 },
          data: [at(system)],
          label: {
            show: few,
            position: 'right' as const,
            distance: 9,
            formatter: system.name,
            ...text(12.5, LIGHT.ink),
          },
          labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' as const },
          z: 4,
        })),
      ],
    },
    {
      id: 'size',
      width: WIDTH,
      height,
      tips: sized.map((system): Tip => ({ at: at(system), text: describe(system) })),
    },
  );
  return {
    ...named,
    caption:
      'Lower and further to the left is better. The bars are 95 % intervals; two bars that overlap do not say that the ' +
      'difference is none: the comparison above tests the difference itself, on the same trials.',
    description: sized.map(describe).join('. '),
    svg,
    data: {
      columns: ['system', 'parameters', 'eer', 'eerLow', 'eerHigh'],
      rows: sized.map(({ name, parameters, eer, eerInterval }) => [
        name,
        parameters,
        eer,
        eerInterval?.[0] ?? null,
        eerInterval?.[1] ?? null,
      ]),
    },
    shown: {
      columns: ['system', 'parameters', 'EER', '95 % interval'],
      rows: sized.map(({ name, parameters, eer, eerInterval }) => [
        name,
        formatCount(parameters),
        percent(eer),
        eerInterval ? `${percent(eerInterval[0])} to ${percent(eerInterval[1])}` : '-',
      ]),
    },
  };
}

/** Logarithms of 1, 2, 5 times powers of ten within a range; finer where that leaves fewer than three. */
function sizeTicks([low, high]: readonly number[]): number[] {
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const within = (steps: readonly number[]) =>
    decades
      .flatMap((decade) => steps.map((step) => decade + Math.log10(step)))
      .filter((size) => size >= low && size <= high);
  const coarse = within([1, 2, 5]);
  return coarse.length >= 3 ? coarse : within([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]);
}
