/** @file Options of features: defaults, what is refused, and what counts for the cache. */
import assert from 'node:assert/strict';
import { extractionHash, featureOptions, featureSize } from '../../src/features/options.js';

/** The hash of `features: {}` before there was either of these options. */
const HASH_OF_DEFAULTS = 'b165cef934a1c9934fa4c5f958508d3eef78f3101657165142806127e38bfc4e';

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
    [
      'bands between the points of the spectrum',
      { bins: 128 },
      /of 128 mel bands, 3 \(from 0\) would be empty.*\(512 samples at 16000 Hz\); 126 bands work, or a longer frame/,
    ],
    ['such bands at 8 kHz', { bins: 128, sampleRate: 8000 }, /4, 7, 12, 17 \(from 0\).*; 95 bands work/],
    ['such bands of SpeechBrain', { bins: 128, type: 'speechbrain' }, /3, 6, 13 \(from 0\).*or a larger nFft/],
    ['bands above the Nyquist frequency', { sampleRate: 8000, highFreq: 7600 }, /≤ 4000 Hz/],
    ['a transform shorter than a frame', { type: 'speechbrain', nFft: 256 }, /at least the frame's 400 samples/],
  ];
  for (const [name, given, message] of refused) {
    it(`refuses ${name}`, () => assert.match(featureOptions.safeParse(given).error?.message ?? '', message));
  }

  it('refuses frames that begin less than a sample apart', () => {
    assert.throws(
      () => featureOptions.parse({ frameShift: 0.01 }),
      /expected at least 0\.0625 ms, a sample, got 0\.01/,
    );
  });

  it('says nothing of other rates and VAD where they do nothing, so that earlier hashes hold', () => {
    const plain = featureOptions.parse({ otherRates: 'refuse', vad: null });
    assert.ok(!('otherRates' in plain) && !('vad' in plain));
    assert.equal(extractionHash(plain), HASH_OF_DEFAULTS);
    assert.equal(extractionHash(featureOptions.parse({ otherRates: 'resample' })), HASH_OF_DEFAULTS);
    const detecting = featureOptions.parse({ vad: {} });
    assert.notEqual(extractionHash(detecting), HASH_OF_DEFAULTS);
    assert.deepEqual(featureOptions.parse(detecting), detecting);
    assert.deepEqual(detecting.vad, { threshold: 5.5, meanScale: 0.5, context: 2, proportion: 0.12 });
  });

  it('hashes what decides the stored values, which normalisation does not', () => {
    const hash = (given: object) => extractionHash(featureOptions.parse(given));
    assert.equal(hash({ normalize: 'mean' }), hash({ normalize: 'global' }));
    assert.notEqual(hash({}), hash({ compression: '8' }));
    assert.notEqual(hash({}), hash({ window: 'hamming' }));
  });
});
