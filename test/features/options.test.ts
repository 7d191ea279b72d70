/** @file Options of features: defaults, what is refused, and what counts for the cache. */
import assert from 'node:assert/strict';
import { extractionHash, featureOptions, featureSize } from '../../src/features/options.js';

describe('features/options', () => {
  it('fills in the defaults of each front end, and takes what it gave', () => {
    const kaldi = featureOptions.parse({});
    assert.equal(kaldi.type === 'kaldi' && kaldi.window, 'povey');
    const speechbrain = featureOptions.parse({ type: 'speechbrain', sampleRate: 8000 });
    assert.deepEqual(speechbrain.type === 'speechbrain' && [speechbrain.nFft, speechbrain.lowFreq], [400, 0]);
    for (const options of [kaldi, speechbrain]) assert.deepEqual(featureOptions.parse(options), options);
    assert.equal(featureSize(featureOptions.parse({ useEnergy: true })), 81);
  });

  const refused: [string, object, RegExp][] = [
    ['unknown keys', { bin: 80 }, /bin/],
    ["the other front end's options", { type: 'speechbrain', window: 'povey' }, /not an option of speechbrain/],
    ["SpeechBrain's options for kaldi", { nFft: 400 }, /not an option of kaldi/],
    ['bands above the Nyquist frequency', { sampleRate: 8000, highFreq: 7600 }, /≤ 4000 Hz/],
    ['a transform shorter than a frame', { type: 'speechbrain', nFft: 256 }, /at least the frame's 400 samples/],
  ];
  for (const [name, given, message] of refused) {
    it(`refuses ${name}`, () => assert.match(featureOptions.safeParse(given).error?.message ?? '', message));
  }

  it('hashes what decides the stored values, which normalisation does not', () => {
    const hash = (given: object) => extractionHash(featureOptions.parse(given));
    assert.equal(hash({ normalize: 'mean' }), hash({ normalize: 'global' }));
    assert.notEqual(hash({}), hash({ compression: '8' }));
    assert.notEqual(hash({}), hash({ window: 'hamming' }));
  });
});
