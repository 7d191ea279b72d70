/** @file Small line charts side by side under one legend: where each goes, its heading and its vertical axis. */
import type { LineSeriesOption } from 'echarts/charts';
import { legendHeight, panelAxis, panelHeading, systemLegend, text } from './chart-parts.js';
import { LIGHT, type SystemStyle, type SystemStyles } from './palette.js';

/** Width of the figure, in pixels. */
export const PANELS_WIDTH = 960;
/** Width of a panel by the number of columns: three columns where there are three panels, else two. */
const PANEL_WIDTHS = { 2: 372, 3: 256 };
const PANEL = { height: 226, left: 54, top: 54, right: 14, bottom: 40 };

const columnsOf = (panels: number) => (panels === 3 ? 3 : 2);

/** Pixels that the horizontal axis of a panel is long. */
export const plotWidth = (panels: number): number => PANEL_WIDTHS[columnsOf(panels)] - PANEL.left - PANEL.right;

export interface Panel {
  readonly title: string;
  readonly note: string;
  /** Labels of the vertical axis. */
  readonly tick?: (value: number) => string;
  /** Where the vertical axis ends; it starts at 0. */
  readonly most?: number;
}

/**
 * Headings, legend, grids and vertical axes of the panels, in two or three columns; and how high the figure becomes.
 */
export function layOutPanels(
  panels: readonly Panel[],
  systems: readonly string[],
  styles: SystemStyles,
  { lines = true }: { /** The legend shows lines, not marks only. */ lines?: boolean } = {},
) {
  const columns = columnsOf(panels.length);
  const place = panels.map((_, i) => ({
    left: (i % columns) * PANEL_WIDTHS[columns],
    top: Math.floor(i / columns) * PANEL.height,
  }));
  return {
    height: Math.max(Math.ceil(panels.length / columns) * PANEL.height, legendHeight(systems.length) + 12),
    parts: {
      title: panels.map(({ title, note }, i) =>
        panelHeading(title, note, { left: place[i].left + PANEL.left - 38, top: place[i].top + 4 }),
      ),
      legend: systemLegend(
        systems.map((name) => ({ name, style: styles.get(name)! })),
        { left: columns * PANEL_WIDTHS[columns] + 14, top: 4, width: 150, lines },
      ),
      grid: place.map(({ left, top }) => ({
        left: left + PANEL.left,
        top: top + PANEL.top,
        width: plotWidth(panels.length),
        height: PANEL.height - PANEL.top - PANEL.bottom,
      })),
      yAxis: panels.map(({ tick, most }, gridIndex) => ({
        gridIndex,
        ...panelAxis(''),
        min: 0,
        ...(most !== undefined && { max: most, interval: roundInterval(most) }),
        splitNumber: 4,
        axisLine: { show: false, onZero: false },
        axisLabel: { ...text(11.5, LIGHT.faint), ...(tick && { formatter: tick }) },
      })),
    },
  };
}

/** A line of one system in the panel of an index. */
export const panelLine = (
  index: number,
  points: readonly (readonly [number, number])[],
  { name, style: { color, dash, symbol }, width, symbolSize, showSymbol = true }: PanelLineOptions,
): LineSeriesOption => ({
  type: 'line',
  name,
  silent: true,
  xAxisIndex: index,
  yAxisIndex: index,
  data: points.map((point) => [...point]),
  showSymbol,
  symbol,
  symbolSize,
  lineStyle: { color, width, type: dash },
  itemStyle: { color },
});

interface PanelLineOptions {
  readonly name: string;
  readonly style: SystemStyle;
  readonly width: number;
  readonly symbolSize: number;
  readonly showSymbol?: boolean;
}

/** A round fourth, fifth or third of where an axis ends. */
function roundInterval(most: number): number {
  const isRound = (value: number) => [1, 2, 2.5, 5].includes(Number(value.toExponential(6).split('e')[0]));
  return most / ([4, 5, 3].find((count) => isRound(most / count)) ?? 4);
}
