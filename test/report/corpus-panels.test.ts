import assert from 'node:assert/strict';
import { corpusStatistics } from '../../src/corpus/inspection/corpus-statistics.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { panelsOf } from '../../src/report/corpus-panels.js';

const utterances = Array.from({ length: 10 }, (_, i): Utterance => ({
  id: `u${i}`,
  speaker: `s${i % 2}`,
  path: `/${i}.wav`,
  duration: 2,
  sampleRate: i < 3 ? 8000 : 16000,
  channels: 1,
  corpus: 'x',
  split: 'train',
}));

describe('the panels of a corpus', () => {
  it('sum up each quantity, and the shares of the sample rates', () => {
    const notes = new Map(panelsOf(corpusStatistics(utterances)).map(({ title, note }) => [title, note]));
    assert.equal(notes.get('Duration'), 'median 2.0 s, nine in ten from 2.0 to 2.0');
    assert.equal(notes.get('Utterances a speaker'), 'median 5, nine in ten from 5 to 5');
    assert.match(notes.get('Sample rate')!, /8 kHz 30\.0 %/);
    assert.deepEqual([notes.has('Level of the speech'), notes.has('Clipped samples')], [false, false]);
  });
});
