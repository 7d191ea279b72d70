/**
 * @file Where a model looks: an utterance's log-mel spectrogram with the mean attention over it, and below it, for each
 * layer that attends to frames, a heat map of its rows (latents, channels or heads) over time.
 *
 * Attention is shown as a multiple of the even share on a logarithmic scale that begins at 1, the same in all maps:
 * what a mean over time would give leaves the paper blank. Rows stand in the order of the moments at which they look
 * most, so a frame that many latents pick is a wide step. The bar below the spectrogram marks speech, by its energy.
 * Drawn by hand, as rasters of small cells stand in it; colours of text and lines are those of `palette.ts`.
 */
import { averageOf, highestMultiple, pooledColumns, pooledRows, smoothed, sortedByPeak } from './attention-cells.js';
import type { AttentionFigureData, AttentionUtterance, LayerAttention } from './attention-data.js';
import { frameTable, layerTable, percent } from './attention-tables.js';
import { describeAttention, findingOf, layerNote } from './attention-words.js';
import { FONT } from './chart-parts.js';
import type { Figure } from './figure.js';
import { lastOf } from './fitted-text.js';
import { LIGHT } from './palette.js';
import { colorRamp } from './raster.js';
import { frame, image, type Place, px, text } from './svg-parts.js';

const WIDTH = 960;
const LEFT = 58;
const RIGHT = 44;
const PLOT = WIDTH - LEFT - RIGHT;
const SPECTRUM = 130;
/** The bar that marks speech. */
const BAR = 5;
const CURVE = 26;
const AXIS = 40;
/** More columns than twice the pixels, and more rows than the pixels of a map, would not be seen. */
const MOST_COLUMNS = 2 * PLOT;
const MOST_ROWS = 256;

const CURVE_COLOR = LIGHT.system2;
const SPEECH_COLOR = LIGHT.system3;
const PAUSE_COLOR = LIGHT.system4;
const SPECTRUM_RAMP = colorRamp([
  { at: 0, rgb: [84, 110, 148], opacity: 0 },
  { at: 1, rgb: [84, 110, 148], opacity: 0.95 },
]);
const HEAT_RAMP = colorRamp([
  { at: 0, rgb: [240, 170, 60], opacity: 0 },
  { at: 0.35, rgb: [235, 140, 45], opacity: 0.75 },
  { at: 0.7, rgb: [214, 70, 50], opacity: 1 },
  { at: 1, rgb: [184, 36, 108], opacity: 1 },
]);

export function attentionFigure(figure: AttentionFigureData): Figure {
  const { id, model, utterances } = figure;
  const seconds = Math.max(...utterances.map(({ duration }) => duration));
  const scale: Scale = {
    x: (time) => LEFT + (time / seconds) * PLOT,
    highest: highestMultiple(utterances),
    mapHeight: utterances.length > 1 ? 64 : 92,
    seconds,
  };
  const parts: string[] = [heading(model, scale)];
  let top = 44;
  for (const utterance of utterances) {
    const block = drawUtterance(utterance, { figure, scale, top });
    parts.push(block.svg);
    top = block.bottom + 18;
  }
  const height = Math.ceil(top - 8);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}">` +
    `<rect width="${WIDTH}" height="${height}" fill="${LIGHT.surface}"/>${parts.join('')}</svg>`;
  return {
    id,
    title: `Where ${model} looks`,
    caption:
      `${findingOf(utterances.at(-1)!)} Above: the spectrogram of the utterance. The orange line is the attention that each frame gets, averaged ` +
      'over the layers and 50 ms; 1× is what a plain mean over time would give. The green bar marks speech. Below: each layer, with one row for each ' +
      `${singular(utterances)}, ordered by the moment at which it looks most. White is at or below 1×.`,
    description: utterances.map(describeAttention).join(' '),
    svg,
    data: frameTable(utterances),
    shown: layerTable(utterances),
  };
}

interface Scale {
  /** Seconds → pixels. */
  x(time: number): number;
  /** Multiple of the even share with the darkest colour. */
  highest: number;
  mapHeight: number;
  seconds: number;
}

