/** @file Distributions of a corpus: every utterance is in one bin. */
import assert from 'node:assert/strict';
import type { AudioInspection } from '../../../src/corpus/inspection/audio-inspection.js';
import { corpusStatistics, type Histogram } from '../../../src/corpus/inspection/corpus-statistics.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';

const corpus = (durations: number[], { speakers = 2 } = {}) =>
  durations.map((duration, i): Utterance => ({
    id: `u${i}`,
    speaker: `s${i % speakers}`,
    path: `/${i}.wav`,
    duration,
    sampleRate: i % 4 === 0 ? 8000 : 16000,
    channels: 1,
    corpus: 'x',
    split: i % speakers === 0 ? 'test' : 'train',
  }));
const counted = ({ counts }: Histogram) =>
  Object.values(counts)
    .flat()
    .reduce((sum, count) => sum + count, 0);

describe('corpus statistics', () => {
  it('counts every utterance once, in bins of a round width', () => {
    const durations = Array.from({ length: 1000 }, (_, i) => 1 + i / 100);
    const { duration, utterances, speakers, hours } = corpusStatistics(corpus(durations));
    assert.equal(counted(duration.histogram), 1000);
    assert.equal(duration.histogram.width, 0.5);
    assert.deepEqual(duration.histogram.from.slice(0, 3), [1, 1.5, 2]);
    assert.deepEqual([utterances, speakers], [1000, 2]);
    assert.ok(Math.abs(hours - 5995 / 3600) < 1e-9);
    assert.deepEqual([duration.spread.min, duration.spread.median, duration.spread.max], [1, 6, 10.99]);
  });

  it('puts the longest half per cent into the last bin', () => {
    const durations = Array.from({ length: 1000 }, (_, i) => (i === 999 ? 3600 : 1 + (i % 10)));
    const { histogram, spread } = corpusStatistics(corpus(durations)).duration;
    assert.ok(histogram.open && histogram.from.at(-1)! <= 10);
    assert.equal(counted(histogram), 1000);
    assert.equal(spread.max, 3600);
  });

  it('manages with one utterance, and with all alike', () => {
    for (const durations of [[3], [3, 3, 3]]) {
      const { duration, utterancesPerSpeaker } = corpusStatistics(corpus(durations, { speakers: 1 }));
      assert.equal(counted(duration.histogram), durations.length);
      assert.deepEqual(utterancesPerSpeaker.histogram.from, [durations.length]);
    }
  });

  it('counts rates, levels and clipping by split, and leaves unreadable audio out', () => {
    const utterances = corpus([1, 2, 3, 4]);
    const heard = (id: string, clipped: number): AudioInspection => ({
      ...{ id, duration: 1, sampleRate: 8000, fileDuration: 1, samples: 8000, peak: -3, level: -20, activeLevel: -18 },
      ...{ dcOffset: 0, clipped, flat: 0, sha256: '' },
    });
    const inspections = [heard('u0', 0), heard('u1', 1e-4), heard('u2', 0.5), { id: 'u3', problem: 'gone' }];
    const { sampleRates, clipping, activeLevel } = corpusStatistics(utterances, inspections);
    assert.deepEqual(sampleRates, { labels: ['8 kHz', '16 kHz'], counts: { train: [0, 2], test: [1, 1] } });
    assert.deepEqual(clipping?.labels, ['none', '< 0.01 %', '< 0.1 %', '< 1 %', 'more']);
    assert.deepEqual(clipping?.counts, { train: [0, 0, 1, 0, 0], test: [1, 0, 0, 0, 1] });
    assert.equal(counted(activeLevel!.histogram), 3);
  });
});
