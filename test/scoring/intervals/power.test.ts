import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { powerToShow, smallestToShow, speakersToDecide } from '../../../src/scoring/intervals/power.js';
import { studentTwoSided } from '../../../src/scoring/intervals/student-t.js';
import { mean } from '../../../src/statistics.js';

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

  it('counts from as many speakers as folds have an interval of', () => {
    for (const folds of [3, 5, 10]) {
      const count = speakersToDecide(
        { difference: 0.5, seSpeakers: 0.01 },
        { speakers: Array<number>(folds).fill(20) },
      );
      assert.ok(count > folds && count < 4 * folds, `${count} of ${folds} folds`);
    }
  });

  it('never decides between equal systems', () => {
    assert.equal(speakersToDecide({ difference: 0, seSpeakers: 0.01 }, { speakers: 40 }), Infinity);
    assert.equal(speakersToDecide({ difference: 0, seSpeakers: 0 }, { speakers: 40 }), Infinity);
  });
});

describe('power', () => {
  /** How often a t test of differences that are drawn for each speaker finds them, on the right side. */
  function share({ speakers, difference, perSpeaker }: { speakers: number; difference: number; perSpeaker: number }) {
    const simulations = 4000;
    const random = keyedRandom('power', speakers);
    let found = 0;
    for (let each = 0; each < simulations; each++) {
      const values = Float64Array.from({ length: speakers }, () => difference + perSpeaker * random.normal());
      const centre = mean(values);
      const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (speakers - 1);
      const t = centre / Math.sqrt(variance / speakers);
      found += Number(t * difference > 0 && studentTwoSided(t, speakers - 1) < 0.05);
    }
    return found / simulations;
  }

  for (const speakers of [18, 125]) {
    for (const errors of [1, 2, 2.8]) {
      it(`is the share of simulations that find a difference of ${errors} standard errors on ${speakers} speakers`, () => {
        const perSpeaker = 0.04;
        const seSpeakers = perSpeaker / Math.sqrt(speakers);
        const difference = -errors * seSpeakers;
        const found = share({ speakers, difference, perSpeaker });
        const expected = powerToShow({ difference, seSpeakers }, { speakers });
        // Three standard errors of 4000 draws, and what the shifted t leaves out of the noncentral one.
        assert.ok(Math.abs(found - expected) < 3 * Math.sqrt(0.25 / 4000) + 0.2 / speakers, `${found}, ${expected}`);
      });
    }
  }

  it('is what the smallest difference that is shown is shown with', () => {
    const spread = { seSpeakers: 0.004, seSeeds: 0.002, seedFreedom: 4 };
    for (const power of [0.3, 0.5, 0.8, 0.95]) {
      const difference = smallestToShow(spread, { speakers: 40, power });
      assert.ok(Math.abs(powerToShow({ ...spread, difference }, { speakers: 40 }) - power) < 1e-9);
    }
    const difference = smallestToShow({ seSpeakers: 0.004 }, { speakers: 40 });
    assert.equal(speakersToDecide({ seSpeakers: 0.004, difference: 1.0001 * difference }, { speakers: 40 }), 40);
    assert.equal(speakersToDecide({ seSpeakers: 0.004, difference: 0.9999 * difference }, { speakers: 40 }), 41);
  });

  it('has the degrees of freedom of all folds together: the smallest may decide', () => {
    // Two folds of 125 differ from one list of 250 by one of 249 degrees of freedom.
    const spread = { seSpeakers: 0.004 };
    const one = smallestToShow(spread, { speakers: 250 });
    assert.ok(Math.abs(smallestToShow(spread, { speakers: [125, 125] }) / one - 1) < 1e-4);
    // 7 and 200: ν = (1/7 + 1/200)² / (1/(7²·6) + 1/(200²·199)) = 6.43 by hand, where t = 2.41 and 0.90.
    assert.ok(Math.abs(smallestToShow(spread, { speakers: [7, 200] }) / 0.004 - (2.408 + 0.902)) < 0.01);
  });
});
