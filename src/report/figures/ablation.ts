/**
 * @file Figure: what each change to a system does to its EER: a row a variant, grouped by what was changed, with the
 * system itself as the upright line.
 *
 * Filled marks with intervals are of the development trials, by which variants are chosen; hollow ones, where the test trials
 * were scored too, of these. One colour for all: the rows are named, and only the lowest of an axis stands out.
 */
import type { CustomSeriesOption } from 'echarts/charts';
import type { Ablation, AblationRow } from '../comparison/ablation.js';
import { formatCount, formatRelative } from '../text/number-format.js';
import { drawChart, FONT, type Tip } from './chart.js';
import { endOf, horizontalAxis, text, topOfRates, whiskers } from './chart-parts.js';
import type { Figure } from './figure.js';
import { LIGHT } from './palette.js';
import { percent, percentTick } from './scored-systems.js';

const WIDTH = 960;
const LEFT = 250;
const RIGHT = 190;
const ROW = 27;

/** A line of the picture: a heading, or a variant. */
interface Line {
  readonly heading?: string;
  readonly row?: AblationRow;
  readonly y: number;
}

export function ablationFigure(ablation: Ablation): Figure {
  const { axes, base, test } = ablation;
  const lines: Line[] = [];
  for (const { name, rows } of axes) {
    lines.push({ heading: name, y: lines.length });
    for (const row of rows) lines.push({ row, y: lines.length });
  }
  const variants = lines.flatMap(({ row, y }) => (row ? [{ ...row, y, color: colorOf(row) }] : []));
  const own = variants.find((row) => row.system === base);
  const height = 26 + lines.length * ROW + 52;
  const top = topOfRates(
    variants.flatMap(({ development, test: tested }) => [
      { rate: development.eer, high: development.interval?.[1] },
      ...(tested ? [{ rate: tested.eer }] : []),
    ]),
    { times: 1.5 },
  );
  const labels = new Map(
    lines.map(({ heading, row, y }) => [
      y,
      heading !== undefined
        ? `{heading|${endOf(heading, LEFT - 20, 13)}}`
        : `${endOf(row!.label, LEFT - 90, 12.5)}${row!.base ? ' {faint|(base)}' : ''}`,
    ]),
  );
  const svg = drawChart(
    {
      grid: { left: LEFT, top: 18, width: WIDTH - LEFT - RIGHT, height: lines.length * ROW },
      xAxis: {
        ...horizontalAxis(
          test ? 'EER: development trials filled, test trials hollow' : 'EER of the development trials',
        ),
        min: 0,
        max: top,
        axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
      },
      yAxis: {
        type: 'value',
        inverse: true,
        min: -0.5,
        max: lines.length - 0.5,
        axisLine: { show: false },
        axisTick: { show: false, customValues: lines.map(({ y }) => y) },
        splitLine: { show: false },
        axisLabel: {
          ...text(12.5, LIGHT.ink),
          customValues: lines.map(({ y }) => y),
          formatter: (y: number) => labels.get(y) ?? '',
          rich: { heading: text(13, LIGHT.ink, 'bold'), faint: { ...text(11.5, LIGHT.faint), padding: [0, 0, 0, 5] } },
        },
      },
      series: [
        whiskers(
          variants.flatMap(({ development: { interval }, y, color }) =>
            interval ? [{ at: y, low: interval[0], high: interval[1], color }] : [],
          ),
          { along: 'x' },
        ),
        ...variants.map(({ development, y, color, base: isBase }) => ({
          type: 'scatter' as const,
          silent: true,
          symbol: 'circle',
          symbolSize: 11,
          itemStyle: { color, borderColor: LIGHT.surface, borderWidth: 1, opacity: 1 },
          data: [[development.eer, y]],
          ...(isBase &&
            own && {
              markLine: {
                silent: true,
                symbol: 'none',
                precision: 8, // of the place; echarts rounds to hundredths
                data: [{ xAxis: own.development.eer }],
                label: { show: false },
                lineStyle: { color: LIGHT.axis, width: 1, type: [4, 3] },
              },
            }),
          z: 4,
        })),
        ...variants.flatMap(({ test: tested, y, color }) =>
          tested
            ? [
                {
                  type: 'scatter' as const,
                  silent: true,
                  symbol: 'circle',
                  symbolSize: 9,
                  itemStyle: { color: LIGHT.surface, borderColor: color, borderWidth: 1.6, opacity: 1 },
                  data: [[tested.eer, y]],
                  z: 5,
                },
              ]
            : [],
        ),
        beside(
          variants.map(({ y, parameters, development: { change }, best }) => ({
            y,
            text: [
              change === undefined ? '' : formatRelative(change),
              best ? 'lowest' : '',
              parameters === own?.parameters ? '' : formatCount(parameters),
            ]
              .filter(Boolean)
              .join(', '),
          })),
          top,
        ),
      ],
    },
    {
      id: 'ablation',
      width: WIDTH,
      height,
      tips: variants.flatMap((row): Tip[] => [
        { at: [row.development.eer, row.y], text: describe(row) },
        ...(row.test
          ? [
              {
                at: [row.test.eer, row.y] as const,
                text: `${row.label}: EER of the test trials ${percent(row.test.eer)}`,
              },
            ]
          : []),
      ]),
    },
  );
  return {
    id: 'ablation',
    title: `What was changed of ${base}`,
    caption:
      `A row a variant, grouped by what was changed; the dashed line is ${base} itself. Marks and bars are development EERs with ` +
      '95 % intervals, beside them the change relative to the base, and the size where it differs; bars that go on beyond the ' +
      'picture end at its edge. ' +
      (test
        ? 'Hollow marks are EERs of the test trials: to be looked at, not to be chosen by. '
        : 'The test trials were kept back. ') +
      'Of many variants some look better by chance.',
    description: variants.map(describe).join('. '),
    svg,
    data: {
      columns: ['axis', 'variant', 'system', 'parameters', 'eer', 'eerLow', 'eerHigh', 'change', 'pValue', 'testEer'],
      rows: axes.flatMap(({ name, rows }) =>
        rows.map(({ label, system, parameters, development, test: tested }) => [
          name,
          label,
          system,
          parameters,
          development.eer,
          development.interval?.[0] ?? null,
          development.interval?.[1] ?? null,
          development.change ?? null,
          development.pValue ?? null,
          tested?.eer ?? null,
        ]),
      ),
    },
    shown: {
      columns: [
        'changed',
        'to',
        'parameters',
        'development EER',
        '95 % interval',
        'against the base',
        'p',
        ...(test ? ['test EER'] : []),
      ],
      rows: axes.flatMap(({ name, rows }) =>
        rows.map(({ label, base: isBase, parameters, development, test: tested }) => [
          name,
          isBase ? `${label} (base)` : label,
          formatCount(parameters),
          percent(development.eer),
          development.interval ? development.interval.map(percent).join(' to ') : '-',
          typeof development.change === 'number' ? formatRelative(development.change) : '-',
          development.pValue === undefined ? '-' : development.pValue.toFixed(3),
          ...(test ? [tested ? percent(tested.eer) : '-'] : []),
        ]),
      ),
    },
  };
}

const colorOf = ({ base, best }: AblationRow): string => (best ? LIGHT.system1 : base ? LIGHT.ink : LIGHT.axis);

function describe({ label, base, development: { eer, interval, change, pValue } }: AblationRow): string {
  const range = interval ? ` (${interval.map(percent).join(' to ')})` : '';
  const against = typeof change === 'number' ? `, ${formatRelative(change)} against the base` : '';
  const p = pValue === undefined ? '' : `, p = ${pValue.toFixed(3)}`;
  return `${label}${base ? ', the base' : ''}: development EER ${percent(eer)}${range}${against}${p}`;
}

/** Text to the right of the grid, in its rows. */
function beside(data: readonly { y: number; text: string }[], x: number): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    data: data.map(({ y }) => [x, y]),
    renderItem: ({ dataIndex }, api) => {
      const { y, text: content } = data[dataIndex];
      const [left, middle] = api.coord([x, y]);
      return {
        type: 'text',
        x: left + 12,
        y: middle,
        style: { text: content, fill: LIGHT.faint, fontSize: 11.5, fontFamily: FONT, verticalAlign: 'middle' },
      };
    },
  };
}
