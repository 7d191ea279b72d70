/**
 * @file Figure: what each change to a system does to its EER: a row a variant, grouped by what was changed, with the
 * system itself as the upright line.
 *
 * Filled marks with intervals are of the development trials, by which variants are chosen; hollow ones, where the test
 * trials were scored too, of these. One colour for all: the rows are named, and only the lowest of an axis stands out.
 */
import type { CustomSeriesOption } from 'echarts/charts';
import type { Ablation, AblationRow } from '../comparison/ablation.js';
import { formatCount, formatRate, formatRelative } from '../text/number-format.js';
import { drawChart, type EChartsOption, type SeriesOption, type Tip } from './chart.js';
import { eerMark, FONT, horizontalAxis, text, topOfRates, uprightAt } from './chart-parts.js';
import { type Cell, type DataTable, type Drawing, endsOf, type FigureKind } from './figure.js';
import { endOf } from './fitted-text.js';
import { LIGHT } from './palette.js';
import { percentTick, rangeOf, rateWithInterval } from './rate-text.js';
import { ARROWS_EXPLAINED, whiskers } from './whiskers.js';

const WIDTH = 960;
const LEFT = 250;
const RIGHT = 190;
const ROW = 27;

export const ablationFigure = {
  id: 'ablation',
  title: ({ base }) => `What was changed of ${base}`,
  needs: ({ ablation }) => ablation,
  draw,
} satisfies FigureKind<Ablation>;

/** A line of the picture: a heading, or a variant. */
type Line = { readonly heading: string } | Variant;

interface Variant extends AblationRow {
  readonly y: number;
  readonly color: string;
}

function draw(ablation: Ablation): Drawing {
  const { base, test, partial } = ablation;
  const lines = linesOf(ablation);
  const variants = lines.filter((line) => 'system' in line);
  return {
    caption:
      `Each row is one variant; the rows are grouped by what was changed. The dashed line marks the EER of ${base} itself. Filled ` +
      'marks are EERs of the development trials, with 95 % intervals. Beside them stand the change relative to the base, and the ' +
      `number of parameters where it differs. ${ARROWS_EXPLAINED} ` +
      (test
        ? 'Hollow marks are EERs of the test trials: look at them, but do not choose by them. '
        : 'The test trials were kept back. ') +
      'Among many variants, some look better by chance.',
    description: variants.map(describe).join('. '),
    svg: drawChart(chartOption(ablation, lines, variants), {
      id: 'ablation',
      width: WIDTH,
      height: 26 + lines.length * ROW + 52,
      tips: variants.flatMap(tipsOf),
    }),
    data: dataOf(ablation),
    shown: shownOf(ablation),
    partial,
    notes: notesOf(ablation),
  };
}

function linesOf({ axes }: Ablation): Line[] {
  let y = -1;
  return axes.flatMap(({ name, rows }): Line[] => {
    y++;
    return [{ heading: name }, ...rows.map((row) => ({ ...row, y: ++y, color: colorOf(row) }))];
  });
}

const colorOf = ({ base, best }: AblationRow): string => (best ? LIGHT.system1 : base ? LIGHT.ink : LIGHT.axis);

function chartOption({ base, test }: Ablation, lines: readonly Line[], variants: readonly Variant[]): EChartsOption {
  const own = variants.find((row) => row.system === base);
  const top = topOfRates(
    variants.flatMap(({ development, test: tested }) => [
      { rate: development.eer, high: development.interval?.[1] },
      ...(tested ? [{ rate: tested.eer }] : []),
    ]),
    { times: 1.5 },
  );
  return {
    grid: { left: LEFT, top: 18, width: WIDTH - LEFT - RIGHT, height: lines.length * ROW },
    xAxis: {
      ...horizontalAxis(test ? 'EER: development trials filled, test trials hollow' : 'EER of the development trials'),
      min: 0,
      max: top,
      axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
    },
    yAxis: rowAxis(lines),
    series: [
      whiskers(
        variants.map(({ development: { interval }, y, color }) => ({ at: y, interval, color })),
        { along: 'x' },
      ),
      ...variants.map((row) => developmentMark(row, own)),
      ...variants.flatMap(testMark),
      beside(
        variants.map((row) => ({ y: row.y, text: besideText(row, own) })),
        top,
      ),
    ],
  };
}