function drawUtterance(
  utterance: AttentionUtterance,
  { figure, scale, top }: { figure: AttentionFigureData; scale: Scale; top: number },
): { svg: string; bottom: number } {
  const { name, duration, frames, framesGiven, speechFrames, pause, layers } = utterance;
  const left = frameEdge(utterance, 0);
  const width = scale.x(frameEdge(utterance, frames)) - scale.x(left);
  const place = { x: scale.x(left), width };
  const parts: string[] = [];
  const notes = [
    `${duration.toFixed(2)} s`,
    `${percent(speechFrames / frames)} speech`,
    ...(pause ? [`${percent((pause.to - pause.from) / duration)} pause put in`] : []),
    ...(framesGiven < frames ? [`${framesGiven} of ${frames} frames taken`] : []),
  ];
  parts.push(
    text(LEFT, top, lastOf(name, 70), { size: 14, bold: true }) +
      text(WIDTH - RIGHT, top, notes.join(', '), { size: 12, color: LIGHT.faint, anchor: 'end' }),
  );
  let y = top + 10;
  parts.push(spectrogram(utterance, { figure, y, ...place }));
  parts.push(curve(smoothed(averageOf(layers)), utterance, { scale, y, height: SPECTRUM, over: true }));
  y += SPECTRUM + 3;
  parts.push(speechBar(utterance, scale, y));
  y += BAR;
  const drawn = [[top + 10, y]];
  for (const layer of layers) {
    y += 19;
    parts.push(
      text(LEFT, y, layer.title, { size: 12, bold: true }) +
        text(WIDTH - RIGHT, y, layerNote(layer, utterance), { size: 11.5, color: LIGHT.faint, anchor: 'end' }),
    );
    y += 5;
    drawn.push([y, y + CURVE + 1 + scale.mapHeight]);
    parts.push(curve(layer.mean, utterance, { scale, y, height: CURVE }));
    y += CURVE + 1;
    parts.push(heatMap(layer, utterance, { y, height: scale.mapHeight, highest: scale.highest, ...place }));
    y += scale.mapHeight;
  }
  if (pause) {
    const [from, to] = [scale.x(pause.from), scale.x(pause.to)];
    const lines = [from, to].flatMap((x) => drawn.map(([upper, lower]) => `M${px(x)},${px(upper)}V${px(lower)}`));
    parts.push(
      `<path d="${lines.join('')}" stroke="${PAUSE_COLOR}" stroke-dasharray="3 3" fill="none"/>` +
        text((from + to) / 2, top + 25, 'pause put in', { size: 12, color: PAUSE_COLOR, anchor: 'middle', halo: true }),
    );
  }
  parts.push(timeAxis(scale, duration, y));
  return { svg: parts.join(''), bottom: y + AXIS };
}

function spectrogram(
  { spectrum: { bands, data }, frames }: AttentionUtterance,
  { figure, y, x, width }: { figure: AttentionFigureData; y: number; x: number; width: number },
): string {
  // Upside down: the highest band is the top row.
  const byBand = Float32Array.from({ length: bands * frames }, (_, i) => {
    const band = bands - 1 - Math.floor(i / frames);
    return data[(i % frames) * bands + band];
  });
  const columns = Math.min(frames, MOST_COLUMNS);
  const pooled = pooledColumns(byBand, { rows: bands, frames, columns });
  const sorted = Float32Array.from(pooled).sort();
  const [low, high] = [0.05, 0.998].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const place = { x, y, width, height: SPECTRUM };
  const levels = pooled.map((value) => ((value - low) / (high - low || 1)) ** 1.3);
  const mel = (hz: number) => Math.log(1 + hz / 700);
  const [bottom, top] = [mel(figure.lowFreq), mel(figure.highFreq)];
  const ticks = [250, 500, 1000, 2000, 4000, 8000, 16000]
    .filter((hz) => mel(hz) > bottom && mel(hz) <= top + 1e-9)
    .map((hz) => {
      const at = y + SPECTRUM * (1 - (mel(hz) - bottom) / (top - bottom));
      const label = hz < 1000 ? String(hz) : `${hz / 1000}k`;
      return (
        `<path d="M${LEFT - 4},${px(at)}H${LEFT}" stroke="${LIGHT.axis}" fill="none"/>` +
        text(LEFT - 7, at + 4, label, { size: 11, color: LIGHT.faint, anchor: 'end' })
      );
    });
  const axis = text(14, y + SPECTRUM / 2, 'Hz', { size: 11.5, color: LIGHT.faint, anchor: 'middle' });
  return image(levels, columns, bands, SPECTRUM_RAMP, place) + frame(place) + ticks.join('') + axis;
}

/** Lowest multiple of the even share that a curve shows. */
const LOWEST = 1 / 4;

/** Attention a frame as multiples of the even share, on a logarithmic scale; the even share is dashed. */
function curve(
  shares: Float64Array,
  utterance: AttentionUtterance,
  { scale, y, height, over = false }: { scale: Scale; y: number; height: number; over?: boolean },
): string {
  const { frames, framesGiven } = utterance;
  const columns = Math.min(frames, PLOT);
  const multiples = pooledColumns(shares, { rows: 1, frames, columns }).map((share) => share * framesGiven);
  const highest = Math.max(2, ...multiples);
  const at = (multiple: number) =>
    y + height * (1 - Math.log(Math.max(1, multiple / LOWEST)) / Math.log((1.1 * highest) / LOWEST));
  const x = (column: number) => scale.x(frameEdge(utterance, ((column + 0.5) * frames) / columns));
  const path = Array.from(multiples, (multiple, i) => `${i === 0 ? 'M' : 'L'}${px(x(i))},${px(at(multiple))}`).join('');
  const [from, to] = [scale.x(frameEdge(utterance, 0)), scale.x(frameEdge(utterance, frames))];
  const even = `<path d="M${px(from)},${px(at(1))}H${px(to)}" stroke="${LIGHT.faint}" stroke-width="0.8" stroke-dasharray="2 3" fill="none"/>`;
  const line = (color: string, width: number) =>
    `<path d="${path}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>`;
  const marked = over ? [1, 2 ** Math.floor(Math.log2(highest))] : [Math.floor(highest)];
  const labels = [...new Set(marked)].map((multiple) =>
    text(to + 5, Math.max(y + 9, at(multiple) + 4), `${multiple}×`, { size: 11, color: CURVE_COLOR }),
  );
  return even + (over ? line(LIGHT.surface, 3.4) : '') + line(CURVE_COLOR, over ? 1.4 : 1.1) + labels.join('');
}

