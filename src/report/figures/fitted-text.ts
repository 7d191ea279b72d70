/** @file Texts cut so that they take about so many pixels at a font size; `…` stands where something is missing. */

/** The beginning of a text. */
export function startOf(whole: string, pixels: number, size: number): string {
  const most = charactersIn(pixels, size);
  return whole.length <= most ? whole : `${whole.slice(0, most - 1)}…`;
}

/** The end of a text, for names that differ there. */
export const endOf = (whole: string, pixels: number, size: number): string => lastOf(whole, charactersIn(pixels, size));

/** Beginning and end, for names that begin alike and differ at their ends, such as `aca-net+pooling=attentive`. */
export function withoutMiddle(whole: string, pixels: number, size: number): string {
  const most = charactersIn(pixels, size);
  if (whole.length <= most) return whole;
  const end = Math.ceil(0.6 * (most - 1));
  return `${whole.slice(0, most - 1 - end)}…${whole.slice(-end)}`;
}

/** The end of a text, of so many characters. */
export const lastOf = (whole: string, characters: number): string =>
  whole.length <= characters ? whole : `…${whole.slice(1 - characters)}`;

/** Pixels that a text takes at most, more or less. */
export const widthOf = (whole: string, size: number): number => whole.length * WIDTH * size;

/** Of a character, as a multiple of its height. */
const WIDTH = 0.6;
const charactersIn = (pixels: number, size: number) => Math.floor(pixels / (WIDTH * size));
