/** @file The picture of a corpus: whole, the same every time, readable in the dark and by screen readers. */
import assert from 'node:assert/strict';
import { corpusStatistics } from '../../src/corpus/inspection/corpus-statistics.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { drawCorpus } from '../../src/report/corpus-picture.js';

const utterances = Array.from({ length: 60 }, (_, i): Utterance => ({
  id: `u${i}`,
  speaker: `s${i % 6}`,
  path: `/${i}.wav`,
  duration: 1 + (i % 7),
  sampleRate: 16000,
  channels: 1,
  gender: i % 2 === 0 ? 'f' : 'm',
  corpus: 'x',
  split: i % 6 === 0 ? 'test' : 'train',
}));

describe('corpus picture', () => {
  const draw = () => drawCorpus(corpusStatistics(utterances), { title: 'A & B <"mine">' });

  it('gives the same bytes for the same corpus', () => assert.equal(draw(), draw()));

  it('is an SVG of its own, without scripts, with a title, a description and a dark scheme', () => {
    const svg = draw();
    assert.match(svg, /^<svg role="img" aria-labelledby="title desc" width="1080" /);
    assert.match(
      svg,
      /<title id="title">A &amp; B &lt;&quot;mine&quot;&gt;<\/title><desc id="desc">60 utterances of 6 speakers, /,
    );
    assert.match(svg, /<style>@media \(prefers-color-scheme:dark\)\{\[fill="#ffffff"\]\{fill:#12161d\}/);
    assert.doesNotMatch(svg, /<script|href=|class="zr|NaN|undefined/);
    assert.ok(svg.endsWith('</svg>\n'));
  });

  it('draws well-formed XML', () => {
    const svg = draw();
    const open: string[] = [];
    for (const [, closing, name, attributes] of svg.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*\/?>/gi)) {
      if (closing) assert.equal(open.pop(), name);
      else if (!svg.includes(`<${name}${attributes}/>`)) open.push(name);
    }
    assert.deepEqual(open, []);
    assert.equal(
      [...svg.matchAll(/</g)].length,
      [...svg.matchAll(/<\/?[a-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/gi)].length,
    );
  });

  it('says what each panel shows, and shows no levels where nothing was listened to', () => {
    const svg = draw();
    for (const title of ['Duration', 'Utterances a speaker', 'Speech a speaker', 'Sample rate'])
      assert.ok(svg.includes(`>${title}<`), title);
    assert.doesNotMatch(svg, /Level of the speech|Clipped/);
    assert.match(svg, />train</);
    assert.match(svg, />all at 16 kHz</);
  });
});
