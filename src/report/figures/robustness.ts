/**
 * @file Figure: EER of systems under worse conditions: against the length that utterances are cut to, and against the
 * signal-to-noise ratio. Conditions get better to the right, and end with the speech as it is.
 *
 * Conditions stand at equal distances, as their order is what matters, and `full` has no place on a scale.
 */
import type { ConditionSystem, Robustness, TestedUnder } from '../comparison/robustness.js';
import { formatRelative } from '../text/number-format.js';
import { formatPValue } from '../comparison/verdict.js';
import { drawChart, type Tip } from './chart.js';
import { eerLine, FEW_SYSTEMS, horizontalAxis, text, ticksAt, topOfRates, whiskers } from './chart-parts.js';
import type { Figure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { layOutPanels, PANELS_WIDTH } from './panels.js';
import { percent, percentTick } from './scored-systems.js';

const PANELS = [
  { kind: 'duration', title: 'EER against duration', note: 'utterances cut to', full: 'full' },
  { kind: 'snr', title: 'EER against noise', note: 'speech to noise, dB', full: 'none' },
] as const;

export function robustnessFigure(robustness: Robustness, styles: ReadonlyMap<string, SystemStyle>): Figure {
  const { conditions, sides, noise } = robustness;
  const tested = conditions[0].systems.map(({ name }) => name);
  const names = [...styles.keys()].filter((name) => tested.includes(name));
  const few = names.length <= FEW_SYSTEMS;
  const withBars = new Set(few ? names : names.slice(0, 2));
  const shift = (system: number) => (few ? (system - (names.length - 1) / 2) * Math.min(0.12, 0.5 / names.length) : 0);
  const panels = PANELS.filter(({ kind }) => conditions.some((condition) => condition.kind === kind)).map((panel) => {
    const own = conditions
      .filter(({ kind }) => kind === panel.kind || kind === 'full')
      .toSorted((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity));
    const labels = own.map(({ kind, value, name }) =>
      kind === 'full' ? panel.full : kind === 'snr' ? String(value) : name,
    );
    const points = names.map((name, i) =>
      own.map((condition, place) => ({ x: place + shift(i), condition, ...systemOf(condition, name) })),
    );
    const most = topOfRates(
      points
        .flat()
        .map(({ name, eer, eerInterval }) => ({ rate: eer, high: withBars.has(name) ? eerInterval?.[1] : eer })),
    );
    return { ...panel, conditions: own, labels, points, most };
  });
  const { height, parts } = layOutPanels(
    panels.map(({ title, note, most }) => ({ title, note, most, tick: percentTick })),
    names,
    styles,
  );
  const svg = drawChart(
    {
      ...parts,
      xAxis: panels.map(({ conditions: own, labels }, gridIndex) => ({
        ...horizontalAxis(''),
        gridIndex,
        min: -0.5,
        max: own.length - 0.5,
        splitLine: { show: false },
        ...ticksAt([...own.keys()], (place) => labels[place]),
        axisLabel: { ...ticksAt([...own.keys()], (place) => labels[place]).axisLabel, ...text(11.5, LIGHT.faint) },
      })),
      series: panels.flatMap(({ points }, index) => [
        whiskers(
          points
            .flat()
            .flatMap(({ x, name, eerInterval }) =>
              eerInterval && withBars.has(name)
                ? [{ at: x, low: eerInterval[0], high: eerInterval[1], color: styles.get(name)!.color }]
                : [],
            ),
          { gridIndex: index },
        ),
        ...points.map((own, system) => ({
          ...eerLine(own, { name: names[system], style: styles.get(names[system])!, symbolSize: 8 }),
          xAxisIndex: index,
          yAxisIndex: index,
        })),
      ]),
    },
    {
      id: 'robustness',
      width: PANELS_WIDTH,
      height,
      tips: panels.flatMap(({ points }, grid) =>
        points.flat().map(({ x, condition, ...system }): Tip => ({
          grid,
          at: [x, system.eer],
          text: describe(condition, system),
        })),
      ),
    },
  );
  return {
    id: 'robustness',
    title: 'Robustness to duration and noise',
    caption:
      `The same trials with ${sides === 'test' ? 'the test side' : 'both sides'} cut to some seconds, or in noise` +
      `${noise === undefined ? '' : ` (${noise})`}; cuts and noise are the same for all systems and trainings. Bars are 95 % intervals` +
      `${few ? '' : ' of the first two systems'} from speakers and trainings; they may go beyond the top. The table tests the ` +
      'differences themselves, each condition by itself.',
    description: conditions
      .flatMap((condition) => names.map((name) => describe(condition, systemOf(condition, name))))
      .join('. '),
    svg,
    data: {
      columns: ['condition', 'kind', 'value', 'system', 'eer', 'eerLow', 'eerHigh', 'minDcf', 'relativeEer', 'pValue'],
      rows: conditions.flatMap((condition) =>
        names.map((name) => {
          const { eer, eerInterval, minDcf, relativeEer, difference } = systemOf(condition, name);
          return [
            condition.name,
            condition.kind,
            condition.value ?? null,
            name,
            eer,
            eerInterval?.[0] ?? null,
            eerInterval?.[1] ?? null,
            minDcf,
            relativeEer ?? null,
            difference?.pValue ?? null,
          ];
        }),
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

const systemOf = ({ systems }: TestedUnder, name: string): ConditionSystem =>
  systems.find((system) => system.name === name)!;

const describe = ({ name: condition }: TestedUnder, system: ConditionSystem): string =>
  `${system.name}, ${condition}: EER ${describeFigures(system)}`;

/** `5.12 % (4.00 % to 6.20 %; -5.0 %, p = 0.03)` */
function describeFigures({ eer, eerInterval, relativeEer, difference }: ConditionSystem): string {
  const details = [
    ...(eerInterval ? [eerInterval.map(percent).join(' to ')] : []),
    // A change from 0 has no size, and is null in JSON.
    ...(typeof relativeEer === 'number' && Number.isFinite(relativeEer)
      ? [`${formatRelative(relativeEer)} against the baseline`]
      : []),
    ...(difference ? [formatPValue(difference.pValue)] : []),
  ];
  return `${percent(eer)}${details.length > 0 ? ` (${details.join('; ')})` : ''}`;
}
