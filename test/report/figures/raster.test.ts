/** @file Rasters, decoded again by the PNG specification. */
import assert from 'node:assert/strict';
import { crc32, inflateSync } from 'node:zlib';
import { colorRamp, rasterAddress } from '../../../src/report/figures/raster.js';

/** Chunks of a PNG by their type; their checks are checked. */
function chunksOf(address: string): Map<string, Buffer> {
  const [head, base64] = address.split(',');
  assert.equal(head, 'data:image/png;base64');
  const png = Buffer.from(base64, 'base64');
  assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body));
    chunks.set(body.subarray(0, 4).toString('latin1'), body.subarray(4));
    at += 12 + length;
  }
  return chunks;
}

describe('rasters of a figure', () => {
  const ramp = colorRamp([
    { at: 0, rgb: [0, 100, 200], opacity: 0 },
    { at: 0.5, rgb: [100, 100, 0], opacity: 1 },
    { at: 1, rgb: [255, 0, 0], opacity: 1 },
  ]);

  it('run from the first to the last colour of a ramp', () => {
    assert.deepEqual(ramp[0], [0, 100, 200, 0]);
    assert.deepEqual(ramp.at(-1), [255, 0, 0, 255]);
    const middle = ramp[(ramp.length - 1) >> 1];
    assert.ok(Math.abs(middle[0] - 100) < 4 && middle[3] > 245, middle.join(' '));
    assert.ok(ramp.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
  });

  it('hold each cell as its place on the ramp, clipped, top row first', () => {
    const levels = [0, 0.5, 1, -3, 7, 0.25];
    const chunks = chunksOf(rasterAddress(levels, { width: 3, height: 2, ramp }));
    assert.deepEqual([...chunks.keys()], ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
    const header = chunks.get('IHDR')!;
    assert.deepEqual([header.readUInt32BE(0), header.readUInt32BE(4)], [3, 2]);
    assert.deepEqual([...header.subarray(8)], [8, 3, 0, 0, 0]);
    const last = ramp.length - 1;
    assert.deepEqual(
      [...inflateSync(chunks.get('IDAT')!)],
      [0, 0, Math.round(last / 2), last, 0, 0, last, Math.round(last / 4)],
    );
    assert.deepEqual([...chunks.get('PLTE')!.subarray(-3)], [255, 0, 0]);
    assert.equal(chunks.get('tRNS')![0], 0);
  });
});
