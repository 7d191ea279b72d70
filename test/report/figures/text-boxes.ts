/** @file Where the texts of a drawing lie, roughly: for tests that no two of them cover each other. */

export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A letter's width over its height, on average, in the fonts of screens; less than what the figures leave room for. */
const WIDTH = 0.52;

/** The boxes of all texts of an SVG by `drawChart`; turned ones are left out. */
export function textBoxes(svg: string): TextBox[] {
  return [...svg.matchAll(/<text ([^>]*)>(.*?)<\/text>/gs)].flatMap(([, attributes, content]) => {
    const value = (name: string) => Number(new RegExp(`\\b${name}="(-?[\\d.]+)"`).exec(attributes)?.[1] ?? 0);
    const transform = /transform="([^"]*)"/.exec(attributes)?.[1] ?? '';
    const [, dx = 0, dy = 0] = (/translate\((-?[\d.]+)[ ,]+(-?[\d.]+)\)/.exec(transform) ?? []).map(Number);
    if (/rotate|matrix/.test(transform)) return [];
    const size = Number(/font-size:\s*([\d.]+)/.exec(attributes)?.[1] ?? 12);
    const text = content.replace(/<[^>]*>/g, '').replace(/&\w+;/g, '&');
    const width = text.length * WIDTH * size;
    const x = value('x') + dx;
    const y = value('y') + dy; // of the middle: dominant-baseline is central
    const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start';
    const left = x - { start: 0, middle: width / 2, end: width }[anchor]!;
    return [{ text, left, right: left + width, top: y - 0.4 * size, bottom: y + 0.4 * size }];
  });
}

/** Pairs of texts that cover each other. */
export function collisions(boxes: readonly TextBox[]): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `"${a.text}" and "${b.text}"`),
  );
}