function heatMap(
  layer: LayerAttention,
  { frames, framesGiven }: AttentionUtterance,
  { highest, ...place }: Place & { highest: number },
): string {
  const columns = Math.min(frames, MOST_COLUMNS);
  const rows = Math.min(layer.rows, MOST_ROWS);
  const pooled = pooledColumns(sortedByPeak(layer, frames), { rows: layer.rows, frames, columns });
  const levels = pooledRows(pooled, { rows: layer.rows, columns, to: rows }).map(
    (share) => Math.log2(Math.max(1, share * framesGiven)) / Math.log2(highest),
  );
  const [middle, { x, y, height }] = [LEFT - 8, place];
  return (
    image(levels, columns, rows, HEAT_RAMP, place) +
    frame(place) +
    text(middle, y + 9, String(layer.rows), { size: 11, color: LIGHT.faint, anchor: 'end' }) +
    (layer.rows > 1 ? text(middle, y + height, '1', { size: 11, color: LIGHT.faint, anchor: 'end' }) : '') +
    `<text transform="translate(${px(x - 40)},${px(y + height / 2)}) rotate(-90)" text-anchor="middle" font-size="11" fill="${LIGHT.faint}">${layer.unit}</text>`
  );
}

function speechBar(utterance: AttentionUtterance, { x }: Scale, y: number): string {
  const { speech, frames } = utterance;
  const runs: string[] = [];
  for (let from = 0; from < frames; from++) {
    if (!speech[from]) continue;
    let to = from;
    while (to < frames && speech[to]) to++;
    const [left, right] = [frameEdge(utterance, from), frameEdge(utterance, to)].map(x);
    runs.push(`M${px(left)},${px(y)}h${px(right - left)}v${BAR - 1}h${px(left - right)}z`);
    from = to;
  }
  return (
    `<path d="${runs.join('')}" fill="${SPEECH_COLOR}"/>` +
    text(LEFT - 7, y + BAR, 'speech', { size: 11, color: SPEECH_COLOR, anchor: 'end' })
  );
}

function timeAxis({ x, seconds }: Scale, duration: number, y: number): string {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60].find((each) => seconds / each <= 16) ?? 60;
  const digits = step < 1 ? 1 : 0;
  const ticks = Array.from({ length: Math.floor(duration / step + 1e-9) + 1 }, (_, i) => {
    const at = x(i * step);
    return (
      `<path d="M${px(at)},${px(y)}v4" stroke="${LIGHT.axis}" fill="none"/>` +
      text(at, y + 17, (i * step).toFixed(digits), { size: 11, color: LIGHT.faint, anchor: 'middle' })
    );
  });
  return ticks.join('') + text((x(0) + x(duration)) / 2, y + 33, 'seconds', { size: 12, anchor: 'middle' });
}

/** Whose attention it is, and what the colours mean. */
function heading(model: string, { highest }: Scale): string {
  const place = { x: WIDTH - RIGHT - 124, y: 10, width: 96, height: 10 };
  const levels = Float64Array.from({ length: 64 }, (_, i) => i / 63);
  const label = (x: number, content: string, anchor: 'start' | 'end') =>
    text(x, place.y + 9, content, { size: 11, color: LIGHT.faint, anchor });
  return (
    text(LEFT, 19, lastOf(model, 64), { size: 12.5, color: LIGHT.faint }) +
    label(place.x - 6, 'attention over the even share: 1×', 'end') +
    image(levels, 64, 1, HEAT_RAMP, place) +
    frame(place) +
    label(place.x + place.width + 6, `${highest}×`, 'start')
  );
}

/** Where a frame begins on the time axis; edges lie half way between the middles. */
function frameEdge({ times, frames }: AttentionUtterance, edge: number): number {
  const shift = frames > 1 ? (times[frames - 1] - times[0]) / (frames - 1) : 0.01;
  return times[0] + (edge - 0.5) * shift;
}

const singular = ([{ layers }]: readonly AttentionUtterance[]) => layers[0].unit.slice(0, -1);