/** The lines from the top down, with headings in bold. */
function rowAxis(lines: readonly Line[]): EChartsOption['yAxis'] {
  const places = [...lines.keys()];
  const labels = lines.map((line) =>
    'heading' in line
      ? `{heading|${endOf(line.heading, LEFT - 20, 13)}}`
      : `${endOf(line.label, LEFT - 90, 12.5)}${line.base ? ' {faint|(base)}' : ''}`,
  );
  return {
    type: 'value',
    inverse: true,
    min: -0.5,
    max: lines.length - 0.5,
    axisLine: { show: false },
    axisTick: { show: false, customValues: places },
    splitLine: { show: false },
    axisLabel: {
      ...text(12.5, LIGHT.ink),
      customValues: places,
      formatter: (y: number) => labels[y] ?? '',
      rich: { heading: text(13, LIGHT.ink, 'bold'), faint: { ...text(11.5, LIGHT.faint), padding: [0, 0, 0, 5] } },
    },
  };
}

/** Filled; that of the base with an upright line where its EER is. */
const developmentMark = ({ development: { eer }, y, color, base }: Variant, own?: Variant): SeriesOption => ({
  ...eerMark(eer, y, { color, size: 11 }),
  ...(base && own && uprightAt(own.development.eer, { color: LIGHT.axis, type: [4, 3] })),
});

/** Hollow; none where the test trials were not scored. */
function testMark({ test, y, color }: Variant): SeriesOption[] {
  if (!test) return [];
  const itemStyle = { color: LIGHT.surface, borderColor: color, borderWidth: 1.6, opacity: 1 };
  return [{ ...eerMark(test.eer, y, { color, size: 9 }), itemStyle, z: 5 }];
}

const besideText = ({ parameters, development: { change }, best }: Variant, own?: Variant): string =>
  [
    change === undefined ? '' : formatRelative(change),
    best ? 'lowest' : '',
    parameters === own?.parameters ? '' : formatCount(parameters),
  ]
    .filter(Boolean)
    .join(', ');

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

const tipsOf = (row: Variant): Tip[] => [
  { at: [row.development.eer, row.y], text: describe(row) },
  ...(row.test
    ? [
        {
          at: [row.test.eer, row.y] as const,
          text: `${row.label}: EER of the test trials ${formatRate(row.test.eer)}`,
        },
      ]
    : []),
];

function describe({ label, base, development: { eer, interval, change, pValue } }: AblationRow): string {
  const against = typeof change === 'number' ? `, ${formatRelative(change)} against the base` : '';
  const p = pValue === undefined ? '' : `, p = ${pValue.toFixed(3)}`;
  return `${label}${base ? ', the base' : ''}: development EER ${rateWithInterval(eer, interval)}${against}${p}`;
}

const dataOf = ({ axes }: Ablation): DataTable => ({
  columns: ['axis', 'variant', 'system', 'parameters', 'eer', 'eerLow', 'eerHigh', 'change', 'pValue', 'testEer'],
  rows: axes.flatMap(({ name, rows }) =>
    rows.map(({ label, system, parameters, development: { eer, interval, change, pValue }, test }) => [
      ...[name, label, system, parameters, eer, ...endsOf(interval)],
      ...[change ?? null, pValue ?? null, test?.eer ?? null],
    ]),
  ),
});

const shownOf = ({ axes, test }: Ablation): DataTable => ({
  columns: [
    ...['changed', 'to', 'parameters', 'development EER', '95 % interval', 'against the base', 'p'],
    ...(test ? ['test EER'] : []),
  ],
  rows: axes.flatMap(({ name, rows }) =>
    rows.map(({ label, base, parameters, development: { eer, interval, change, pValue }, test: tested }): Cell[] => [
      name,
      base ? `${label} (base)` : label,
      formatCount(parameters),
      formatRate(eer),
      interval ? rangeOf(interval) : '-',
      typeof change === 'number' ? formatRelative(change) : '-',
      pValue === undefined ? '-' : pValue.toFixed(3),
      ...(test ? [tested ? formatRate(tested.eer) : '-'] : []),
    ]),
  ),
});

/** What holds of all variants. */
function notesOf({ notes, development }: Ablation): string[] {
  const { trials, targets, nontargets, speakers, noIntervals } = development;
  return [
    `${trials} development trials (${targets} target, ${nontargets} nontarget) of ${speakers} speakers held out of training`,
    ...(noIntervals === undefined ? [] : [`no intervals: ${noIntervals}`]),
    ...notes,
  ];
}
