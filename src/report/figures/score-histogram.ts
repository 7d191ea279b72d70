/**
 * @file Figure: how the scores of target and nontarget trials lie, a panel a system.
 *
 * Both kinds are shown as shares of their own number, as there are usually far more nontarget trials. Bins are equally
 * wide over all finite scores of the panel; the last one holds its upper end too, and the first and last the infinite
 * ones, so that every trial is in one.
 */
import type { LineSeriesOption } from 'echarts/charts';
import { detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';
import { formatRate } from '../text/number-format.js';
import { drawChart, type EChartsOption, type Tip } from './chart.js';
import { horizontalAxis, panelAxis, panelHeading, text, uprightAt } from './chart-parts.js';
import type { Drawing, FigureKind } from './figure.js';
import { startOf } from './fitted-text.js';
import { LIGHT, type SystemStyles } from './palette.js';
import { percentTick } from './rate-text.js';
import type { ScoredTrials } from './scored-systems.js';

interface ScoreHistogram {
  /** Edges of the bins, rising. [bins + 1] */
  readonly edges: readonly number[];
  readonly targets: readonly number[];
  readonly nontargets: readonly number[];
}

const BINS = 50;

/** Counts scores in equally wide bins. */
export function scoreHistogram(scores: ArrayLike<number>, labels: ArrayLike<number>, bins = BINS): ScoreHistogram {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) continue;
    low = Math.min(low, scores[i]);
    high = Math.max(high, scores[i]);
  }
  if (low > high) [low, high] = [-0.5, 0.5];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const counts = { targets: new Array<number>(bins).fill(0), nontargets: new Array<number>(bins).fill(0) };
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(((scores[i] - low) / (high - low)) * bins)));
    (labels[i] ? counts.targets : counts.nontargets)[bin]++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins), ...counts };
}

const WIDTH = 960;
const PANEL = { height: 250, left: 52, right: 22, top: 58, bottom: 52 };

/** More panels are not drawn; all are in the data. */
const MOST_PANELS = 12;

export const scoreHistogramFigure = {
  id: 'scores',
  title: () => 'Scores of target and nontarget trials',
  needs: ({ tested }) => tested?.trials,
  draw,
} satisfies FigureKind<ScoredTrials>;

