/**
 * @file A corpus at a glance: one SVG with six panels (durations, utterances and minutes a speaker, sample rates, level of
 * the speech, clipping), the splits stacked in colours.
 *
 * Drawn by echarts on the server side, without a browser. The file is self-contained and has no script; it follows the
 * viewer's light or dark scheme, and is light where the viewer does not know (rsvg, LaTeX). The same statistics give the
 * same bytes.
 */
import type { Classes, CorpusStatistics, Histogram } from '../corpus/inspection/corpus-statistics.js';
import { splits, type Split } from '../corpus/manifest/manifest.js';
import { drawChart, forFile } from './figures/chart.js';
import { text } from './figures/chart-parts.js';
import { LIGHT } from './figures/palette.js';

const WIDTH = 1080;
const COLUMNS = 3;
const HEADER = 92;
const PANEL = { width: 336, height: 250, left: 52, right: 14, top: 62, bottom: 48 };

const PLOT_WIDTH = PANEL.width - PANEL.left - PANEL.right + 18;

interface Panel {
  title: string;
  /** Under the axis. */
  unit: string;
  /** Counted on the vertical axis. */
  of: string;
  labels: string[];
  counts: Partial<Record<Split, number[]>>;
  /** Which labels to write; default: all. */
  every?: number;
  /** Bars that touch, as of a histogram. */
  joined: boolean;
  /** Labels stand at the bars' left edges, as they name where a bin begins. */
  labelsAtEdges?: boolean;
  /** Beside the title. */
  note: string;
}

/** The picture as text. @param title names the corpus, for example the manifest's file name */
export function drawCorpus(statistics: CorpusStatistics, { title }: { title: string }): string {
  const panels = panelsOf(statistics);
  const present = splits.filter((split) => statistics.splits.some((summary) => summary.split === split));
  const rows = Math.ceil(panels.length / COLUMNS);
  const height = HEADER + rows * PANEL.height + 8;
  const subtitle = describe(statistics);
  const place = panels.map((_, index) => ({
    x: 24 + (index % COLUMNS) * (PANEL.width + 12),
    y: HEADER + Math.floor(index / COLUMNS) * PANEL.height,
  }));
  const svg = drawChart(
    {
      color: present.map((split) => LIGHT[split]),
      title: [
        {
          text: title,
          subtext: subtitle,
          left: 24,
          top: 18,
          itemGap: 7,
          padding: 0,
          textStyle: text(20, LIGHT.ink, 'bold'),
          subtextStyle: text(13, LIGHT.faint),
        },
        ...panels.map((panel, index) => ({
          text: panel.title,
          subtext: panel.note,
          left: place[index].x,
          top: place[index].y,
          itemGap: 4,
          padding: 0,
          textStyle: text(14, LIGHT.ink, 'bold'),
          subtextStyle: text(11.5, LIGHT.faint),
        })),
      ],
      legend:
        present.length < 2
          ? { show: false }
          : {
              data: [...present],
              right: 24,
              top: 20,
              selectedMode: false,
              itemWidth: 12,
              itemHeight: 12,
              itemGap: 16,
              icon: 'rect',
              textStyle: text(13, LIGHT.ink),
            },
      grid: place.map(({ x, y }) => ({
        left: x + PANEL.left - 18,
        top: y + PANEL.top,
        width: PLOT_WIDTH,
        height: PANEL.height - PANEL.top - PANEL.bottom,
      })),
      xAxis: panels.map((panel, gridIndex) => ({
        gridIndex,
        type: 'category',
        data: panel.labels,
        name: panel.unit,
        nameLocation: 'middle',
        nameGap: 24,
        nameTextStyle: text(11.5, LIGHT.faint),
        axisLabel: {
          ...text(11, LIGHT.faint),
          interval: (index: number) => index % (panel.every ?? 1) === 0,
          hideOverlap: true,
          ...(panel.labelsAtEdges && { padding: [0, PLOT_WIDTH / panel.labels.length, 0, 0] }),
        },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: LIGHT.axis } },
      })),
      yAxis: panels.map((panel, gridIndex) => ({
        gridIndex,
        type: 'value',
        minInterval: 1,
        splitNumber: 4,
        name: panel.of,
        nameGap: 8,
        nameTextStyle: { ...text(11, LIGHT.faint), align: 'left', padding: [0, 0, 0, 18 - PANEL.left] },
        axisLabel: { ...text(11, LIGHT.faint), formatter: shortCount },
        splitLine: { lineStyle: { color: LIGHT.grid } },
      })),
      series: panels.flatMap((panel, index) =>
        present.map((split) => ({
          name: split,
          type: 'bar',
          silent: true,
          stack: String(index),
          xAxisIndex: index,
          yAxisIndex: index,
          data: panel.counts[split] ?? panel.labels.map(() => 0),
          barCategoryGap: panel.joined ? '8%' : '45%',
          ...(!panel.joined && { barMaxWidth: 64 }),
          itemStyle: { color: LIGHT[split] },
        })),
      ),
    },
    { id: 'corpus', width: WIDTH, height },
  );
  return forFile(svg, {
    title,
    description: `${subtitle}. ${panels.map((panel) => `${panel.title}: ${panel.note}`).join('. ')}.`,
  });
}

