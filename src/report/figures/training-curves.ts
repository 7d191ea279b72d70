/**
 * @file Figure: how trainings went: loss, accuracy, EER on the development trials, learning rate, and the spread of the
 * embeddings where it was measured. All trainings of a system have one colour.
 *
 * Systems may differ in steps an epoch, so the horizontal axis is epochs.
 */
import { formatRate } from '../text/number-format.js';
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import { epochAxis } from './chart-parts.js';
import { type Drawing, type FigureKind, type NoFigure, thinned } from './figure.js';
import type { SystemStyles } from './palette.js';
import { layOutPanels, type Panel, panelLine, PANELS_WIDTH } from './panels.js';
import { percentTick } from './rate-text.js';
import { curveOf, phasesIn, type TrainingRecord } from './training-record.js';

interface CurvePanel extends Panel {
  readonly key: string;
  readonly format: (value: number) => string;
  /** Few points, so that each is marked. */
  readonly marks?: boolean;
}

const PANELS: readonly CurvePanel[] = [
  { key: 'loss', title: 'Loss', note: 'on the training batches', format: (value) => value.toFixed(3) },
  {
    key: 'accuracy',
    title: 'Accuracy',
    note: 'training crops put down to the right speaker',
    format: formatRate,
    tick: percentTick,
    most: 1,
  },
  {
    key: 'devEer',
    title: 'Development EER',
    note: 'of speakers held out of training and test',
    format: formatRate,
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
    note: 'directions that they use; near 1: collapsed',
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

export const trainingCurvesFigure = {
  id: 'training',
  title: () => 'Training curves',
  needs: ({ trainings }) => trainings,
  draw,
} satisfies FigureKind<readonly TrainingRecord[]>;

/** A panel with a curve for each training. */
interface Curves extends CurvePanel {
  readonly curves: readonly { readonly record: TrainingRecord; readonly points: readonly [number, number][] }[];
}

function draw(records: readonly TrainingRecord[], styles: SystemStyles): Drawing | Pick<NoFigure, 'why'> {
  const panels = PANELS.map((panel): Curves => ({
    ...panel,
    curves: records.map((record) => ({ record, points: curveOf(record, panel.key) })),
  })).filter(({ curves }) => curves.some(({ points }) => points.length > 0));
  if (panels.length === 0) return { why: 'The trainings left no metrics.jsonl, so there is nothing to draw.' };
  const systems = [...new Set(records.map(({ system }) => system))];
  const several = records.length > systems.length;
  const { height, parts } = layOutPanels(panels, systems, styles);
  const ends = records.map((record, i) => endOf(record, i, panels));
  return {
    caption:
      `What was measured during the trainings${several ? '. Lines of one colour are trainings of one system that differ only in their seed' : ''}. ` +
      'Compare systems by their development EER. Loss and accuracy also depend on the margin and the augmentation of a training, ' +
      'so they can be compared only between systems that share these.' +
      describePhases(records),
    description: ends
      .map(
        ({ run, last, best }) =>
          `${run} ends with ${panels.map(({ title }, i) => `${title.toLowerCase()} ${last[i]}`).join(', ')}` +
          (best === undefined ? '' : `; its best development EER was ${formatRate(best)}`),
      )
      .join('. '),
    svg: drawChart(
      { ...parts, ...curvesOption(panels, { styles, several }) },
      { id: 'training', width: PANELS_WIDTH, height, tips: panels.flatMap(tipsOf) },
    ),
    data: {
      columns: ['system', 'run', 'measure', 'epoch', 'value'],
      rows: panels.flatMap(({ key, curves }) =>
        curves.flatMap(({ record, points }) =>
          points.map(([epoch, value]) => [record.system, record.run, key, Number(epoch.toFixed(4)), value]),
        ),
      ),
    },
    shown: {
      columns: ['training', ...panels.map(({ title }) => `${title.toLowerCase()}, last`), 'development EER, best'],
      rows: ends.map(({ run, last, best }) => [run, ...last, best === undefined ? '-' : formatRate(best)]),
    },
  };
}

/** Where the phases of the trainings begin. Trainings of one system have the same ones. */
function describePhases(records: readonly TrainingRecord[]): string {
  const lines = records.flatMap(({ system, rows }) => {
    const [first, ...later] = phasesIn(rows);
    if (!first) return [];
    return [
      `${system} ${[first.name, ...later.map(({ name, epoch }) => `${name} from epoch ${epoch} on`)].join(', ')}`,
    ];
  });
  return lines.length === 0 ? '' : ` Phases: ${[...new Set(lines)].join('; ')}.`;
}

function curvesOption(
  panels: readonly Curves[],
  { styles, several }: { styles: SystemStyles; several: boolean },
): EChartsOption {
  const epochs = panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(([epoch]) => epoch)));
  const last = Math.max(...epochs);
  return {
    xAxis: panels.map((_, gridIndex) => ({ gridIndex, ...epochAxis(last), splitLine: { show: false } })),
    series: panels.flatMap(({ marks = false, curves }, index) =>
      curves.map(({ record, points }) =>
        panelLine(index, thinned(points, DRAWN), {
          name: record.system,
          style: styles.get(record.system)!,
          width: several ? 1.3 : 1.8,
          symbolSize: 5,
          // A line of one point would not be seen.
          showSymbol: points.length === 1 || (marks && curves.length <= 8),
        }),
      ),
    ),
  };
}

const tipsOf = ({ title, format, curves }: Curves, grid: number): Tip[] =>
  curves.flatMap(({ record, points }) =>
    thinned(points, Math.max(5, Math.floor(60 / curves.length))).map((at) => ({
      grid,
      at,
      text: `${record.run}, epoch ${at[0].toFixed(1)}: ${title.toLowerCase()} ${format(at[1])}`,
    })),
  );

/** What a training, the i-th, measured last in each panel, and its best EER. */
function endOf(record: TrainingRecord, i: number, panels: readonly Curves[]) {
  const last = panels.map(({ curves, format }) => {
    const value = curves[i].points.at(-1)?.[1];
    return value === undefined ? '-' : format(value);
  });
  const eers = curveOf(record, 'devEer').map(([, eer]) => eer);
  return { run: record.run, last, best: eers.length > 0 ? Math.min(...eers) : undefined };
}
