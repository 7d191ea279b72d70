import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

  it('has no term that docs/glossary.md does not explain, in bold or italics', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/glossary.md'), 'utf8').replace(/\s+/g, ' ');
    const marked = [...page.matchAll(/\*\*(.+?)\*\*|_(\w[^_]*)_/g)].map(([, bold, italic]) =>
      (bold ?? italic).toLowerCase(),
    );
    for (const { term } of glossary) {
      const stem = term
        .toLowerCase()
        .replace(/s$/, '')
        .replace(/ trial$/, '');
      assert.ok(
        marked.some((text) => text.includes(stem)),
        term,
      );
    }
  });
});
