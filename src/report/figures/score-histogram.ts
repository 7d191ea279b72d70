/**
 * @file Figure: how the scores of target and nontarget trials lie, a panel a system.
 *
 * Both kinds are shown as shares of their own number, as there are usually far more nontarget trials. Bins are equally
 * wide over all scores of the panel; the last one holds its upper end too, so that every trial is in one.
 */
import { detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';
import { drawChart, type Tip } from './chart.js';
import { horizontalAxis, panelAxis, shortened, text } from './chart-parts.js';
import type { Figure } from './figure.js';
import { LIGHT, type SystemStyle } from './palette.js';
import { percent, percentTick, type ScoredTrials } from './scored-systems.js';

export interface ScoreHistogram {
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
    low = Math.min(low, scores[i]);
    high = Math.max(high, scores[i]);
  }
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const counts = { targets: new Array<number>(bins).fill(0), nontargets: new Array<number>(bins).fill(0) };
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(((scores[i] - low) / (high - low)) * bins));
    (labels[i] ? counts.targets : counts.nontargets)[bin]++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins), ...counts };
}

const WIDTH = 960;
const PANEL = { height: 250, left: 52, right: 22, top: 58, bottom: 52 };

/** More panels are not drawn; all are in the data. */
const MOST_PANELS = 12;

export function scoreHistogramFigure(
  { table, systems }: ScoredTrials,
  styles: ReadonlyMap<string, SystemStyle>,
): Figure {
  const columns = systems.length <= 4 ? Math.min(2, systems.length) : 3;
  const panelWidth = WIDTH / columns;
  const everyPanel = systems.map(({ name, runs }, i) => ({
    name,
    color: styles.get(name)!.color,
    ...scoreHistogram(runs[0], table.labels, columns === 3 ? 40 : BINS),
    ...curveEer(detCurve(runs[0], table.labels)),
    left: (i % columns) * panelWidth,
    top: Math.floor(i / columns) * PANEL.height,
  }));
  const panels = everyPanel.slice(0, MOST_PANELS);
  const targets = table.labels.reduce((sum, label) => sum + label, 0);
  const nontargets = table.labels.length - targets;
  const shares = (counts: readonly number[], total: number) => counts.map((count) => count / total);
  /** The outline of the bars: each height at the left edge of its bin, and the last at the right one too. */
  const outline = (edges: readonly number[], heights: readonly number[]) =>
    edges.map((edge, i) => [edge, heights[Math.min(i, heights.length - 1)]]);
  const digits = (edges: readonly number[]) => Math.max(0, 1 - Math.floor(Math.log10(edges[1] - edges[0])));
  const tips = panels.flatMap(({ edges, targets: inBin, nontargets: others, name }, grid): Tip[] =>
    inBin.map((count, i) => ({
      grid,
      at: [edges[i], Math.max(count / targets, others[i] / nontargets, 0.004)],
      stripTo: edges[i + 1],
      text: `${name}, scores ${edges[i].toFixed(digits(edges))} to ${edges[i + 1].toFixed(digits(edges))}: ${count} target and ${others[i]} nontarget trials`,
    })),
  );
  const svg = drawChart(
    {
      title: panels.map(({ name, left, top, eer }) => ({
        text: shortened(name, panelWidth - 40, 13.5),
        subtext: `EER ${percent(eer)}`,
        left: left + PANEL.left - 36,
        top: top + 4,
        itemGap: 4,
        padding: 0,
        textStyle: text(13.5, LIGHT.ink, 'bold'),
        subtextStyle: text(12, LIGHT.faint),
      })),
      grid: panels.map(({ left, top }) => ({
        left: left + PANEL.left,
        top: top + PANEL.top,
        width: panelWidth - PANEL.left - PANEL.right,
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
      series: panels.flatMap(({ edges, targets: inBin, nontargets: others, color, threshold }, index) => [
        {
          type: 'line' as const,
          step: 'end' as const,
          silent: true,
          showSymbol: false,
          xAxisIndex: index,
          yAxisIndex: index,
          data: outline(edges, shares(others, nontargets)),
          lineStyle: { color: LIGHT.faint, width: 1.4, type: [4, 2] },
          areaStyle: { color: LIGHT.faint, opacity: 0.14 },
        },
        {
          type: 'line' as const,
          step: 'end' as const,
          silent: true,
          showSymbol: false,
          xAxisIndex: index,
          yAxisIndex: index,
          data: outline(edges, shares(inBin, targets)),
          lineStyle: { color, width: 1.8 },
          areaStyle: { color, opacity: 0.22 },
          markLine: {
            silent: true,
            symbol: 'none',
            precision: 8, // of the place; echarts rounds to hundredths
            data: [{ xAxis: threshold }],
            label: { show: false },
            lineStyle: { color: LIGHT.ink, width: 1, type: 'solid' },
          },
        },
      ]),
    },
    { id: 'scores', width: WIDTH, height: Math.ceil(panels.length / columns) * PANEL.height, tips },
  );
  const several = systems.some(({ runs }) => runs.length > 1);
  return {
    id: 'scores',
    title: 'Scores of target and nontarget trials',
    caption:
      'Target trials in colour with a solid outline, nontarget trials in grey with a dashed one, each as shares of their ' +
      `own number (${targets} and ${nontargets}). The upright line is the threshold of the equal error rate: what is grey to the ` +
      `right of it and coloured to the left goes wrong. ${several ? 'Shown is the first training of each system. ' : ''}Scores of different systems are not on one scale.` +
      (everyPanel.length > panels.length ? ` Drawn are ${panels.length} of ${everyPanel.length} systems.` : ''),
    description: panels
      .map(({ name, edges, targets: inBin, nontargets: others, threshold }) => {
        const peak = (counts: readonly number[]) => edges[counts.indexOf(Math.max(...counts))].toFixed(2);
        return `${name}: target scores are most frequent near ${peak(inBin)}, nontarget scores near ${peak(others)}, threshold ${threshold.toFixed(3)}`;
      })
      .join('. '),
    svg,
    data: {
      columns: ['system', 'from', 'to', 'targets', 'nontargets'],
      rows: everyPanel.flatMap(({ name, edges, targets: inBin, nontargets: others }) =>
        inBin.map((count, i) => [name, edges[i], edges[i + 1], count, others[i]]),
      ),
    },
    shown: {
      columns: ['system', 'scores', 'target trials', 'nontarget trials'],
      rows: panels.flatMap(({ name, edges, targets: inBin, nontargets: others }) =>
        coarser(inBin, others, edges).map(({ from, to, a, b }) => [
          name,
          `${from.toFixed(2)} to ${to.toFixed(2)}`,
          a,
          b,
        ]),
      ),
    },
  };
}

/** Bins joined five at a time. */
function coarser(targets: readonly number[], nontargets: readonly number[], edges: readonly number[]) {
  const sum = (counts: readonly number[], from: number) =>
    counts.slice(from, from + 5).reduce((total, count) => total + count, 0);
  return Array.from({ length: Math.ceil(targets.length / 5) }, (_, i) => 5 * i).map((from) => ({
    from: edges[from],
    to: edges[Math.min(from + 5, targets.length)],
    a: sum(targets, from),
    b: sum(nontargets, from),
  }));
}
