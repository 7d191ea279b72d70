/** @file The parts that charts are made of: text, axes, legends, bands; so that all figures look alike. */
import type { CustomSeriesOption } from 'echarts/charts';
import { withoutMiddle } from './fitted-text.js';
import { LIGHT, type SystemStyle } from './palette.js';

export const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';

/** A font at the sizes of the figures. */
export const text = (size: number, color: string = LIGHT.ink, weight: 'bold' | 'normal' = 'normal') => ({
  fontSize: size,
  color,
  fontWeight: weight,
});

const axisParts = () => ({
  axisLabel: text(12, LIGHT.faint),
  axisTick: { lineStyle: { color: LIGHT.axis } },
  axisLine: { show: true, onZero: false, lineStyle: { color: LIGHT.axis } },
  splitLine: { lineStyle: { color: LIGHT.grid } },
});

/** The heading of a panel, with a line in small print below it. */
export const panelHeading = (title: string, note: string, place: { left: number; top: number }) => ({
  text: title,
  subtext: note,
  ...place,
  itemGap: 4,
  padding: 0,
  textStyle: text(13.5, LIGHT.ink, 'bold'),
  subtextStyle: text(12, LIGHT.faint),
});

/** An axis of numbers with its name below it. */
export const horizontalAxis = (name: string) => ({
  ...axisParts(),
  type: 'value' as const,
  name,
  nameLocation: 'middle' as const,
  nameGap: 30,
  nameTextStyle: text(12.5, LIGHT.ink),
});

/** An axis of epochs from 0: whole ones, the last of them labelled where a tick falls on it. */
export function epochAxis(last: number) {
  const interval = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => last / step <= 7) ?? 1000;
  return {
    ...horizontalAxis('epoch'),
    nameGap: 22,
    min: 0,
    max: last,
    interval,
    axisLabel: {
      ...text(11.5, LIGHT.faint),
      hideOverlap: true,
      showMaxLabel: Math.abs(last / interval - Math.round(last / interval)) < 1e-6,
    },
  };
}

/** An axis of numbers with its name beside it, turned. */
export const verticalAxis = (name: string) => ({ ...horizontalAxis(name), nameGap: 46 });

/** An axis whose name stands above it, for panels that have little room. */
export const panelAxis = (name: string) => ({
  ...axisParts(),
  type: 'value' as const,
  name,
  nameGap: 10,
  nameTextStyle: { ...text(12, LIGHT.faint), align: 'left' as const, padding: [0, 0, 0, -36] },
});

/** An axis that shows the given values only, with labels of one's own. */
export const ticksAt = (values: readonly number[], label: (value: number) => string) => ({
  axisTick: { customValues: [...values], lineStyle: { color: LIGHT.axis } },
  axisLabel: {
    ...text(12, LIGHT.faint),
    customValues: [...values],
    formatter: label,
    showMinLabel: true,
    showMaxLabel: true,
  },
});

/** One entry of a legend. */
interface LegendEntry {
  readonly name: string;
  readonly style: Pick<SystemStyle, 'color'>;
  /** In small print below the name, where there is room. */
  readonly note?: string;
}

/** Entries that may take two lines each. */
const MOST_WITH_NOTES = 12;
/** Entries that may stand loosely. */
const MOST_LOOSE = 20;

/** More systems than this are named in a legend rather than beside their points, and do not all get bars. */
export const FEW_SYSTEMS = 8;

/** Those of some systems that get bars: all of a few, else the first two. */
export const systemsWithBars = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.length <= FEW_SYSTEMS ? names : names.slice(0, 2));

/**
 * How far a few systems stand from the place that they share, so that their bars do not cover each other; many do not.
 */
export const shiftOf = (system: number, systems: number, { most, all }: { most: number; all: number }): number =>
  systems <= FEW_SYSTEMS ? (system - (systems - 1) / 2) * Math.min(most, all / systems) : 0;

