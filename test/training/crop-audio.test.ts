/** @file Samples of crops: the same whether they are read by range or cut from what is kept. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import { keyedRandom } from '../../src/random.js';
import { oggVorbis } from '../audio/encoded-samples.js';
import { mono24 } from '../audio/flac-samples.js';
import { createCropAudioReader, isCompressed } from '../../src/training/crop-audio.js';

describe('crop audio', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-crop-audio-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('is the same by range, from what is kept, and from what is not, at another sample rate too', async () => {
    const path = join(dir, 'a.wav');
    const random = keyedRandom('crop audio');
    writeWav(
      path,
      Float32Array.from({ length: 32000 }, () => 0.1 * random.normal()),
      16000,
    );
    for (const options of [{ sampleRate: 16000 }, { sampleRate: 8000, otherRates: 'downsample' as const }]) {
      const byRange = createCropAudioReader(options);
      const keeping = createCropAudioReader(options, { keeps: () => true });
      const forgetting = createCropAudioReader(options, { keeps: () => true, keptSamples: 10_000 });
      for (const piece of [
        { path, offset: 0.5, duration: 1 },
        { path, offset: 0.5, duration: 1, trailingSilence: 0.25 },
        { path },
      ]) {
        for (const range of [
          { from: 0, to: 4000 },
          { from: 1234, to: 7777 },
        ]) {
          const expected = await byRange(piece, range);
          assert.equal(expected.length, range.to - range.from);
          assert.deepEqual(await keeping(piece, range), expected);
          assert.deepEqual(await keeping(piece, range), expected);
          assert.deepEqual(await forgetting(piece, range), expected);
        }
      }
    }
  });

  it('is decoded whole, to be kept, by some reads of formats that are read by range, by every read of others', async () => {
    const [flac, ogg] = [join(dir, 'a.flac'), join(dir, 'a.ogg')];
    const range = { from: 10, to: 40 };
    const read = createCropAudioReader({ sampleRate: 16000 }, { wholeEvery: 3 });
    writeFileSync(flac, mono24.bytes);
    writeFileSync(ogg, oggVorbis);
    const expected = { flac: await read({ path: flac }, range), ogg: await read({ path: ogg }, range) };
    rmSync(ogg);
    assert.deepEqual(await read({ path: ogg }, range), expected.ogg);
    assert.deepEqual(await read({ path: flac }, range), expected.flac);
    rmSync(flac);
    await assert.rejects(read({ path: join(dir, 'b.flac') }, range)); // the third read
    writeFileSync(flac, mono24.bytes);
    for (let i = 0; i < 3; i++) assert.deepEqual(await read({ path: flac }, range), expected.flac);
    rmSync(flac);
    assert.deepEqual(await read({ path: flac }, range), expected.flac);
  });

  it('is kept where decoding costs more than reading', () => {
    assert.deepEqual(
      ['a.WAV', 'a.flac', 'a.wv1'].map((path) => isCompressed({ path })),
      [false, true, true],
    );
  });
});