interface Panel extends ScoreHistogram {
  readonly name: string;
  readonly color: string;
  readonly eer: number;
  /** Of the EER. */
  readonly threshold: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** How many trials there are of each kind. */
interface Totals {
  readonly targets: number;
  readonly nontargets: number;
}

function draw(trials: ScoredTrials, styles: SystemStyles): Drawing {
  const { table, systems } = trials;
  const columns = systems.length <= 4 ? Math.min(2, systems.length) : 3;
  const everyPanel = panelsOf(trials, styles, columns);
  const panels = everyPanel.slice(0, MOST_PANELS);
  const targets = table.labels.reduce((sum, label) => sum + label, 0);
  const totals = { targets, nontargets: table.labels.length - targets };
  const several = systems.some(({ runs }) => runs.length > 1);
  return {
    caption:
      'The less the two shapes overlap, the better. Target trials are in colour with a solid outline, nontarget trials in grey with a dashed one, each in per cent of ' +
      `their own number (${totals.targets} and ${totals.nontargets}). The upright line is the threshold at the equal error rate: grey to its right ` +
      `is accepted wrongly, colour to its left is rejected wrongly. ${several ? 'The picture shows the first training of each system. ' : ''}Scores of different systems have different scales.` +
      (everyPanel.length > panels.length ? ` The picture shows ${panels.length} of ${everyPanel.length} systems.` : ''),
    description: panels.map(describe).join('. '),
    svg: drawChart(
      { ...layOut(panels), series: panels.flatMap((panel, index) => outlines(panel, index, totals)) },
      {
        id: 'scores',
        width: WIDTH,
        height: Math.ceil(panels.length / columns) * PANEL.height,
        tips: panels.flatMap((panel, grid) => tipsOf(panel, grid, totals)),
      },
    ),
    data: {
      columns: ['system', 'from', 'to', 'targets', 'nontargets'],
      rows: everyPanel.flatMap(({ name, edges, targets: inBin, nontargets: others }) =>
        inBin.map((count, i) => [name, edges[i], edges[i + 1], count, others[i]]),
      ),
    },
    shown: {
      columns: ['system', 'scores', 'target trials', 'nontarget trials'],
      rows: panels.flatMap((panel) =>
        coarser(panel).map(({ from, to, targets: a, nontargets: b }) => [
          panel.name,
          `${from.toFixed(2)} to ${to.toFixed(2)}`,
          a,
          b,
        ]),
      ),
    },
  };
}

function panelsOf({ table, systems }: ScoredTrials, styles: SystemStyles, columns: number): Panel[] {
  const width = WIDTH / columns;
  return systems.map(({ name, runs: [scores] }, i) => ({
    name,
    color: styles.get(name)!.color,
    ...scoreHistogram(scores, table.labels, columns === 3 ? 40 : BINS),
    ...curveEer(detCurve(scores, table.labels)),
    left: (i % columns) * width,
    top: Math.floor(i / columns) * PANEL.height,
    width,
  }));
}

function layOut(panels: readonly Panel[]): EChartsOption {
  return {
    title: panels.map(({ name, left, top, width, eer }) =>
      panelHeading(startOf(name, width - 40, 13.5), `EER ${formatRate(eer)}`, {
        left: left + PANEL.left - 36,
        top: top + 4,
      }),
    ),
    grid: panels.map(({ left, top, width }) => ({
      left: left + PANEL.left,
      top: top + PANEL.top,
      width: width - PANEL.left - PANEL.right,
      height: PANEL.height - PANEL.top - PANEL.bottom,
    })),
    xAxis: panels.map(({ edges }, gridIndex) => ({
      gridIndex,
      ...horizontalAxis('score'),
      nameGap: 26,
      min: edges[0],
      max: edges.at(-1)!,
      splitLine: { show: false },
      axisLabel: { ...text(11.5, LIGHT.faint), showMinLabel: false, showMaxLabel: false, hideOverlap: true },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      ...panelAxis(''),
      min: 0,
      splitNumber: 3,
      axisLabel: { ...text(11.5, LIGHT.faint), formatter: percentTick },
      axisLine: { show: false, onZero: false },
    })),
  };
}

/** The nontarget trials of a panel, and over them the target trials with the threshold. */
function outlines({ edges, color, threshold, ...counts }: Panel, index: number, totals: Totals): LineSeriesOption[] {
  const outline = (kind: keyof Totals): LineSeriesOption => {
    const heights = counts[kind].map((count) => count / totals[kind]);
    return {
      type: 'line',
      step: 'end',
      silent: true,
      showSymbol: false,
      xAxisIndex: index,
      yAxisIndex: index,
      // Each height at the left edge of its bin, and the last at the right one too.
      data: edges.map((edge, i) => [edge, heights[Math.min(i, heights.length - 1)]]),
    };
  };
  return [
    {
      ...outline('nontargets'),
      lineStyle: { color: LIGHT.faint, width: 1.4, type: [4, 2] },
      areaStyle: { color: LIGHT.faint, opacity: 0.14 },
    },
    {
      ...outline('targets'),
      lineStyle: { color, width: 1.8 },
      areaStyle: { color, opacity: 0.22 },
      ...uprightAt(threshold, { color: LIGHT.ink, type: 'solid' }),
    },
  ];
}

function tipsOf({ name, edges, targets, nontargets }: Panel, grid: number, totals: Totals): Tip[] {
  const digits = Math.max(0, 1 - Math.floor(Math.log10(edges[1] - edges[0])));
  return targets.map((count, i) => ({
    grid,
    at: [edges[i], Math.max(count / totals.targets, nontargets[i] / totals.nontargets, 0.004)],
    stripTo: edges[i + 1],
    text: `${name}, scores ${edges[i].toFixed(digits)} to ${edges[i + 1].toFixed(digits)}: ${count} target and ${nontargets[i]} nontarget trials`,
  }));
}

function describe({ name, edges, targets, nontargets, threshold }: Panel): string {
  const peak = (counts: readonly number[]) => edges[counts.indexOf(Math.max(...counts))].toFixed(2);
  return `${name}: target scores are most frequent near ${peak(targets)}, nontarget scores near ${peak(nontargets)}, threshold ${threshold.toFixed(3)}`;
}

/** Bins joined five at a time. */
function coarser({ targets, nontargets, edges }: ScoreHistogram) {
  const sum = (counts: readonly number[], from: number) =>
    counts.slice(from, from + 5).reduce((total, count) => total + count, 0);
  return Array.from({ length: Math.ceil(targets.length / 5) }, (_, i) => 5 * i).map((from) => ({
    from: edges[from],
    to: edges[Math.min(from + 5, targets.length)],
    targets: sum(targets, from),
    nontargets: sum(nontargets, from),
  }));
}