/** Pixels that a legend of so many entries takes from its top. */
export const legendHeight = (entries: number): number =>
  entries * (entries > MOST_LOOSE ? 16 : entries > MOST_WITH_NOTES ? 23 : 42);

/**
 * A legend below each other, at the right edge. The names are those of series, whose lines and symbols are shown, or
 * their symbols only.
 */
export function systemLegend(
  entries: readonly LegendEntry[],
  { left, top = 24, width = 190, lines = true }: { left: number; top?: number; width?: number; lines?: boolean },
) {
  const notes = new Map(entries.length <= MOST_WITH_NOTES ? entries.map(({ name, note }) => [name, note]) : []);
  return {
    data: entries.map(({ name, style }) => ({ name, itemStyle: { color: style.color } })),
    formatter: (name: string) => {
      const shown = withoutMiddle(name, width, 12.5);
      return notes.get(name) ? `${shown}\n{note|${notes.get(name)}}` : shown;
    },
    orient: 'vertical' as const,
    left,
    top,
    itemGap: entries.length > MOST_LOOSE ? 3 : 9,
    itemWidth: lines ? 30 : 10,
    itemHeight: 9,
    selectedMode: false as const,
    textStyle: {
      ...text(12.5, LIGHT.ink),
      rich: { note: { ...text(11.5, LIGHT.faint), lineHeight: 17 } },
    },
  };
}

/** The first of some round numbers that is not below a value: where an axis may end. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value * (1 - 1e-9))!;
  return Number((step * power).toPrecision(12));
}

/**
 * Where an axis of rates with intervals ends: above all intervals, but not so far up for one of them that the rates
 * themselves are pressed to the ground: at most `times` the highest of these.
 */
export function topOfRates(rates: readonly { rate: number; high?: number }[], { times = 3 } = {}): number {
  const highest = Math.max(...rates.map(({ rate }) => rate));
  return roundUp(Math.min(1, times * highest, Math.max(...rates.map(({ rate, high = rate }) => high))) || 0.01);
}

/** The EERs of a system over something, as a line with its marks. */
export const eerLine = (
  points: readonly { x: number; eer: number }[],
  { name, style: { color, dash, symbol }, symbolSize }: { name: string; style: SystemStyle; symbolSize: number },
) => ({
  type: 'line' as const,
  name,
  silent: true,
  symbol,
  symbolSize,
  data: points.map(({ x, eer }) => [x, eer]),
  lineStyle: { color, width: 1.4, type: dash },
  itemStyle: { color, borderColor: LIGHT.surface, borderWidth: 1, opacity: 1 },
  z: 4,
});

/** The same at one place each, as marks alone. */
export const eerMark = (
  x: number,
  y: number,
  { color, symbol = 'circle', size }: { color: string; symbol?: string; size: number },
) => ({
  type: 'scatter' as const,
  silent: true,
  symbol,
  symbolSize: size,
  itemStyle: { color, borderColor: LIGHT.surface, borderWidth: 1, opacity: 1 },
  data: [[x, y]],
  z: 4,
});

/** An upright line through a grid, as a part of a series. */
export const uprightAt = (x: number, lineStyle: { color: string; type: 'solid' | number[] }) => ({
  markLine: {
    silent: true,
    z: 1, // below all marks
    symbol: 'none',
    precision: 8, // of the place; echarts rounds to hundredths
    data: [{ xAxis: x }],
    label: { show: false },
    lineStyle: { ...lineStyle, width: 1 },
  },
});

/** A coloured area between two lines over the same places, as a series that the axes cut. */
export function band(
  places: readonly number[],
  low: readonly number[],
  high: readonly number[],
  { color, opacity = 0.15 }: { color: string; opacity?: number },
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    data: [0],
    z: 1,
    renderItem: (_, api) => ({
      type: 'polygon',
      shape: {
        points: [
          ...places.map((place, i) => api.coord([place, high[i]])),
          ...places.map((place, i) => api.coord([place, low[i]])).reverse(),
        ],
      },
      style: { fill: color, opacity },
    }),
  };
}
