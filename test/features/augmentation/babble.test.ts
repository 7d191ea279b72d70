/** @file Who is heard in babble, how loud, and how many must be there. */
import assert from 'node:assert/strict';
import { energyOf } from '../../../src/features/augmentation/additive-noise.js';
import { groupVoices, mixBabble } from '../../../src/features/augmentation/babble.js';
import { augmentationOptions } from '../../../src/features/augmentation/options.js';
import type { SourceRecording } from '../../../src/features/augmentation/recording-reader.js';
import { keyedRandom } from '../../../src/random.js';

const COUNT = 8;

/** A reader whose recordings are single bits, so that the sum shows who is in it. */
const reader = {
  piece: ({ path }: SourceRecording) => {
    const samples = new Float32Array(COUNT);
    if (path !== 'silent') samples[Number(path)] = 0.25 + 0.1 * Number(path);
    return Promise.resolve(samples);
  },
  whole: () => Promise.reject(new Error('not needed')),
};

const recording = (path: string, speaker?: string): SourceRecording => ({
  path,
  duration: 1,
  sampleRate: 16000,
  channels: 1,
  speaker,
});
const optionsFor = (speakers: [number, number], source: string | null = null) =>
  augmentationOptions.parse({ babble: { speakers, source } }).babble!;

describe('features/augmentation/babble', () => {
  const recordings = ['0', '1', '2', '3', '4', '5'].map((path) => recording(path, `speaker${path}`));

  it('has the number of voices, all different, equally loud, none of the speaker', async () => {
    const voices = groupVoices(recordings, optionsFor([3, 5]));
    for (let i = 0; i < 50; i++) {
      const speaker = `speaker${i % 6}`;
      const babble = (await mixBabble(voices, { voices: 3, count: COUNT, speaker }, reader, keyedRandom(i)))!;
      assert.equal(babble.filter((value) => value !== 0).length, 3);
      assert.equal(babble[i % 6], 0);
      // Each has energy 1, up to float32's rounding.
      assert.ok(babble.every((value) => value === 0 || Math.abs(value - 1) < 1e-6));
      assert.ok(Math.abs(energyOf(babble) - 3) < 1e-5);
    }
  });

  it('takes all others where there are just enough', async () => {
    const voices = groupVoices(recordings, optionsFor([5, 5]));
    const babble = await mixBabble(voices, { voices: 5, count: COUNT, speaker: 'speaker2' }, reader, keyedRandom(1));
    assert.deepEqual([...babble!].map(Math.round), [1, 1, 0, 1, 1, 1, 0, 0]);
  });

  it('asks for more speakers where there are too few', () => {
    assert.throws(
      () => groupVoices(recordings, optionsFor([3, 6])),
      /babble: the training utterances: expected at least 7 speakers .*got 6; lower augmentation\.babble\.speakers/,
    );
    const unknown = recordings.map(({ path }) => recording(path));
    assert.equal(groupVoices(unknown, optionsFor([3, 6], 'a')).speakers.length, 6);
    assert.throws(() => groupVoices(unknown, optionsFor([3, 7], 'a')), /: a: expected at least 7 recordings, got 6/);
  });

  it('leaves out voices that only keep silent', async () => {
    const silent = [recording('0', 'a'), recording('silent', 'b'), recording('silent', 'c')];
    const voices = groupVoices(silent, optionsFor([2, 2]));
    const one = await mixBabble(voices, { voices: 2, count: COUNT, speaker: 'b' }, reader, keyedRandom(1));
    assert.ok(Math.abs(energyOf(one!) - 1) < 1e-6);
    assert.equal(await mixBabble(voices, { voices: 2, count: COUNT, speaker: 'a' }, reader, keyedRandom(1)), undefined);
  });
});
