/**
 * @file Figure: how trainings went: loss, accuracy, EER on the development trials, learning rate, and the spread of the
 * embeddings where it was measured. All trainings of a system have one colour.
 *
 * Rows are those of `metrics.jsonl`. Systems may differ in steps an epoch, so the horizontal axis is epochs.
 */
import type { LineSeriesOption } from 'echarts/charts';
import { drawChart, type Tip } from './chart.js';
import { epochAxis } from './chart-parts.js';
import { type Figure, type NoFigure, thinned } from './figure.js';
import type { SystemStyle } from './palette.js';
import { layOutPanels, type Panel, PANELS_WIDTH } from './panels.js';
import { percent, percentTick } from './scored-systems.js';

/** What one training measured. */
export interface TrainingRecord {
  readonly system: string;
  /** Names the training: `aca-net@2`. */
  readonly run: string;
  readonly rows: readonly TrainingRow[];
}

export interface TrainingRow {
  readonly step: number;
  readonly [measure: string]: unknown;
}

interface CurvePanel extends Panel {
  readonly key: string;
  readonly format: (value: number) => string;
  /** Few points, so that each is marked. */
  readonly marks?: boolean;
}

const PANELS: readonly CurvePanel[] = [
  { key: 'loss', title: 'Loss', note: 'of the training batches', format: (value) => value.toFixed(3) },
  {
    key: 'accuracy',
    title: 'Accuracy',
    note: 'training crops given to their speaker',
    format: percent,
    tick: percentTick,
    most: 1,
  },
  {
    key: 'devEer',
    title: 'Development EER',
    note: 'speakers held out of training, not those of the test',
    format: percent,
    tick: percentTick,
    marks: true,
  },
  {
    key: 'lr',
    title: 'Learning rate',
    note: 'as scheduled',
    format: (value) => value.toExponential(2),
    tick: (value) => (value === 0 ? '0' : value.toExponential().replace('e-', 'e−').replace('e+', 'e')),
  },
  {
    key: 'devSpread',
    title: 'Spread of the embeddings',
    note: 'directions used, development utterances',
    format: (value) => value.toFixed(1),
    marks: true,
  },
  {
    key: 'gradNorm',
    title: 'Gradient norm',
    note: 'of all parameters, before clipping',
    format: (value) => value.toFixed(2),
  },
];

/** Points that are drawn of a curve; all of them are in the data. */
const DRAWN = 400;

/** The curve of one measure in one training: [epoch, value] pairs. */
export function curveOf({ rows }: TrainingRecord, key: string): [number, number][] {
  const epochs = epochsOf(rows);
  return rows.flatMap((row): [number, number][] => {
    const value = row[key];
    return typeof value === 'number' && Number.isFinite(value) ? [[epochs(row.step), value]] : [];
  });
}

/** Steps as epochs: the last step of the training ends its last epoch. */
export function epochsOf(rows: readonly TrainingRow[]): (step: number) => number {
  const last = rows.findLast(({ epoch }) => typeof epoch === 'number');
  const perEpoch = last ? last.step / Number(last.epoch) : 1;
  return (step) => step / perEpoch;
}

export function trainingCurvesFigure(
  records: readonly TrainingRecord[],
  styles: ReadonlyMap<string, SystemStyle>,
): Figure | NoFigure {
  const named = { id: 'training', title: 'Training curves' };
  const panels = PANELS.filter(({ key }) => records.some((record) => curveOf(record, key).length > 0));
  if (panels.length === 0) return { ...named, why: 'The trainings left no metrics.jsonl.' };
  const curves = panels.map(({ key }) => records.map((record) => ({ record, points: curveOf(record, key) })));
  const systems = [...new Set(records.map(({ system }) => system))];
  const { height, parts } = layOutPanels(panels, systems, styles);
  const several = records.length > systems.length;
  const svg = drawChart(
    {
      ...parts,
      xAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        ...epochAxis(Math.max(...curves.flat().flatMap(({ points }) => points.map(([epoch]) => epoch)))),
        splitLine: { show: false },
      })),
      series: panels.flatMap(({ marks = false }, index) =>
        curves[index].map(({ record, points }): LineSeriesOption => {
          const { color, dash, symbol } = styles.get(record.system)!;
          return {
            type: 'line',
            name: record.system,
            silent: true,
            xAxisIndex: index,
            yAxisIndex: index,
            data: thinned(points, DRAWN),
            // A line of one point would not be seen.
            showSymbol: points.length === 1 || (marks && records.length <= 8),
            symbol,
            symbolSize: 5,
            lineStyle: { color, width: several ? 1.3 : 1.8, type: dash },
            itemStyle: { color },
          };
        }),
      ),
    },
    {
      id: 'training',
      width: PANELS_WIDTH,
      height,
      tips: panels.flatMap(({ title, format }, grid) =>
        curves[grid].flatMap(({ record, points }) =>
          thinned(points, Math.max(5, Math.floor(60 / records.length))).map((at): Tip => ({
            grid,
            at,
            text: `${record.run}, epoch ${at[0].toFixed(1)}: ${title.toLowerCase()} ${format(at[1])}`,
          })),
        ),
      ),
    },
  );
  const summary = records.map((record) => ({
    run: record.run,
    last: panels.map(({ key, format }) => {
      const value = curveOf(record, key).at(-1)?.[1];
      return value === undefined ? '-' : format(value);
    }),
    best: Math.min(...curveOf(record, 'devEer').map(([, eer]) => eer)),
  }));
  return {
    ...named,
    caption:
      `What the trainings measured as they went${several ? '; the lines of one colour are trainings that differ in their seed alone' : ''}. ` +
      'Loss and accuracy hold the margin and the augmentation of training, so they are not comparable between systems that ' +
      'differ in these; the development EER is.',
    description: summary
      .map(
        ({ run, last, best }) =>
          `${run} ends with ${panels.map(({ title }, i) => `${title.toLowerCase()} ${last[i]}`).join(', ')}` +
          (Number.isFinite(best) ? `; its best development EER was ${percent(best)}` : ''),
      )
      .join('. '),
    svg,
    data: {
      columns: ['system', 'run', 'measure', 'epoch', 'value'],
      rows: panels.flatMap(({ key }, i) =>
        curves[i].flatMap(({ record, points }) =>
          points.map(([epoch, value]) => [record.system, record.run, key, Number(epoch.toFixed(4)), value]),
        ),
      ),
    },
    shown: {
      columns: ['training', ...panels.map(({ title }) => `${title.toLowerCase()}, last`), 'development EER, best'],
      rows: summary.map(({ run, last, best }) => [run, ...last, Number.isFinite(best) ? percent(best) : '-']),
    },
  };
}
