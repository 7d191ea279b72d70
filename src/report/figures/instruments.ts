/**
 * @file Figures: what was measured inside the networks as they trained, from the rows of `metrics.jsonl` that hold it
 * (`training/instruments.ts`): whether embeddings keep their directions, whether attention tells frames apart, and which
 * layers' gradients vanish.
 */
import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { drawChart, type Tip } from './chart.js';
import { endOf, epochAxis, horizontalAxis, text } from './chart-parts.js';
import { type Figure, type NoFigure, thinned } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { layOutPanels, type Panel, PANELS_WIDTH } from './panels.js';
import { epochsOf, type TrainingRecord } from './training-curves.js';

/** One reading of the instruments. */
interface Reading {
  readonly epoch: number;
  readonly spectrum: readonly number[];
  readonly common?: number;
  /** By layer. */
  readonly attention: Readonly<Record<string, { entropy?: number; diversity?: number }>>;
}

/** The readings of a training, whatever of them its rows have. */
export function readingsOf({ rows }: TrainingRecord): Reading[] {
  const epochs = epochsOf(rows);
  return rows.flatMap(({ step, instruments }) => {
    if (typeof instruments !== 'object' || instruments === null) return [];
    const { spectrum = [], common, attention = {} } = instruments as Partial<Reading>;
    return [{ epoch: epochs(step), spectrum, common, attention }];
  });
}

interface Line {
  readonly system: string;
  readonly run: string;
  /** What of the training it is: a layer. */
  readonly part?: string;
  readonly points: readonly (readonly [number, number])[];
}

interface InstrumentPanel extends Panel {
  readonly axis: string;
  readonly lines: readonly Line[];
}

export function instrumentsFigure(
  records: readonly TrainingRecord[],
  styles: ReadonlyMap<string, SystemStyle>,
): Figure | NoFigure {
  const named = { id: 'instruments', title: 'Inside the networks' };
  const measured = records.map((record) => ({ ...record, readings: readingsOf(record) }));
  const layersOf = (pick: 'entropy' | 'diversity') =>
    measured.flatMap(({ system, run, readings }) =>
      [...new Set(readings.flatMap(({ attention }) => Object.keys(attention)))].map((part): Line => ({
        system,
        run,
        part,
        points: readings.flatMap(({ epoch, attention }) => {
          const value = attention[part]?.[pick];
          return typeof value === 'number' ? [[epoch, value] as const] : [];
        }),
      })),
    );
  const panels: InstrumentPanel[] = [
    {
      title: 'Evenness of the attention',
      note: 'entropy over time, 1: all frames alike, as a mean would',
      axis: 'epoch',
      lines: layersOf('entropy'),
      most: 1,
    },
    {
      title: 'Diversity of the attention',
      note: 'how much latents or channels differ, 0: all alike',
      axis: 'epoch',
      lines: layersOf('diversity'),
    },
    {
      title: 'Spectrum of the embeddings',
      note: 'shares of their variance by direction, at the end',
      axis: 'direction, the strongest first',
      lines: measured.flatMap(({ system, run, readings }) => {
        const last = readings.at(-1)?.spectrum ?? [];
        return last.length > 0 ? [{ system, run, points: last.map((share, i) => [i + 1, share] as const) }] : [];
      }),
    },
    {
      title: 'Common direction',
      note: 'share of the variance in which all values move as one',
      axis: 'epoch',
      lines: measured.map(({ system, run, readings }) => ({
        system,
        run,
        points: readings.flatMap(({ epoch, common }) => (typeof common === 'number' ? [[epoch, common] as const] : [])),
      })),
    },
  ]
    .map((panel) => ({ ...panel, lines: panel.lines.filter(({ points }) => points.length > 0) }))
    .filter(({ lines }) => lines.length > 0);
  if (panels.length === 0) return { ...named, why: 'The trainings were made without instruments.' };
  const systems = [...new Set(panels.flatMap(({ lines }) => lines.map(({ system }) => system)))];
  const { height, parts } = layOutPanels(panels, systems, styles);
  const nameOf = ({ run, part }: Line) => (part === undefined ? run : `${run}, ${part}`);
  const svg = drawChart(
    {
      ...parts,
      xAxis: panels.map(({ axis, lines }, gridIndex) => ({
        gridIndex,
        ...(axis === 'epoch'
          ? epochAxis(Math.max(...lines.flatMap(({ points }) => points.map(([x]) => x))))
          : {
              ...horizontalAxis(axis),
              nameGap: 22,
              min: Math.min(...lines.flatMap(({ points }) => points.map(([x]) => x))),
              max: Math.max(...lines.flatMap(({ points }) => points.map(([x]) => x))),
              axisLabel: { ...text(11.5, LIGHT.faint), hideOverlap: true, showMaxLabel: false },
            }),
        splitLine: { show: false },
      })),
      series: panels.flatMap(({ lines }, index) =>
        lines.map((line): LineSeriesOption => {
          const { color, dash, symbol } = styles.get(line.system)!;
          return {
            type: 'line',
            name: line.system,
            silent: true,
            xAxisIndex: index,
            yAxisIndex: index,
            data: line.points.map((point) => [...point]),
            symbol,
            symbolSize: 4,
            lineStyle: { color, width: 1.2, type: dash },
            itemStyle: { color },
          };
        }),
      ),
    },
    {
      id: 'instruments',
      width: PANELS_WIDTH,
      height,
      tips: panels.flatMap(({ title, lines, axis }, grid) =>
        lines.flatMap((line) =>
          thinned(line.points, Math.max(3, Math.floor(90 / lines.length))).map((at): Tip => ({
            grid,
            at,
            text: `${nameOf(line)}, ${axis === 'epoch' ? `epoch ${at[0].toFixed(1)}` : `direction ${at[0]}`}: ${title.toLowerCase()} ${at[1].toFixed(3)}`,
          })),
        ),
      ),
    },
  );
  const ends = panels.flatMap(({ title, lines, axis }) =>
    lines.map((line) => ({
      title,
      name: nameOf(line),
      first: line.points[0][1],
      last: (axis === 'epoch' ? line.points.at(-1)! : line.points[0])[1],
      axis,
    })),
  );
  return {
    ...named,
    caption:
      'Measured on a few development utterances as the networks trained; a line for each training, and for the attention one ' +
      'for each layer that attends to the frames. A network that learns leaves an evenness of 1, as attention that is even is a plain ' +
      'mean; embeddings that collapse have one direction, or one common one, with nearly all the variance.',
    description: panels
      .map(({ title, lines }) => {
        const last = lines.map(({ points }) => points.at(-1)![1]);
        return `${title}: ${lines.length} lines, at the end between ${Math.min(...last).toFixed(2)} and ${Math.max(...last).toFixed(2)}`;
      })
      .join('. '),
    svg,
    data: {
      columns: ['measure', 'system', 'run', 'layer', 'place', 'value'],
      rows: panels.flatMap(({ title, lines }) =>
        lines.flatMap(({ system, run, part, points }) =>
          points.map(([x, value]) => [title.toLowerCase(), system, run, part ?? null, Number(x.toFixed(4)), value]),
        ),
      ),
    },
    shown: {
      columns: ['measure', 'training', 'at first', 'at last'],
      rows: ends.map(({ title, name, first, last, axis }) => [
        axis === 'epoch' ? title.toLowerCase() : 'strongest direction, share of the variance',
        name,
        axis === 'epoch' ? first.toFixed(3) : '-',
        last.toFixed(3),
      ]),
    },
  };
}

