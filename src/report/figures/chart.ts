/**
 * @file From a description of a chart to a drawing: echarts on the server side, without a browser.
 *
 * `drawChart` gives an SVG in the light colours, whose text is text. `forPage` lets a page's style sheet colour it,
 * `forFile` makes a file of it that follows the viewer's light or dark scheme. Equal data give equal bytes.
 * What a mouse over a mark is to be told is put over it as an invisible shape with a `<title>`, so no script is needed.
 */
import type { ECharts } from 'echarts/core';
import type { EChartsOption, SeriesOption } from 'echarts/types/dist/shared';
import { escapeMarkup } from '../text/escape.js';
import { FONT } from './chart-parts.js';
import { init } from './echarts.js';
import { DARK, LIGHT } from './palette.js';

export type { EChartsOption, SeriesOption };

/** What is said of a place in the chart. */
export interface Tip {
  /** Index of the grid that the place is in; default 0. */
  readonly grid?: number;
  /** In the values of the axes. */
  readonly at: readonly [number, number];
  readonly text: string;
  /** A strip from `at[0]` to here, over the grid's whole height, in place of a spot around `at`. */
  readonly stripTo?: number;
}

interface DrawOptions {
  readonly width: number;
  readonly height: number;
  readonly tips?: readonly Tip[];
  /** Makes names inside the drawing its own, as several may stand in one page. */
  readonly id: string;
}

/** Draws a chart in the light colours, on paper of the same. */
export function drawChart(option: EChartsOption, { width, height, tips = [], id }: DrawOptions): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: LIGHT.surface, textStyle: { fontFamily: FONT }, ...option });
    const shapes = tips.map((tip) => tipShape(chart, tip, height)).join('');
    return finish(chart.renderToSVGString(), id).replace(/<\/svg>\s*$/, `${shapes}</svg>`);
  } finally {
    chart.dispose();
  }
}

function tipShape(chart: ECharts, { grid = 0, at, text, stripTo }: Tip, height: number): string {
  const [x, y] = chart.convertToPixel({ gridIndex: grid }, [...at]);
  const title = `<title>${escapeMarkup(text)}</title>`;
  if (stripTo === undefined) {
    return `<circle class="tip" cx="${round(x)}" cy="${round(y)}" r="9" fill-opacity="0">${title}</circle>`;
  }
  const [end] = chart.convertToPixel({ gridIndex: grid }, [stripTo, at[1]]);
  const top = Math.max(0, y);
  return `<rect class="tip" x="${round(x)}" y="${round(top)}" width="${round(end - x)}" height="${round(Math.max(1, bottomOf(chart, grid, at, height) - top))}" fill-opacity="0">${title}</rect>`;
}

/** Pixels from the top to the place of 0 on the vertical axis. */
function bottomOf(chart: ECharts, grid: number, [x]: Tip['at'], height: number): number {
  return Math.min(height, chart.convertToPixel({ gridIndex: grid }, [x, 0])[1]);
}

const round = (pixels: number) => Math.round(pixels * 10) / 10;

/** Takes out what would only serve a mouse or a process's counters, and digits that nobody sees. */
function finish(svg: string, id: string): string {
  return svg
    .replace(/<style\s*>.*?<\/style>/gs, '')
    .replace(/ class="zr[^"]*"| (?:pointer-events|ecmeta_\w+)="[^"]*"| xmlns:xlink="[^"]*"| baseProfile="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/ d="[^"]*"/g, (path) => path.replace(/-?\d+\.\d{2,}/g, (number) => String(round(Number(number)))));
}

const colorNames = new Map(Object.entries(LIGHT).map(([name, color]) => [color, name]));

/** The drawing for a page that defines `--figure-<name>` for each colour. */
export function forPage(svg: string): string {
  return svg
    .replace(/(fill|stroke)="(#[0-9a-f]{6})"/g, (whole, property: string, color: string) => {
      const name = colorNames.get(color);
      return name === undefined ? whole : `${property}="var(--figure-${name})"`;
    })
    .replace(/^<svg /, '<svg aria-hidden="true" focusable="false" ');
}

/** The drawing as a file: named for screen readers, and dark where the viewer is. */
export function forFile(svg: string, { title, description }: { title: string; description: string }): string {
  const dark = [...colorNames]
    .flatMap(([color, name]) =>
      ['fill', 'stroke'].map((property) => `[${property}="${color}"]{${property}:${DARK[name]}}`),
    )
    .join('');
  const head =
    `<title id="title">${escapeMarkup(title)}</title><desc id="desc">${escapeMarkup(description)}</desc>` +
    `<style>@media (prefers-color-scheme:dark){${dark}}</style>`;
  return `${svg.replace(/^<svg ([^>]*)>/, `<svg role="img" aria-labelledby="title desc" $1>${head}`)}\n`;
}
