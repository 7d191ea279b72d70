/** @file What a model is not good for follows from its training. */
import assert from 'node:assert/strict';
import { modelLimits } from '../../../src/scoring/profile/model-limits.js';
import type { ScoringProfile } from '../../../src/scoring/profile/scoring-profile.js';
import { scoringOptions } from '../../../src/scoring/backend/backend-options.js';

const profile = (trained: Partial<ScoringProfile['trained']>): ScoringProfile => ({
  scoring: scoringOptions.parse({}),
  decisions: [],
  embeddings: { utterances: 1, speakers: 1, drawn: true },
  trained: {
    ...{ corpora: ['voxceleb'], speakers: 5994, utterances: 1e6, hours: 2000, sampleRates: [16000] },
    ...{ augmented: true, recipe: 'r', system: 's', seed: 1 },
    ...trained,
  },
});

describe('scoring/profile/model-limits', () => {
  for (const [about, found, words] of [
    ['artificial voices', profile({ corpora: ['synth'] }), /artificial voices/],
    ['few speakers', profile({ speakers: 88 }), /88 speakers\. Good systems have heard thousands/],
    ['one language', profile({ language: 'Mandarin' }), /It has heard Mandarin; in other languages/],
    ['no language on record', profile({}), /not recorded/],
    ['clean speech', profile({ augmented: false }), /as it was recorded/],
    ['nothing on record', undefined, /is not known here/],
  ] as const) {
    it(`names ${about}`, () => assert.match(modelLimits(found).join('\n'), words));
  }

  it('always says that it cannot tell people from machines, and should not judge', () => {
    const said = modelLimits(profile({})).join('\n');
    assert.match(said, /made by a machine/);
    assert.match(said, /Nobody should be accused/);
    assert.doesNotMatch(said, /thousands|artificial|as it was recorded/);
  });
});
