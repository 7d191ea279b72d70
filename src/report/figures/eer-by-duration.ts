/**
 * @file Figure: EER of systems against the length of the speech, as slices of the trials (`scoring/scores/slices.ts`).
 *
 * A trial is as hard as its shorter side, so that is what the trials are divided by; the bands hold about as many trials
 * each. Intervals come from the speakers of the band.
 */
import { compareRuns } from '../../scoring/intervals/paired-difference.js';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { sliceTrials, type TrialSide } from '../../scoring/scores/slices.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { createNumbering, type TrialTable } from '../../scoring/scores/trial-table.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import { drawChart, type Tip } from './chart.js';
import {
  eerLine,
  FEW_SYSTEMS,
  legendHeight,
  systemLegend,
  text,
  topOfRates,
  verticalAxis,
  whiskers,
} from './chart-parts.js';
import type { Figure, NoFigure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { mean, percent, percentTick, type ScoredTrials } from './scored-systems.js';

export interface DurationBand {
  readonly name: string;
  readonly targets: number;
  readonly nontargets: number;
  /** By system. */
  readonly eers: readonly { readonly name: string; readonly eer: number; readonly interval?: Interval }[];
}

const BANDS = 5;
/** With fewer target trials a band's EER says nothing. */
const FEWEST_TARGETS = 20;

/** EERs of the bands that hold enough trials of both kinds. */
export function durationBands(trials: ScoredTrials): DurationBand[] {
  const { table, sides, systems, speakers, seed } = trials;
  return sliceTrials(table, 'duration', sides, durationEdges(table, sides)).flatMap(({ name, trials: members }) => {
    const labels = Uint8Array.from(members, (trial) => table.labels[trial]);
    const targets = labels.reduce((sum, label) => sum + label, 0);
    const nontargets = labels.length - targets;
    if (targets < FEWEST_TARGETS || nontargets < FEWEST_TARGETS) return [];
    const runs = systems.map((system) => ({
      name: system.name,
      runs: system.runs.map((scores) => Float64Array.from(members, (trial) => scores[trial])),
    }));
    const own = speakersOf(speakers, members);
    if (whyNoIntervals(own) !== undefined) {
      const eers = runs.map((system) => ({
        name: system.name,
        eer: mean(system.runs.map((scores) => evaluateLabelled(scores, labels).eer)),
      }));
      return [{ name, targets, nontargets, eers }];
    }
    const { systems: measured } = compareRuns({ speakers: own, systems: runs, measures: ['eer'], seed });
    const eers = measured.map((system) => ({
      name: system.name,
      eer: system.figures.eer!.value,
      interval: system.figures.eer!.interval,
    }));
    return [{ name, targets, nontargets, eers }];
  });
}

/** Inner edges, in seconds, that cut the trials into about equal parts; rounded so that they read well. */
export function durationEdges({ enroll, test }: TrialTable, sides: readonly TrialSide[]): number[] {
  const shorter = Float64Array.from(enroll, (side, i) =>
    Math.min(sides[side].duration, sides[test[i]].duration),
  ).sort();
  const at = (share: number) => shorter[Math.min(shorter.length - 1, Math.floor(share * shorter.length))];
  const range = at(0.95) - at(0.05);
  const grain = range > 20 ? 1 : range > 8 ? 0.5 : range > 2 ? 0.2 : 0.1;
  const edges = Array.from({ length: BANDS - 1 }, (_, i) => Math.round(at((i + 1) / BANDS) / grain) * grain);
  return [...new Set(edges.map((edge) => Number(edge.toFixed(1))))].filter((edge) => edge > 0);
}

/** The speakers of some of the trials, numbered anew, as only they are resampled. */
function speakersOf({ names, enroll, test }: SpeakerPairs, members: Uint32Array): SpeakerPairs {
  const numbering = createNumbering();
  const renumber = (of: Uint32Array) => members.map((trial) => numbering.numberOf(names[of[trial]]));
  const own = { enroll: renumber(enroll), test: renumber(test) };
  return { names: numbering.ids, ...own };
}

const WIDTH = 960;
const HEIGHT = 400;
const GRID = { left: 76, top: 22, width: 610 };

export function eerByDurationFigure(trials: ScoredTrials, styles: ReadonlyMap<string, SystemStyle>): Figure | NoFigure {
  const named = { id: 'duration', title: 'EER against the length of the speech' };
  const bands = durationBands(trials);
  if (bands.length < 2)
    return { ...named, why: 'The utterances are too alike in length, or the trials too few, to be divided by it.' };
  const names = trials.systems.map(({ name }) => name);
  const few = names.length <= FEW_SYSTEMS;
  const withBars = new Set(few ? names : [...styles.keys()].slice(0, 2));
  const height = few ? HEIGHT : Math.max(HEIGHT, legendHeight(names.length) + 40);
  // Systems stand side by side within a band, unless there are too many.
  const shift = (system: number) => (few ? (system - (names.length - 1) / 2) * Math.min(0.16, 0.6 / names.length) : 0);
  const points = names.map((name, system) =>
    bands.map(({ eers }, i) => ({
      ...eers[system],
      x: i + shift(system),
      color: styles.get(name)!.color,
      bar: withBars.has(name) ? eers[system].interval : undefined,
    })),
  );
  const describe = (band: DurationBand, { name, eer, interval }: DurationBand['eers'][number]) =>
    `${name}, ${band.name}: EER ${percent(eer)}${interval ? ` (${percent(interval[0])} to ${percent(interval[1])})` : ''}`;
  const svg = drawChart(
    {
      grid: { ...GRID, height: height - 92 },
      legend: systemLegend(
        names.map((name) => ({ name, style: styles.get(name)! })),
        { left: GRID.left + GRID.width + 28 },
      ),
      xAxis: {
        type: 'value',
        min: -0.5,
        max: bands.length - 0.5,
        name: 'shorter side of the trial',
        nameLocation: 'middle',
        nameGap: 48,
        nameTextStyle: text(12.5, LIGHT.ink),
        splitLine: { show: false },
        axisLine: { lineStyle: { color: LIGHT.axis } },
        axisTick: { show: false, customValues: bands.map((_, i) => i) },
        axisLabel: {
          ...text(12, LIGHT.faint),
          lineHeight: 17,
          customValues: bands.map((_, i) => i),
          formatter: (i: number) => `${bands[i].name}\n${bands[i].targets + bands[i].nontargets} trials`,
        },
      },
      yAxis: {
        ...verticalAxis('EER'),
        min: 0,
        max: topOfRates(points.flat().map(({ eer, bar }) => ({ rate: eer, high: bar?.[1] }))),
        axisLabel: { ...text(12, LIGHT.faint), formatter: percentTick },
      },
      series: [
        whiskers(
          points.flat().flatMap(({ x, bar, color }) => (bar ? [{ at: x, low: bar[0], high: bar[1], color }] : [])),
        ),
        ...points.map((own, system) =>
          eerLine(own, { name: names[system], style: styles.get(names[system])!, symbolSize: 10 }),
        ),
      ],
    },
    {
      id: 'duration',
      width: WIDTH,
      height,
      tips: points.flatMap((own) =>
        own.map((point, i): Tip => ({ at: [point.x, point.eer], text: describe(bands[i], point) })),
      ),
    },
  );
  return {
    ...named,
    caption:
      'The trials are divided by the length of their shorter side, in bands with about as many trials each. Bars are 95 % ' +
      `intervals from the speakers of the band${few ? '' : ', of the first two systems only'}; ` +
      'a band has fewer trials than the whole, so they are wide, and may go beyond the top.',
    description: bands.map((band) => band.eers.map((eer) => describe(band, eer)).join(', ')).join('. '),
    svg,
    data: {
      columns: ['duration', 'targets', 'nontargets', 'system', 'eer', 'eerLow', 'eerHigh'],
      rows: bands.flatMap(({ name, targets, nontargets, eers }) =>
        eers.map(({ name: system, eer, interval }) => [
          name,
          targets,
          nontargets,
          system,
          eer,
          interval?.[0] ?? null,
          interval?.[1] ?? null,
        ]),
      ),
    },
    shown: {
      columns: ['shorter side', 'target trials', 'nontarget trials', ...names.map((name) => `EER of ${name}`)],
      rows: bands.map(({ name, targets, nontargets, eers }) => [
        name,
        targets,
        nontargets,
        ...eers.map(({ eer, interval }) =>
          interval ? `${percent(eer)} (${percent(interval[0])} to ${percent(interval[1])})` : percent(eer),
        ),
      ]),
    },
  };
}
