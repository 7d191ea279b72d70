/** @file A feature type of one's own: known to options, crops, voice activity and extraction once it is registered. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWav } from '../../../src/audio/write-wav.js';
import { energyVad, frameLogEnergies, vadOptions } from '../../../src/features/fbank/energy-vad.js';
import { createFbank, featureTypes } from '../../../src/features/fbank/fbank.js';
import {
  type BandOptions,
  type FeatureType,
  frameCount,
  type Framing,
} from '../../../src/features/fbank/feature-type.js';
import { frameGeometry } from '../../../src/features/fbank/frame-geometry.js';
import { type FeatureOptions, featureOptions, featureOptionsOf, featureSize } from '../../../src/features/options.js';
import { createUtteranceFeatures } from '../../../src/features/utterance-features.js';

type LoudnessOptions = BandOptions & { gain: number };

/** One value a frame: the gain times the largest sample. */
const loudness: FeatureType<LoudnessOptions> = {
  own: { gain: z.number().positive().default(2) },
  lowFreq: 0,
  problem: ({ gain, bins }) => (gain > bins ? { option: 'gain', message: `expected at most ${bins}` } : undefined),
  size: () => 1,
  framing({ sampleRate, frameLength, frameShift }): Framing {
    const [size, shift] = [frameLength, frameShift].map((length) => (length * sampleRate) / 1000);
    const window = { start: 0, length: size, removeMean: false };
    return { size, shift, before: 0, beyond: 'zeros', fewest: size, window };
  },
  create(options) {
    const framing = loudness.framing(options);
    return (samples) => {
      const frames = frameCount(framing, samples.length);
      const frame = (t: number) => samples.subarray(t * framing.shift, t * framing.shift + framing.size);
      return {
        frames,
        bins: 1,
        data: Float32Array.from({ length: frames }, (_, t) => options.gain * Math.max(...frame(t))),
      };
    };
  },
};

describe('features/fbank, a type that is added', () => {
  const types: Record<string, FeatureType> = featureTypes;
  before(() => Object.assign(types, { loudness }));
  after(() => {
    delete types.loudness;
  });
  const parse = (given: object) => featureOptionsOf(types).parse({ type: 'loudness', ...given }) as FeatureOptions;

  it('has options of its own beside the common ones, and refuses those of others', () => {
    const options: Record<string, unknown> = { ...parse({}) };
    assert.deepEqual([options.type, options.gain, options.frameLength, options.lowFreq], ['loudness', 2, 25, 0]);
    assert.deepEqual(parse(options), options);
    assert.throws(() => parse({ window: 'povey' }), /is not an option of loudness features/);
    assert.throws(() => parse({ gain: 81 }), /expected at most 80/);
    assert.throws(() => featureOptionsOf(types).parse({ gain: 1 }), /is not an option of kaldi features/);
    assert.throws(() => featureOptions.parse({ type: 'loudness' }), /kaldi/);
  });

  it('is extracted, cropped and searched for speech', async () => {
    const options = parse({});
    const samples = Float32Array.from({ length: 1000 }, (_, i) => i / 1000);
    assert.equal(featureSize(options), 1);
    const { frames, data } = createFbank(options)(samples);
    assert.deepEqual(
      [frames, ...data],
      [4, ...[399, 559, 719, 879].map((last) => Math.fround(2 * Math.fround(last / 1000)))],
    );
    assert.throws(() => createFbank(options)(samples.subarray(0, 399)), /one frame has 400/);
    assert.deepEqual(frameGeometry(options).cropSpan({ first: 1, count: 2, samples: 1000 }), {
      from: 160,
      to: 720,
      skip: 0,
    });
    assert.equal(energyVad(frameLogEnergies(samples, options), vadOptions.parse({})).join(''), '1111');
    const folder = mkdtempSync(join(tmpdir(), 'feature-type-'));
    try {
      const path = join(folder, 'ramp.wav');
      writeWav(path, samples, 16000);
      assert.equal((await createUtteranceFeatures(options)({ path })).frames, 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
