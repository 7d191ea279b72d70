/**
 * @file Pictures of many small cells (a spectrogram, a heat map) as PNG: one byte a pixel, an index into a ramp of
 * colours with transparency (PNG specification, third edition, colour type 3), as a `data:` address.
 *
 * Ramps run from nothing to opaque, in colours of middling lightness, so that one raster fits light and dark paper.
 */
import { crc32, deflateSync } from 'node:zlib';

/** A colour with the opacity, in 0 … 1, and the place on the ramp, in 0 … 1, at which it stands. */
interface RampStop {
  readonly at: number;
  readonly rgb: readonly [number, number, number];
  readonly opacity: number;
}

/** Few enough that neighbouring cells are often alike, which packs well; more steps would not be seen. */
const COLORS = 64;

/** Colours between the stops, which stand in rising order from 0 to 1: [COLORS][r, g, b, a], each 0 … 255. */
export function colorRamp(stops: readonly RampStop[]): number[][] {
  return Array.from({ length: COLORS }, (_, i) => {
    const place = i / (COLORS - 1);
    const next = Math.max(1, stops.findIndex(({ at }) => at >= place)); // prettier-ignore
    const [low, high] = [stops[next - 1], stops[next]];
    const share = (place - low.at) / (high.at - low.at);
    const between = (a: number, b: number) => Math.round(a + (b - a) * share);
    return [...low.rgb.map((value, c) => between(value, high.rgb[c])), between(255 * low.opacity, 255 * high.opacity)];
  });
}

/**
 * @param levels row-major [height, width], the top row first, in 0 … 1 (clipped)
 * @returns a `data:image/png` address
 */
export function rasterAddress(
  levels: ArrayLike<number>,
  { width, height, ramp }: { width: number; height: number; ramp: readonly (readonly number[])[] },
): string {
  const lines = Buffer.alloc(height * (width + 1)); // each line begins with its filter: 0, none
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      lines[y * (width + 1) + 1 + x] = Math.round((ramp.length - 1) * Math.min(1, Math.max(0, levels[y * width + x])));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, palette, no interlacing
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(ramp.flatMap(([r, g, b]) => [r, g, b]))),
    chunk('tRNS', Buffer.from(ramp.map(([, , , a]) => a))),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString('base64')}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