/** More columns of the heat map than this would be thinner than is seen. */
const MOST_COLUMNS = 120;
const ROW = 15;

/** The norm of the gradients by layer over the training of one run, as a heat map. */
export function gradientsFigure(record: TrainingRecord | undefined, style: SystemStyle): Figure | NoFigure {
  const named = { id: 'gradients', title: `Gradients by layer${record ? ` of ${record.run}` : ''}` };
  const epochs = record && epochsOf(record.rows);
  const logged = (record?.rows ?? []).flatMap(({ step, gradNorms }) =>
    typeof gradNorms === 'object' && gradNorms !== null
      ? [{ epoch: epochs!(step), norms: gradNorms as Readonly<Record<string, number>> }]
      : [],
  );
  if (logged.length < 2) return { ...named, why: 'The training did not log gradients by layer.' };
  const rows = thinned(logged, MOST_COLUMNS);
  const layers = Object.keys(rows[0].norms);
  const positive = rows.flatMap(({ norms }) => layers.map((layer) => norms[layer])).filter((norm) => norm > 0);
  const [low, high] = [Math.min(...positive), Math.max(...positive)].map(Math.log10);
  /** 0 for the smallest norm, 1 for the largest. */
  const depth = (norm: number) => (norm > 0 ? (Math.log10(norm) - low) / (high - low || 1) : 0);
  const left = 210;
  const height = 34 + layers.length * ROW + 48;
  const cells: CustomSeriesOption = {
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
        style: { fill: style.color, opacity: 0.04 + 0.96 * depth(rows[column].norms[layers[row]]) ** 1.3 },
      };
    },
  };
  const svg = drawChart(
    {
      title: {
        text: `from ${(10 ** low).toPrecision(2)} (lightest) to ${(10 ** high).toPrecision(2)} (darkest), logarithmic`,
        left,
        top: 4,
        padding: 0,
        textStyle: text(12, LIGHT.faint),
      },
      grid: { left, top: 28, width: PANELS_WIDTH - left - 20, height: layers.length * ROW },
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
        data: layers.map((layer) => endOf(layer, left - 16, 11)),
        inverse: true,
        axisLabel: { ...text(11, LIGHT.faint), interval: 0 },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      series: [cells],
    },
    { id: 'gradients', width: PANELS_WIDTH, height },
  );
  const first = rows[0].norms;
  const last = rows.at(-1)!.norms;
  return {
    ...named,
    caption:
      `The norm of the gradient of each layer's parameters, means over log intervals, with the first layer at the top. A layer that stays ` +
      'light while others are dark learns little; all layers that darken together before the loss rises were taking too large steps.',
    description: `${layers.length} layers; norms between ${(10 ** low).toPrecision(2)} and ${(10 ** high).toPrecision(2)}`,
    svg,
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
