/**
 * @file A corpus at a glance: one SVG with six panels (durations, utterances and minutes a speaker, sample rates, level
 * of the speech, clipping), the splits stacked in colours.
 *
 * Drawn by echarts on the server side, without a browser. The file is self-contained and has no script; it follows the
 * viewer's light or dark scheme, and is light where the viewer does not know (rsvg, LaTeX). The same statistics give
 * the same bytes.
 */
import type { CorpusStatistics } from '../corpus/inspection/corpus-statistics.js';
import { splits, type Split } from '../corpus/manifest/manifest.js';
import { type Panel, panelsOf } from './corpus-panels.js';
import { drawChart, type EChartsOption, forFile } from './figures/chart.js';
import { text } from './figures/chart-parts.js';
import { LIGHT } from './figures/palette.js';

const WIDTH = 1080;
const COLUMNS = 3;
const HEADER = 92;
const PANEL = { width: 336, height: 250, left: 52, right: 14, top: 62, bottom: 48 };

const PLOT_WIDTH = PANEL.width - PANEL.left - PANEL.right + 18;

/** The picture as text. @param title names the corpus, for example the manifest's file name */
export function drawCorpus(statistics: CorpusStatistics, { title }: { title: string }): string {
  const panels = panelsOf(statistics);
  const present = splits.filter((split) => statistics.splits.some((summary) => summary.split === split));
  const subtitle = describe(statistics);
  const svg = drawChart(
    {
      color: present.map((split) => LIGHT[split]),
      title: [heading(title, subtitle), ...panels.map(panelTitle)],
      legend: present.length < 2 ? { show: false } : legendOf(present),
      grid: panels.map((_, index) => gridAt(index)),
      xAxis: panels.map(classAxis),
      yAxis: panels.map(countAxis),
      series: panels.flatMap((panel, index) => bars(panel, index, present)),
    },
    { id: 'corpus', width: WIDTH, height: HEADER + Math.ceil(panels.length / COLUMNS) * PANEL.height + 8 },
  );
  return forFile(svg, {
    title,
    description: `${subtitle}. ${panels.map((panel) => `${panel.title}: ${panel.note}`).join('. ')}.`,
  });
}

/** The upper left corner of a panel. */
const corner = (index: number) => ({
  left: 24 + (index % COLUMNS) * (PANEL.width + 12),
  top: HEADER + Math.floor(index / COLUMNS) * PANEL.height,
});

const heading = (title: string, subtitle: string) => ({
  text: title,
  subtext: subtitle,
  left: 24,
  top: 18,
  itemGap: 7,
  padding: 0,
  textStyle: text(20, LIGHT.ink, 'bold'),
  subtextStyle: text(13, LIGHT.faint),
});

const panelTitle = ({ title, note }: Panel, index: number) => ({
  text: title,
  subtext: note,
  ...corner(index),
  itemGap: 4,
  padding: 0,
  textStyle: text(14, LIGHT.ink, 'bold'),
  subtextStyle: text(11.5, LIGHT.faint),
});

const legendOf = (present: readonly Split[]): EChartsOption['legend'] => ({
  data: [...present],
  right: 24,
  top: 20,
  selectedMode: false,
  itemWidth: 12,
  itemHeight: 12,
  itemGap: 16,
  icon: 'rect',
  textStyle: text(13, LIGHT.ink),
});

function gridAt(index: number) {
  const { left, top } = corner(index);
  return {
    left: left + PANEL.left - 18,
    top: top + PANEL.top,
    width: PLOT_WIDTH,
    height: PANEL.height - PANEL.top - PANEL.bottom,
  };
}

const classAxis = ({ labels, unit, every = 1, labelsAtEdges }: Panel, gridIndex: number) => ({
  gridIndex,
  type: 'category' as const,
  data: labels,
  name: unit,
  nameLocation: 'middle' as const,
  nameGap: 24,
  nameTextStyle: text(11.5, LIGHT.faint),
  axisLabel: {
    ...text(11, LIGHT.faint),
    interval: (index: number) => index % every === 0,
    hideOverlap: true,
    ...(labelsAtEdges && { padding: [0, PLOT_WIDTH / labels.length, 0, 0] }),
  },
  axisTick: { show: false },
  axisLine: { lineStyle: { color: LIGHT.axis } },
});

const countAxis = ({ of }: Panel, gridIndex: number) => ({
  gridIndex,
  type: 'value' as const,
  minInterval: 1,
  splitNumber: 4,
  name: of,
  nameGap: 8,
  nameTextStyle: { ...text(11, LIGHT.faint), align: 'left' as const, padding: [0, 0, 0, 18 - PANEL.left] },
  axisLabel: { ...text(11, LIGHT.faint), formatter: shortCount },
  splitLine: { lineStyle: { color: LIGHT.grid } },
});

/** The splits on top of each other. */
const bars = ({ counts, labels, joined }: Panel, index: number, present: readonly Split[]) =>
  present.map((split) => ({
    name: split,
    type: 'bar' as const,
    silent: true,
    stack: String(index),
    xAxisIndex: index,
    yAxisIndex: index,
    data: counts[split] ?? labels.map(() => 0),
    barCategoryGap: joined ? '8%' : '45%',
    ...(!joined && { barMaxWidth: 64 }),
    itemStyle: { color: LIGHT[split] },
  }));

const describe = ({ utterances, speakers, hours, splits: parts }: CorpusStatistics) => {
  const whole = `${utterances.toLocaleString('en-US')} utterances of ${speakers.toLocaleString('en-US')} speakers, ${hours.toFixed(2)} h`;
  const female = parts.reduce((count, part) => count + part.female, 0);
  const male = parts.reduce((count, part) => count + part.male, 0);
  return female + male > 0 ? `${whole}; ${female} women, ${male} men` : whole;
};

/** `12000` → `12k` */
function shortCount(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 10_000 ? `${value / 1000}k` : String(value);
}
