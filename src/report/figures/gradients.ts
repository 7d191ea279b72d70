/** @file Figure: which layers' gradients vanish: their norms over the training of one run, as a heat map. */
import type { CustomSeriesOption } from 'echarts/charts';
import { drawChart, type EChartsOption } from './chart.js';
import { text } from './chart-parts.js';
import { type Drawing, type FigureKind, thinned } from './figure.js';
import { endOf } from './fitted-text.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { PANELS_WIDTH } from './panels.js';
import { epochsOf, type TrainingRecord } from './training-record.js';

/** More columns of the heat map than this would be thinner than is seen. */
const MOST_COLUMNS = 120;
const ROW = 15;
const LEFT = 210;

/** The gradients of a training. */
interface Gradients {
  readonly system: string;
  readonly run: string;
  readonly logged: readonly LoggedNorms[];
}

interface LoggedNorms {
  readonly epoch: number;
  /** By layer. */
  readonly norms: Readonly<Record<string, number>>;
}

/** Of the recipe's own system; a training may have logged none, and then there is nothing to say of them. */
export const gradientsFigure = {
  id: 'gradients',
  title: ({ run }) => `Gradients by layer of ${run}`,
  needs({ trainings, model }) {
    const record = trainings.find(({ system }) => system === model);
    const logged = record ? normsOf(record) : [];
    return record && logged.length > 1 ? { ...record, logged } : undefined;
  },
  draw,
} satisfies FigureKind<Gradients>;

function normsOf({ rows }: TrainingRecord): LoggedNorms[] {
  const epochs = epochsOf(rows);
  return rows.flatMap(({ step, gradNorms }) =>
    typeof gradNorms === 'object' && gradNorms !== null
      ? [{ epoch: epochs(step), norms: gradNorms as LoggedNorms['norms'] }]
      : [],
  );
}

function draw({ system, logged }: Gradients, styles: SystemStyles): Drawing {
  const rows = thinned(logged, MOST_COLUMNS);
  const [{ norms: first }, { norms: last }] = [rows[0], rows.at(-1)!];
  const layers = Object.keys(first);
  const positive = rows.flatMap(({ norms }) => layers.map((layer) => norms[layer])).filter((norm) => norm > 0);
  const range = [Math.min(...positive), Math.max(...positive)].map(Math.log10);
  const [least, most] = range.map((power) => (10 ** power).toPrecision(2));
  return {
    caption:
      'How strong the gradient of each layer is during the training, with the first layer at the top; each cell is the mean between two lines of the log. ' +
      'A layer that stays light while others are dark learns little. If all layers darken shortly before the loss rises, the steps were too large.',
    description: `${layers.length} layers; norms between ${least} and ${most}`,
    svg: drawChart(
      {
        title: {
          text: `from ${least} (lightest) to ${most} (darkest), logarithmic`,
          left: LEFT,
          top: 4,
          padding: 0,
          textStyle: text(12, LIGHT.faint),
        },
        ...gridOf(rows, layers),
        series: [cellsOf(rows, layers, { range, color: styles.get(system)!.color })],
      },
      { id: 'gradients', width: PANELS_WIDTH, height: 34 + layers.length * ROW + 48 },
    ),
    data: {
      columns: ['layer', 'epoch', 'gradientNorm'],
      rows: logged.flatMap(({ epoch, norms }) =>
        layers.map((layer) => [layer, Number(epoch.toFixed(4)), norms[layer]]),
      ),
    },
    shown: {
      columns: ['layer', 'norm at first', 'norm at last'],
      rows: layers.map((layer) => [layer, first[layer].toPrecision(3), last[layer].toPrecision(3)]),
    },
  };
}

function gridOf(rows: readonly LoggedNorms[], layers: readonly string[]): EChartsOption {
  return {
    grid: { left: LEFT, top: 28, width: PANELS_WIDTH - LEFT - 20, height: layers.length * ROW },
    xAxis: {
      type: 'category',
      data: rows.map(({ epoch }) => epoch.toFixed(1)),
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: text(12.5, LIGHT.ink),
      axisLabel: { ...text(11.5, LIGHT.faint), hideOverlap: true },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: LIGHT.axis } },
    },
    yAxis: {
      type: 'category',
      data: layers.map((layer) => endOf(layer, LEFT - 16, 11)),
      inverse: true,
      axisLabel: { ...text(11, LIGHT.faint), interval: 0 },
      axisTick: { show: false },
      axisLine: { show: false },
    },
  };
}

/** A cell for each layer and row, the darker the larger the norm between two powers of ten. */
function cellsOf(
  rows: readonly LoggedNorms[],
  layers: readonly string[],
  { range: [low, high], color }: { range: readonly number[]; color: string },
): CustomSeriesOption {
  /** 0 for the smallest norm, 1 for the largest. */
  const depth = (norm: number) => (norm > 0 ? (Math.log10(norm) - low) / (high - low || 1) : 0);
  return {
    type: 'custom',
    silent: true,
    data: rows.flatMap((_, column) => layers.map((_layer, row) => [column, row])),
    renderItem: (_, api) => {
      const [column, row] = [Number(api.value(0)), Number(api.value(1))];
      const [x, y] = api.coord([column, row]);
      const [width, rowHeight] = api.size!([1, 1]) as number[];
      return {
        type: 'rect',
        shape: { x: x - width / 2, y: y - rowHeight / 2, width, height: rowHeight - 1 },
        style: { fill: color, opacity: 0.04 + 0.96 * depth(rows[column].norms[layers[row]]) ** 1.3 },
      };
    },
  };
}
