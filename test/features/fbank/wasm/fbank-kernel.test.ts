/** @file The kernel against a plain computation in float64, and that a frame's features depend on its samples alone. */
import assert from 'node:assert/strict';
import { kaldiFilterbank, speechbrainFilterbank } from '../../../../src/features/fbank/mel-filterbank.js';
import { type FbankKernelOptions, createFbankKernel } from '../../../../src/features/fbank/wasm/fbank-kernel.js';
import { kaldiWindow, periodicHamming } from '../../../../src/features/fbank/window.js';
import { keyedRandom } from '../../../../src/random.js';

const FLOOR = 2 ** -23;

function kaldi(sampleRate: number, size: number, nFft: number, more: Partial<FbankKernelOptions> = {}) {
  return {
    ...{ size, shift: Math.floor(size * 0.4), nFft, preemphasis: 0.97, removeMean: true, magnitude: false },
    window: kaldiWindow('povey', size).map((weight) => weight * 32768),
    filterbank: kaldiFilterbank({ bins: 23, sampleRate, nFft, low: 20, high: sampleRate / 2 }),
    log: { floor: FLOOR, scale: 1 },
    ...more,
  };
}

function speechbrain(nFft: number): FbankKernelOptions {
  return {
    ...{ size: nFft, shift: 160, before: Math.floor(nFft / 2), nFft, window: periodicHamming(400, nFft) },
    ...{ preemphasis: 0, removeMean: false, magnitude: false },
    filterbank: speechbrainFilterbank({ bins: 80, sampleRate: 16000, nFft, low: 0, high: 8000 }),
    log: { floor: 1e-10, scale: 10 / Math.LN10 },
  };
}

const kinds: [name: string, options: FbankKernelOptions][] = [
  ['Kaldi at 8 kHz', kaldi(8000, 200, 256)],
  ['Kaldi at 16 kHz', kaldi(16000, 400, 512)],
  ['Kaldi at 44.1 kHz', kaldi(44100, 1102, 2048)],
  ['Kaldi at 48 kHz', kaldi(48000, 1200, 2048)],
  ['Kaldi, frames as long as their transform', kaldi(16000, 512, 512)],
  ['Kaldi, of magnitudes', kaldi(16000, 400, 512, { magnitude: true })],
  ['Kaldi with raw energy', kaldi(16000, 401, 512, { energy: 'raw' })],
  ['Kaldi with windowed energy', kaldi(16000, 402, 512, { energy: 'windowed' })],
  ['Kaldi without emphasis, mean kept', kaldi(16000, 403, 512, { preemphasis: 0, removeMean: false })],
  ['Kaldi, frames apart from each other', kaldi(16000, 400, 512, { shift: 500 })],
  ['Kaldi, frames of three samples', kaldi(16000, 3, 4, { shift: 2 })],
  ['SpeechBrain, 400 samples', speechbrain(400)],
  ['SpeechBrain, 512', speechbrain(512)],
  ['SpeechBrain, an odd length', speechbrain(405)],
  ['SpeechBrain, twice an odd length', speechbrain(450)],
  ['SpeechBrain, a prime length', speechbrain(401)],
];

