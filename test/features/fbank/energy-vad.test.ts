/** @file Kaldi's energy VAD against its definition, and frames against the features'. */
import assert from 'node:assert/strict';
import {
  energyVad,
  frameLogEnergies,
  speechFrames,
  vadOptions,
  type VadOptions,
} from '../../../src/features/fbank/energy-vad.js';
import { createFbank } from '../../../src/features/fbank/fbank.js';
import { featureOptions } from '../../../src/features/options.js';
import { keyedRandom } from '../../../src/random.js';

/** ComputeVadEnergy, word for word. */
function byDefinition(logEnergies: Float64Array, options: VadOptions): number[] {
  const count = logEnergies.length;
  const bound = options.threshold + (options.meanScale * logEnergies.reduce((a, b) => a + b, 0)) / count;
  return Array.from(logEnergies, (_, t) => {
    let above = 0;
    let present = 0;
    for (let other = t - options.context; other <= t + options.context; other++) {
      if (other < 0 || other >= count) continue;
      present++;
      if (logEnergies[other] > bound) above++;
    }
    return above >= present * options.proportion ? 1 : 0;
  });
}

describe('features/energy-vad', () => {
  it('is its definition, for any context and proportion', () => {
    const random = keyedRandom('vad');
    for (let i = 0; i < 500; i++) {
      const energies = Float64Array.from({ length: 1 + random.below(40) }, () => 12 + 5 * random.normal());
      const options = {
        threshold: 4 + 4 * random.uniform(),
        meanScale: random.below(3) / 2,
        context: random.below(8),
        proportion: 0.02 + 0.96 * random.uniform(),
      };
      assert.deepEqual([...energyVad(energies, options)], byDefinition(energies, options));
    }
  });

  it("has the defaults of Kaldi's VoxCeleb recipe", () => {
    assert.deepEqual(vadOptions.parse({}), { threshold: 5.5, meanScale: 0.5, context: 2, proportion: 0.12 });
  });

  const decide = (energies: number[], options: Partial<VadOptions>) =>
    [...energyVad(Float64Array.from(energies), vadOptions.parse(options))].join('');

  it('compares with threshold and mean: equal is not above', () => {
    // Mean 10, bound 5 + 0.5 · 10 = 10.
    assert.equal(decide([9, 10, 11], { threshold: 5, context: 0, proportion: 0.5 }), '001');
    assert.equal(decide([9, 10, 11], { threshold: 9.5, meanScale: 0, context: 0, proportion: 0.5 }), '011');
  });

  it('spreads speech over its context, and takes lone frames away where more are asked for', () => {
    const energies = [0, 0, 0, 20, 0, 0, 0, 20, 20, 20, 0, 0];
    const options = { threshold: 10, meanScale: 0 };
    assert.equal(decide(energies, { ...options, context: 1, proportion: 0.12 }), '001110111110');
    assert.equal(decide(energies, { ...options, context: 1, proportion: 0.6 }), '000000011100');
  });

  it('finds no speech in silence and nothing but speech in an even voice', () => {
    const silence = frameLogEnergies(new Float32Array(16000), featureOptions.parse({}));
    // Float32's epsilon, Kaldi's floor.
    assert.ok(silence.every((value) => Math.abs(value - Math.log(2 ** -23)) < 1e-12));
    assert.ok(energyVad(silence, vadOptions.parse({})).every((flag) => flag === 0));
    const voice = Float32Array.from({ length: 16000 }, (_, i) => 0.1 * Math.sin(i / 5));
    const even = frameLogEnergies(voice, featureOptions.parse({}));
    assert.ok(energyVad(even, vadOptions.parse({})).every((flag) => flag === 1));
  });

  it('finds the voice between two pauses, to the frame', () => {
    const random = keyedRandom('pauses');
    const samples = Float32Array.from({ length: 48000 }, (_, i) => {
      return (i >= 16000 && i < 32000 ? 0.1 : 0.0001) * random.normal();
    });
    const flags = energyVad(
      frameLogEnergies(samples, featureOptions.parse({})),
      vadOptions.parse({ context: 0, proportion: 0.5 }),
    );
    // Frame t has the samples from 160·t to 160·t + 400: the first that reaches sample 16000 is 98.
    assert.equal(flags.indexOf(1), 98);
    assert.equal(flags.lastIndexOf(1), 199);
    assert.equal(
      flags.reduce((sum, flag) => sum + flag, 0),
      102,
    );
  });

  describe('frames', () => {
    const random = keyedRandom('frames');
    const samples = Float32Array.from({ length: 7777 }, (_, i) => 0.02 + (i / 77770) * random.normal());
    for (const given of [{}, { snipEdges: false }, { removeDcOffset: false }, { sampleRate: 8000, frameLength: 32 }]) {
      it(`have the energies that the features give: ${JSON.stringify(given)}`, () => {
        const options = featureOptions.parse({ ...given, useEnergy: true, energyFloor: 0 });
        const { frames, bins, data } = createFbank(options)(samples);
        const energies = frameLogEnergies(samples, options);
        assert.equal(energies.length, frames);
        // The features are float32.
        energies.forEach((value, t) =>
          assert.ok(Math.abs(value - data[t * bins]) < 2e-6 * Math.abs(value), `frame ${t}`),
        );
      });
    }

    it('are at int16 scale whatever the features are at', () => {
      const one = frameLogEnergies(samples, featureOptions.parse({ inputScale: 1 }));
      assert.deepEqual(one, frameLogEnergies(samples, featureOptions.parse({})));
    });

    for (const given of [{}, { sampleRate: 8000, nFft: 256 }, { nFft: 401 }]) {
      it(`are as many as SpeechBrain's features: ${JSON.stringify(given)}`, () => {
        for (const length of [400, 401, 559, 560, 561, 7777]) {
          const options = featureOptions.parse({ type: 'speechbrain', ...given });
          const { frames } = createFbank(options)(samples.subarray(0, length));
          assert.equal(frameLogEnergies(samples.subarray(0, length), options).length, frames);
        }
      });
    }

    it("lie where SpeechBrain's windows lie", () => {
      const click = new Float32Array(4000);
      click[1000] = 1;
      const energies = frameLogEnergies(click, featureOptions.parse({ type: 'speechbrain' }));
      // Frame t is centred on 160·t and has 200 samples on each side, the last one left out.
      const reached = [...energies.keys()].filter((t) => energies[t] > 0);
      assert.deepEqual(reached, [6, 7]);
    });
  });

  it('keeps the speech frames in their order', () => {
    const features = { frames: 4, bins: 2, data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    const speech = speechFrames(features, Uint8Array.of(0, 1, 0, 1));
    assert.deepEqual(speech, { frames: 2, bins: 2, data: Float32Array.of(2, 3, 6, 7) });
    assert.equal(speechFrames(features, new Uint8Array(4)).frames, 0);
  });
});
