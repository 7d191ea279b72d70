/** @file Frames and samples: counts as the front ends have them, and crops whose frames are those of the whole. */
import assert from 'node:assert/strict';
import { createFbank } from '../../../src/features/fbank/fbank.js';
import { featureOptions } from '../../../src/features/options.js';
import { frameGeometry } from '../../../src/features/fbank/frame-geometry.js';
import { keyedRandom } from '../../../src/random.js';

const frontEnds: [name: string, given: object][] = [
  ['kaldi', {}],
  ['kaldi with edges that are not snipped', { snipEdges: false }],
  ['kaldi at 8 kHz with odd lengths', { sampleRate: 8000, frameLength: 32.3, frameShift: 7.1, snipEdges: false }],
  // Without a bound by the loudest frame, which a crop need not hold.
  ['speechbrain', { type: 'speechbrain', topDb: 1000 }],
  ['speechbrain at 8 kHz', { type: 'speechbrain', topDb: 1000, sampleRate: 8000 }],
];

describe('features/frame-geometry', () => {
  const random = keyedRandom('geometry');
  const samples = Float32Array.from({ length: 20000 }, () => 0.1 * random.normal());

  for (const [name, given] of frontEnds) {
    const options = featureOptions.parse({ bins: 20, ...given });
    const geometry = frameGeometry(options);
    const fbank = createFbank(options);

    it(`knows the frames of so many samples, and the samples of so many frames: ${name}`, () => {
      for (let n = 520; n < 1500; n += 13) assert.equal(geometry.frames(n), fbank(samples.subarray(0, n)).frames);
      for (const frames of [1, 2, 30]) {
        const least = geometry.leastSamples(frames);
        assert.equal(geometry.frames(least), frames);
        assert.equal(geometry.frames(least - 1), frames - 1);
      }
    });

    it(`knows the moment that a frame is about: ${name}`, () => {
      const click = new Float32Array(8000);
      click[3210] = 1;
      const { frames, bins, data } = fbank(click);
      const energies = Array.from({ length: frames }, (_, t) => data[t * bins + bins - 1]);
      const loudest = energies.indexOf(Math.max(...energies));
      const away = Math.abs(geometry.centre(loudest) - 3210 / options.sampleRate);
      assert.ok(away <= options.frameShift / 2000 + 1 / options.sampleRate, String(away));
    });

    it(`makes the frames of a crop from its own samples: ${name}`, () => {
      const whole = fbank(samples);
      const length = geometry.leastSamples(whole.frames);
      for (const [first, count] of [
        [0, 10],
        [7, 20],
        [whole.frames - 12, 12],
        [0, whole.frames],
      ]) {
        const { from, to, skip } = geometry.cropSpan({ first, count, samples: length });
        const { frames, bins, data } = fbank(samples.subarray(from, to));
        assert.ok(frames >= skip + count);
        // The last frames of a clip that ends at `length` are mirrored there; the whole one goes on for a few samples.
        const sure = first + count === whole.frames ? count - 3 : count;
        const expected = whole.data.slice(first * bins, (first + sure) * bins);
        assert.deepEqual(data.slice(skip * bins, (skip + sure) * bins), expected);
      }
    });
  }
});