/** What the kernel computes, by definition, for one frame. */
function frameByDefinition(signal: Float32Array, start: number, options: FbankKernelOptions): number[] {
  const { size, nFft, window, preemphasis, removeMean, magnitude, energy, filterbank, log } = options;
  const raw = Array.from({ length: size }, (_, i) => signal[start + i] ?? 0);
  const mean = removeMean ? raw.reduce((sum, value) => sum + value, 0) / size : 0;
  const centred = raw.map((value) => value - mean);
  const windowed = centred.map((value, i) => window[i] * (value - preemphasis * centred[Math.max(0, i - 1)]));
  const spectrum = Array.from({ length: Math.floor(nFft / 2) + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    windowed.forEach((value, t) => {
      const angle = (2 * Math.PI * ((k * t) % nFft)) / nFft;
      re += value * Math.cos(angle);
      im += value * Math.sin(angle);
    });
    return magnitude ? Math.hypot(re, im) : re * re + im * im;
  });
  const bands = Array.from({ length: filterbank.bins }, (_, band) => {
    let sum = 0;
    for (let at = filterbank.starts[band], bin = filterbank.firstBins[band]; at < filterbank.starts[band + 1];) {
      sum += filterbank.weights[at++] * spectrum[bin++];
    }
    return log.scale * Math.log(Math.max(log.floor, sum));
  });
  const counted = energy === 'raw' ? centred : windowed;
  return energy ? [counted.reduce((sum, value) => sum + value * value, 0), ...bands] : bands;
}

const random = keyedRandom('fbank-kernel');
const noise = Float32Array.from({ length: 40_000 }, (_, i) => 0.1 * random.normal() * Math.sin(i / 3000) + 0.02);

describe('features/wasm/fbank-kernel', () => {
  for (const [name, options] of kinds) {
    const { size, shift, before = 0, filterbank } = options;
    const width = filterbank.bins + (options.energy ? 1 : 0);
    const kernel = createFbankKernel(options);

    it(`computes what defines it: ${name}`, () => {
      const frames = 7;
      const signal = noise.subarray(1234, 1234 + (frames - 1) * shift + size - before);
      const got = kernel(signal, frames);
      assert.equal(got.length, frames * width);
      for (let t = 0; t < frames; t++) {
        frameByDefinition(signal, t * shift - before, options).forEach((expected, i) => {
          const value = got[t * width + i];
          // Noise has no silent bands; float32 leaves 1e-5 of an energy, which the logarithm keeps.
          const away = Math.abs(value - expected) / (options.energy && i === 0 ? expected : options.log.scale);
          assert.ok(away < 5e-5, `frame ${t}, value ${i}: ${value}, not ${expected}`);
        });
      }
    });

    it(`gives a frame the same bits wherever it is, beside whatever: ${name}`, () => {
      const frames = Math.min(131, Math.floor((noise.length - size) / shift));
      const whole = kernel(noise, frames);
      for (const t of [0, 1, 2, 3, 4, 62, 63, 64, 65, frames - 2, frames - 1]) {
        if (t * shift < before || t >= frames) continue;
        const start = t * shift - before;
        const expected = whole.slice(t * width, (t + 1) * width);
        // Alone in its group, and in every lane of a group of strangers that are no numbers.
        const alone = { ...options, before: 0 };
        const frame = noise.slice(start, start + size);
        if (before === 0) assert.deepEqual(kernel(frame, 1), expected);
        const apart = createFbankKernel({ ...alone, shift: size });
        for (let lane = 0; lane < 4; lane++) {
          const strangers = new Float32Array(4 * size).fill(NaN);
          strangers.set(frame, lane * size);
          assert.deepEqual(apart(strangers, 4).slice(lane * width, (lane + 1) * width), expected);
        }
      }
    });

    it(`gives the floor for silence and for what is no number, zeros around the signal: ${name}`, () => {
      const floor = options.log.scale * Math.log(options.log.floor);
      for (const value of [0, NaN]) {
        const data = kernel(new Float32Array(5 * shift + size).fill(value), 6);
        for (let i = 0; i < data.length; i++) {
          if (options.energy && i % width === 0) assert.equal(data[i], value);
          else assert.ok(Math.abs(data[i] - floor) <= 1e-5, String(data[i]));
        }
      }
      kernel(noise, 20);
      const short = noise.subarray(500, 500 + size);
      const padded = new Float32Array(before + size + 200 * shift);
      padded.set(short, before);
      const unshifted = createFbankKernel({ ...options, before: 0 });
      assert.deepEqual(kernel(short, 100), unshifted(padded, 100));
    });
  }
});
