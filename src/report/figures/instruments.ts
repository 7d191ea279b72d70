/**
 * @file Figure: what was measured inside the networks as they trained, from the rows of `metrics.jsonl` that hold it
 * (`training/instruments.ts`): whether embeddings keep their directions, and whether attention tells frames apart.
 */
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import { epochAxis, horizontalAxis, text } from './chart-parts.js';
import { type Drawing, type FigureKind, thinned } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { layOutPanels, type Panel, panelLine, PANELS_WIDTH } from './panels.js';
import { epochsOf, type TrainingRecord } from './training-record.js';

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

/** A line of a panel. */
interface Line {
  readonly system: string;
  readonly run: string;
  /** What of the training it is: a layer. */
  readonly part?: string;
  readonly points: readonly (readonly [number, number])[];
}

interface InstrumentPanel extends Panel {
  readonly axis: 'epoch' | 'direction, the strongest first';
  readonly lines: readonly Line[];
}

/** Trainings may have been made without instruments; then there is nothing to say of them. */
export const instrumentsFigure = {
  id: 'instruments',
  title: () => 'Inside the networks',
  needs({ trainings }) {
    const panels = panelsOf(trainings);
    return panels.length > 0 ? panels : undefined;
  },
  draw,
} satisfies FigureKind<readonly InstrumentPanel[]>;

/** The panels that there are readings for. */
function panelsOf(records: readonly TrainingRecord[]): InstrumentPanel[] {
  const measured = records.map((record) => ({ ...record, readings: readingsOf(record) }));
  const panels: InstrumentPanel[] = [
    {
      title: 'Evenness of the attention',
      note: 'entropy over time; 1: all frames count alike',
      axis: 'epoch',
      lines: measured.flatMap((training) => layerLines(training, 'entropy')),
      most: 1,
    },
    {
      title: 'Diversity of the attention',
      note: 'how much latents or channels differ; 0: not at all',
      axis: 'epoch',
      lines: measured.flatMap((training) => layerLines(training, 'diversity')),
    },
    {
      title: 'Spectrum of the embeddings',
      note: 'share of the variance by direction, at the end',
      axis: 'direction, the strongest first',
      lines: measured.map(({ system, run, readings }) => ({
        system,
        run,
        points: (readings.at(-1)?.spectrum ?? []).map((share, i) => [i + 1, share]),
      })),
    },
    {
      title: 'Common direction',
      note: 'share of the variance in which all values move together',
      axis: 'epoch',
      lines: measured.map(({ system, run, readings }) => ({
        system,
        run,
        points: pointsOf(readings, ({ common }) => common),
      })),
    },
  ];
  return panels
    .map((panel) => ({ ...panel, lines: panel.lines.filter(({ points }) => points.length > 0) }))
    .filter(({ lines }) => lines.length > 0);
}

/** A line for each layer that attends to the frames. */
function layerLines(
  { system, run, readings }: TrainingRecord & { readings: readonly Reading[] },
  pick: 'entropy' | 'diversity',
): Line[] {
  const layers = new Set(readings.flatMap(({ attention }) => Object.keys(attention)));
  return [...layers].map((part) => ({
    system,
    run,
    part,
    points: pointsOf(readings, ({ attention }) => attention[part]?.[pick]),
  }));
}

const pointsOf = (readings: readonly Reading[], pick: (reading: Reading) => number | undefined): Line['points'] =>
  readings.flatMap((reading) => {
    const value = pick(reading);
    return typeof value === 'number' ? [[reading.epoch, value] as const] : [];
  });

function draw(panels: readonly InstrumentPanel[], styles: SystemStyles): Drawing {
  const systems = [...new Set(panels.flatMap(({ lines }) => lines.map(({ system }) => system)))];
  const { height, parts } = layOutPanels(panels, systems, styles);
  return {
    caption:
      'Signs of a network that collapses, measured on a few development utterances during the training. Each line is a training; the two ' +
      'panels of attention have a line for each layer that attends to the frames. In a network that learns, the evenness falls below 1: ' +
      'at 1 its attention is a plain mean. The embeddings of a network that collapses have nearly all their variance in one direction, or in the common one.',
    description: panels.map(describe).join('. '),
    svg: drawChart(
      { ...parts, ...linesOption(panels, styles) },
      { id: 'instruments', width: PANELS_WIDTH, height, tips: panels.flatMap(tipsOf) },
    ),
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
      rows: panels.flatMap((panel) =>
        panel.lines.map((line) => [measureOf(panel), nameOf(line), ...endsOf(panel, line)]),
      ),
    },
  };
}

function linesOption(panels: readonly InstrumentPanel[], styles: SystemStyles): EChartsOption {
  return {
    xAxis: panels.map(({ axis, lines }, gridIndex) => {
      const places = lines.flatMap(({ points }) => points.map(([x]) => x));
      return {
        gridIndex,
        ...(axis === 'epoch' ? epochAxis(Math.max(...places)) : directionAxis(axis, places)),
        splitLine: { show: false },
      };
    }),
    series: panels.flatMap(({ lines }, index) =>
      lines.map(({ system, points }) =>
        panelLine(index, points, { name: system, style: styles.get(system)!, width: 1.2, symbolSize: 4 }),
      ),
    ),
  };
}

const directionAxis = (name: string, places: readonly number[]) => ({
  ...horizontalAxis(name),
  nameGap: 22,
  min: Math.min(...places),
  max: Math.max(...places),
  axisLabel: { ...text(11.5, LIGHT.faint), hideOverlap: true, showMaxLabel: false },
});

const tipsOf = ({ title, lines, axis }: InstrumentPanel, grid: number): Tip[] =>
  lines.flatMap((line) =>
    thinned(line.points, Math.max(3, Math.floor(90 / lines.length))).map((at) => ({
      grid,
      at,
      text: `${nameOf(line)}, ${axis === 'epoch' ? `epoch ${at[0].toFixed(1)}` : `direction ${at[0]}`}: ${title.toLowerCase()} ${at[1].toFixed(3)}`,
    })),
  );

const nameOf = ({ run, part }: Line) => (part === undefined ? run : `${run}, ${part}`);

const measureOf = ({ axis, title }: InstrumentPanel) =>
  axis === 'epoch' ? title.toLowerCase() : 'strongest direction, share of the variance';

/** The first and the last value; of a spectrum, which is of the end alone, its strongest direction. */
const endsOf = ({ axis }: InstrumentPanel, { points }: Line): [string, string] => {
  const [first, last] = [points[0], points.at(-1)!].map(([, value]) => value.toFixed(3));
  return axis === 'epoch' ? [first, last] : ['-', first];
};

function describe({ title, lines }: InstrumentPanel): string {
  const last = lines.map(({ points }) => points.at(-1)![1]);
  return `${title}: ${lines.length} lines, at the end between ${Math.min(...last).toFixed(2)} and ${Math.max(...last).toFixed(2)}`;
}
