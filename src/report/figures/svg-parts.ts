/** @file Parts of a drawing by hand: rasters in their frames, and text. Places are in pixels, written to a tenth. */
import { escapeMarkup } from '../text/escape.js';
import { LIGHT } from './palette.js';
import { rasterAddress } from './raster.js';

export const px = (pixels: number) => Math.round(pixels * 10) / 10;

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Cells as a raster: row-major [rows, columns], in 0 … 1. */
export function image(
  levels: ArrayLike<number>,
  columns: number,
  rows: number,
  ramp: number[][],
  place: Place,
): string {
  const address = rasterAddress(levels, { width: columns, height: rows, ramp });
  const { x, y, width, height } = place;
  return `<image x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" preserveAspectRatio="none" href="${address}"/>`;
}

export const frame = ({ x, y, width, height }: Place) =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" fill="none" stroke="${LIGHT.axis}" stroke-width="0.8"/>`;

interface TextStyle {
  readonly size: number;
  readonly color?: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Paper around the letters, over a raster. */
  readonly halo?: boolean;
}

export function text(
  x: number,
  y: number,
  content: string,
  { size, color = LIGHT.ink, bold, anchor, halo }: TextStyle,
): string {
  const weight = bold ? ' font-weight="bold"' : '';
  const side = anchor ? ` text-anchor="${anchor}"` : '';
  const paper = halo ? ` stroke="${LIGHT.surface}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"` : '';
  return `<text x="${px(x)}" y="${px(y)}" font-size="${size}"${weight}${side}${paper} fill="${color}">${escapeMarkup(content)}</text>`;
}