function panelsOf(statistics: CorpusStatistics): Panel[] {
  const { duration, utterancesPerSpeaker, minutesPerSpeaker, sampleRates, activeLevel, clipping } = statistics;
  const median = ({ spread }: { spread: { median: number; p5: number; p95: number } }, unit: string, digits = 1) =>
    `median ${figure(spread.median, digits)}${unit}, nine in ten from ${figure(spread.p5, digits)} to ${figure(spread.p95, digits)}`;
  const clean = clipping ? total(clipping, 0) / sum(clipping) : 0;
  return [
    {
      title: 'Duration',
      unit: 'seconds',
      of: 'utterances',
      note: median(duration, ' s'),
      ...histogramPanel(duration.histogram),
    },
    {
      title: 'Utterances a speaker',
      unit: 'utterances',
      of: 'speakers',
      note: median(utterancesPerSpeaker, '', 0),
      ...histogramPanel(utterancesPerSpeaker.histogram),
    },
    {
      title: 'Speech a speaker',
      unit: 'minutes',
      of: 'speakers',
      note: median(minutesPerSpeaker, ' min', 2),
      ...histogramPanel(minutesPerSpeaker.histogram),
    },
    { title: 'Sample rate', unit: '', of: 'utterances', joined: false, note: rateNote(sampleRates), ...sampleRates },
    ...(activeLevel
      ? [
          {
            title: 'Level of the speech',
            unit: 'dBFS',
            of: 'utterances',
            note: median(activeLevel, ' dBFS'),
            ...histogramPanel(activeLevel.histogram),
          },
        ]
      : []),
    ...(clipping
      ? [
          {
            title: 'Clipped samples',
            unit: 'share of the samples',
            of: 'utterances',
            joined: false,
            note: `none in ${percent(clean)} of the utterances`,
            ...clipping,
          },
        ]
      : []),
  ];
}

function histogramPanel({
  from,
  open,
  counts,
  width,
  whole,
}: Histogram): Pick<Panel, 'labels' | 'counts' | 'every' | 'joined' | 'labelsAtEdges'> {
  const digits = Math.max(0, -Math.floor(Math.log10(width)));
  const labels = from.map((edge, bin) => `${edge.toFixed(digits)}${open && bin === from.length - 1 ? '+' : ''}`);
  // Every 2nd, 5th, … bin, so that labels do not run into each other.
  const every = [1, 2, 4, 5, 10].find((step) => from.length / step <= 8) ?? 10;
  return { labels, counts, every, joined: true, labelsAtEdges: !whole };
}

const total = ({ counts }: Classes, index: number) =>
  Object.values(counts).reduce((total, own) => total + own[index], 0);
const sum = (classes: Classes) => classes.labels.reduce((total_, _, index) => total_ + total(classes, index), 0);
const percent = (share: number) => `${(100 * share).toFixed(share > 0.9995 || share === 0 ? 0 : 1)} %`;
const figure = (value: number, digits: number) => value.toFixed(digits);

function rateNote(rates: Classes): string {
  if (rates.labels.length === 1) return `all at ${rates.labels[0]}`;
  const shares = rates.labels.map((label, index) => `${label} ${percent(total(rates, index) / sum(rates))}`);
  return shares.slice(0, 3).join(', ') + (shares.length > 3 ? ', …' : '');
}

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
