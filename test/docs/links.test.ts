/** @file Links between the pages of the documentation lead somewhere, and every page is in the index. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, linesOf, pages, proseOf, root } from './pages.js';

const linksOf = (page: string) => [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);

describe('the pages of the documentation', () => {
  for (const page of pages) {
    it(`link to files and headings that are there: ${page}`, () => {
      for (const target of linksOf(page)) {
        if (/^https?:/.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        assert.ok(existsSync(join(root, file)), `${page}: ${target}: no such file`);
        if (anchor !== undefined) {
          assert.ok(anchorsOf(file).includes(anchor), `${page}: ${target}: headings are ${anchorsOf(file).join(', ')}`);
        }
      }
    });
  }

  it('are all in the index', () => {
    const listed = linksOf('docs/README.md').map((target) => normalize(join('docs', target.split('#')[0])));
    for (const page of pages) {
      if (page.startsWith('docs/') && page !== 'docs/README.md') assert.ok(listed.includes(page), `${page} is not`);
    }
  });

  it('are short enough to be read at one go', () => {
    for (const page of pages) {
      const lines = linesOf(page).length;
      assert.ok(lines <= 230, `${page} has ${lines} lines: divide it`);
    }
  });
});
