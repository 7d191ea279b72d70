/**
 * @file Drawings as PNG, through resvg, which is native code for the usual systems; elsewhere there are no PNGs.
 *
 * The font is one that comes along (DejaVu Sans), so that a drawing looks the same on machines with and without fonts.
 */
import { createRequire } from 'node:module';
import { messageOf } from '../../errors.js';

/** Twice as many pixels as the drawing is wide: sharp in print and on dense screens. */
const SCALE = 2;

export type Rasteriser = { draw(svg: string): Uint8Array } | { why: string };

/** Loads what draws, or says why it cannot be loaded. */
export async function loadRasteriser(): Promise<Rasteriser> {
  const { resolve } = createRequire(import.meta.url);
  try {
    const { Resvg } = await import('@resvg/resvg-js');
    const fontFiles = ['DejaVuSans', 'DejaVuSans-Bold'].map((font) => resolve(`dejavu-fonts-ttf/ttf/${font}.ttf`));
    const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' };
    return { draw: (svg) => new Resvg(svg, { fitTo: { mode: 'zoom', value: SCALE }, font }).render().asPng() };
  } catch (error) {
    return { why: messageOf(error) };
  }
}
