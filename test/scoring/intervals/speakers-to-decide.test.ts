import assert from 'node:assert/strict';
import { speakersToDecide } from '../../../src/scoring/intervals/speakers-to-decide.js';

describe('speakers to decide', () => {
  it('agrees with the formula for many speakers', () => {
    // (1.960 + 0.842)² · σ² / d² with σ² = 100 · 0.02², d = 0.01: 3139.6, and a little more for t.
    const count = speakersToDecide({ difference: -0.01, seSpeakers: 0.02 }, { speakers: 100 });
    assert.ok(count >= 3140 && count <= 3144, `${count}`);
  });

  it('asks for fewer speakers where the difference is greater or less power is enough', () => {
    const seen = { difference: 0.02, seSpeakers: 0.02 };
    const count = speakersToDecide(seen, { speakers: 100 });
    assert.ok(count < 800 && speakersToDecide(seen, { speakers: 100, power: 0.5 }) < count);
  });

  it('asks for more speakers where seeds vary, and says where no number is enough but more seeds are', () => {
    const seen = { difference: 0.01, seSpeakers: 0.005, seedFreedom: 4 };
    const without = speakersToDecide({ difference: 0.01, seSpeakers: 0.005 }, { speakers: 40 });
    assert.ok(speakersToDecide({ ...seen, seSeeds: 0.001 }, { speakers: 40 }) >= without);
    assert.equal(speakersToDecide({ ...seen, seSeeds: 0.004 }, { speakers: 40 }), Infinity);
    assert.ok(speakersToDecide({ ...seen, seSeeds: 0.004 }, { speakers: 40, seedFactor: 4 }) < 1000);
  });

  it('never decides between equal systems', () => {
    assert.equal(speakersToDecide({ difference: 0, seSpeakers: 0.01 }, { speakers: 40 }), Infinity);
    assert.equal(speakersToDecide({ difference: 0, seSpeakers: 0 }, { speakers: 40 }), Infinity);
  });
});
