/** @file Numbers by text: the same as a Map's, whatever the texts are. */
import assert from 'node:assert/strict';
import { createTextIndex } from '../../../src/corpus/manifest/text-index.js';
import { keyedRandom } from '../../../src/random.js';

describe('corpus/manifest/text-index', () => {
  it('finds what a Map finds, through many enlargements', () => {
    const random = keyedRandom('text index');
    const index = createTextIndex();
    const map = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      // Few lengths and letters, so that texts come again and share beginnings.
      const letters = Array.from({ length: random.below(6) }, () => 'abé日'[random.below(4)]);
      const text = letters.join('') + (random.below(2) ? '' : random.below(5000));
      assert.equal(index.add(text, i), map.get(text), JSON.stringify(text));
      if (!map.has(text)) map.set(text, i);
    }
    assert.ok(map.size > 5000 && map.size < 19_000);
  });

  it('tells apart what looks alike in one way of writing or another', () => {
    const texts = [
      ...['', 'a', 'aa', '\0', '\0\0', 'a\0', '\0a', 'é', 'e\u0301', 'É', '\u00e9\u00e9', 'ÿ', 'Ā', '\u0100\0'],
      // The bytes of one as two bytes a character are those of another as one.
      ...['日本', 'å\u0065g,', '\ud800', '\udfff', '\ufffd', '😀', 'x'.repeat(70_000), 'x'.repeat(70_001)],
    ];
    const index = createTextIndex();
    for (const [i, text] of texts.entries())
      assert.equal(index.add(text, i), undefined, JSON.stringify(text.slice(0, 9)));
    for (const [i, text] of texts.entries()) assert.equal(index.add(text, -1), i);
  });
});
