/**
 * @file Figure: EER of systems under worse conditions: against the length that utterances are cut to, and against the
 * signal-to-noise ratio. Conditions get better to the right, and end with the speech as it is.
 *
 * Conditions stand at equal distances, as their order is what matters, and `full` has no place on a scale.
 */
import type { ConditionSystem, Robustness, TestedUnder } from '../comparison/robustness.js';
import { formatPValue } from '../comparison/verdict-words.js';
import { formatRate, formatRelative } from '../text/number-format.js';
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import {
  eerLine,
  FEW_SYSTEMS,
  horizontalAxis,
  shiftOf,
  systemsWithBars,
  text,
  ticksAt,
  topOfRates,
} from './chart-parts.js';
import { type Drawing, endsOf, type FigureKind } from './figure.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { layOutPanels, PANELS_WIDTH } from './panels.js';
import { percentTick, rangeOf } from './rate-text.js';
import { ARROWS_EXPLAINED, whiskers } from './whiskers.js';

const PANELS = [
  { kind: 'duration', title: 'EER against duration', note: 'length that utterances are cut to', full: 'full' },
  { kind: 'snr', title: 'EER against noise', note: 'speech-to-noise ratio in dB', full: 'no noise' },
] as const;

export const robustnessFigure = {
  id: 'robustness',
  title: () => 'Robustness to duration and noise',
  needs: ({ tested }) => tested?.compared.robustness,
  draw,
} satisfies FigureKind<Robustness>;

/** The conditions of one kind, and the systems under them. */
interface ConditionPanel {
  readonly title: string;
  readonly note: string;
  /** Of the conditions, from left to right. */
  readonly labels: readonly string[];
  /** By system, a point under each condition. */
  readonly points: readonly (readonly Point[])[];
  /** Where the vertical axis ends. */
  readonly most: number;
}

interface Point extends ConditionSystem {
  readonly x: number;
  readonly condition: TestedUnder;
  /** The interval, where it is drawn. */
  readonly bar?: ConditionSystem['eerInterval'];
}

function draw(robustness: Robustness, styles: SystemStyles): Drawing {
  const { conditions, sides, noise } = robustness;
  const tested = conditions[0].systems.map(({ name }) => name);
  const names = [...styles.keys()].filter((name) => tested.includes(name));
  const panels = panelsOf(conditions, names);
  const { height, parts } = layOutPanels(
    panels.map(({ title, note, most }) => ({ title, note, most, tick: percentTick })),
    names,
    styles,
  );
  return {
    caption:
      `The same trials again, with ${sides === 'test' ? 'the test utterance' : 'both utterances'} cut short, or with noise added` +
      `${noise === undefined ? '' : ` (${noise})`}. All systems and trainings hear the same cuts and the same noise. Bars are 95 % intervals` +
      `${names.length <= FEW_SYSTEMS ? '' : ' of the first two systems'}, from speakers and trainings. ${ARROWS_EXPLAINED} ` +
      'The table tests the differences themselves, each condition by itself.',
    description: conditions
      .flatMap((condition) => names.map((name) => describe(condition, systemOf(condition, name))))
      .join('. '),
    svg: drawChart(
      { ...parts, ...chartOption(panels, styles) },
      { id: 'robustness', width: PANELS_WIDTH, height, tips: panels.flatMap(tipsOf) },
    ),
    data: {
      columns: ['condition', 'kind', 'value', 'system', 'eer', 'eerLow', 'eerHigh', 'minDcf', 'relativeEer', 'pValue'],
      rows: conditions.flatMap(({ name, kind, value, systems }) =>
        names.map((system) => [name, kind, value ?? null, ...cellsOf(systemOf({ systems }, system))]),
      ),
    },
    shown: {
      columns: ['condition', ...names.map((name) => `EER of ${name}`)],
      rows: conditions.map((condition) => [
        condition.name,
        ...names.map((name) => describeFigures(systemOf(condition, name))),
      ]),
    },
  };
}

/** A panel for each kind of condition that was tested. */
function panelsOf(conditions: readonly TestedUnder[], names: readonly string[]): ConditionPanel[] {
  const withBars = systemsWithBars(names);
  return PANELS.filter(({ kind }) => conditions.some((condition) => condition.kind === kind)).map((panel) => {
    const own = conditions
      .filter(({ kind }) => kind === panel.kind || kind === 'full')
      .toSorted((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity));
    const labels = own.map(({ kind, value, name }) =>
      kind === 'full' ? panel.full : kind === 'snr' ? String(value) : name,
    );
    const points = names.map((name, i) =>
      own.map((condition, place): Point => {
        const system = systemOf(condition, name);
        const x = place + shiftOf(i, names.length, { most: 0.12, all: 0.5 });
        return { ...system, x, condition, bar: withBars.has(name) ? system.eerInterval : undefined };
      }),
    );
    const most = topOfRates(points.flat().map(({ eer, bar }) => ({ rate: eer, high: bar?.[1] })));
    return { title: panel.title, note: panel.note, labels, points, most };
  });
}

function chartOption(panels: readonly ConditionPanel[], styles: SystemStyles): EChartsOption {
  return {
    xAxis: panels.map(({ labels }, gridIndex) => {
      const ticks = ticksAt([...labels.keys()], (place) => labels[place]);
      return {
        ...horizontalAxis(''),
        gridIndex,
        min: -0.5,
        max: labels.length - 0.5,
        splitLine: { show: false },
        ...ticks,
        axisLabel: { ...ticks.axisLabel, ...text(11.5, LIGHT.faint) },
      };
    }),
    series: panels.flatMap(({ points }, index) => [
      whiskers(
        points.flat().map(({ x, name, bar }) => ({ at: x, interval: bar, color: styles.get(name)!.color })),
        { gridIndex: index },
      ),
      ...points.map((own) => ({
        ...eerLine(own, { name: own[0].name, style: styles.get(own[0].name)!, symbolSize: 8 }),
        xAxisIndex: index,
        yAxisIndex: index,
      })),
    ]),
  };
}

const tipsOf = ({ points }: ConditionPanel, grid: number): Tip[] =>
  points.flat().map(({ x, condition, ...system }) => ({
    grid,
    at: [x, system.eer],
    text: describe(condition, system),
  }));

const systemOf = ({ systems }: Pick<TestedUnder, 'systems'>, name: string): ConditionSystem =>
  systems.find((system) => system.name === name)!;

const cellsOf = ({ name, eer, eerInterval, minDcf, relativeEer, difference }: ConditionSystem) => [
  name,
  eer,
  ...endsOf(eerInterval),
  minDcf,
  relativeEer ?? null,
  difference?.pValue ?? null,
];

const describe = ({ name: condition }: TestedUnder, system: ConditionSystem): string =>
  `${system.name}, ${condition}: EER ${describeFigures(system)}`;

/** `5.12 % (4.00 % to 6.20 %; -5.0 %, p = 0.03)` */
function describeFigures({ eer, eerInterval, relativeEer, difference }: ConditionSystem): string {
  const details = [
    ...(eerInterval ? [rangeOf(eerInterval)] : []),
    // A change from 0 has no size, and is null in JSON.
    ...(typeof relativeEer === 'number' && Number.isFinite(relativeEer)
      ? [`${formatRelative(relativeEer)} against the baseline`]
      : []),
    ...(difference ? [formatPValue(difference.pValue)] : []),
  ];
  return `${formatRate(eer)}${details.length > 0 ? ` (${details.join('; ')})` : ''}`;
}
