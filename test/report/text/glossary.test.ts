import assert from 'node:assert/strict';
import { glossary } from '../../../src/report/text/glossary.js';

describe('the glossary', () => {
  it('has each term and form once, in alphabetical order, explained in sentences of at most 35 words', () => {
    const forms = glossary.flatMap(({ term, forms: others = [] }) => [term, ...others]);
    assert.equal(new Set(forms).size, forms.length);
    const terms = glossary.map(({ term }) => term);
    assert.deepEqual(
      terms,
      terms.toSorted((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' })),
    );
    for (const { term, meaning } of glossary) {
      assert.match(meaning, /^[A-Z0-9].*\.$/, term);
      for (const sentence of meaning.split(/[.:;?] /))
        assert.ok(sentence.split(' ').length <= 35, `${term}: ${sentence}`);
    }
  });
});
