import assert from 'node:assert/strict';
import { glossaryMarkup, linkTerms } from '../../../src/report/html/terms.js';
import { glossary } from '../../../src/report/text/glossary.js';

const plain = (markup: string) => markup.replace(/<a class="term"[^>]*>(.*?)<\/a>/g, '[$1]');

describe('the terms of the page', () => {
  const cases = [
    {
      title: 'the first mention in a section',
      markup: '<p>EER 3 %</p><p>EER 4 %</p>',
      linked: '<p>[EER] 3 %</p><p>EER 4 %</p>',
    },
    { title: 'once for all forms', markup: '<p>EERs, the EER</p>', linked: '<p>[EERs], the EER</p>' },
    { title: 'the longest form', markup: '<li>the development EER</li>', linked: '<li>the [development EER]</li>' },
    { title: 'whole words', markup: '<p>misspelt, x-EER, trialling</p>', linked: '<p>misspelt, x-EER, trialling</p>' },
    {
      title: 'not in headings, drawings, code, links and folds, however nested',
      markup:
        '<h2>EER</h2><svg><text>EER</text><svg/></svg><code>EER</code><a href="#x">EER</a><details><p>EER</p></details><b>EER</b>',
      linked:
        '<h2>EER</h2><svg><text>EER</text><svg/></svg><code>EER</code><a href="#x">EER</a><details><p>EER</p></details><b>[EER]</b>',
    },
  ];
  for (const { title, markup, linked } of cases) {
    it(`are linked: ${title}`, () => assert.equal(plain(linkTerms(markup)), linked));
  }

  it('link to their meanings, which they tell, too', () => {
    const list = glossaryMarkup();
    for (const { term, forms = [] } of glossary) {
      for (const form of [term, ...forms]) {
        const [, anchor, told] = /href="#([\w-]+)" title="([^"]+)"/.exec(linkTerms(`<p>${form}</p>`)) ?? [];
        assert.ok(told?.length > 20 && list.includes(`<dt id="${anchor}">`), form);
      }
    }
  });
});
