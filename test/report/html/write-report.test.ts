import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FigureKind } from '../../../src/report/figures/figure.js';
import { reportFigures } from '../../../src/report/figures/registry.js';
import { writeReport, type WrittenReport } from '../../../src/report/html/write-report.js';
import { sampleAblation, sampleClip, sampleReport } from './sample-report.js';

describe('a written report', () => {
  let folder: string;
  let written: WrittenReport;
  let page: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-report-'));
    written = await writeReport(folder, sampleReport({ clip: sampleClip }));
    page = readFileSync(join(folder, 'index.html'), 'utf8');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is one page and each figure as SVG, PNG and CSV', () => {
    for (const id of ['det', 'scores', 'training', 'cost', 'duration', 'embeddings']) {
      for (const type of ['svg', 'png', 'csv']) assert.ok(existsSync(join(folder, 'figures', `${id}.${type}`)), id);
      assert.ok(page.includes(`id="figure-${id}"`), id);
    }
    assert.equal(written.paths.length, 1 + 6 * 3);
    assert.deepEqual(written.absent, ['Attention: There is no model.']);
    const png = readFileSync(join(folder, 'figures', 'det.png'));
    assert.equal(png.readUInt32BE(16), 1920); // width: twice the drawing's
    assert.match(
      readFileSync(join(folder, 'figures', 'det.csv'), 'utf8'),
      /^system,run,falseAlarm,miss,missLow,missHigh\n/,
    );
  });

  it('escapes what it was told, and uses no name twice', () => {
    assert.ok(page.includes('differs from ecapa-tdnn &lt;so far&gt;') && page.includes('Trials &amp; scores'));
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.deepEqual(
      ids.filter((id, i) => ids.indexOf(id) !== i),
      [],
    );
  });

  it('refers to nothing outside of itself but the files beside it', () => {
    const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
    const outside = links.filter((link) => !/^(#|data:|figures\/[\w-]+\.(svg|png|csv)$)/.test(link));
    assert.deepEqual(outside, []);
    assert.ok(!/@import|url\((?!#)/.test(page));
  });

  it('shows variants and trainings where the test trials are kept back', async () => {
    const other = join(folder, 'variants');
    const { tested: _, ...rest } = sampleReport({ names: ['base', 'variant'] });
    const { paths } = await writeReport(other, { ...rest, ablation: sampleAblation }, { png: false });
    const variants = readFileSync(paths[0], 'utf8');
    assert.match(variants, /<h1>Variants of base<\/h1>/);
    assert.ok(variants.includes('id="figure-ablation"') && variants.includes('Development trials are made up.'));
    assert.ok(!variants.includes('id="figure-det"') && variants.includes('test trials kept back'));
  });

  it('has each figure that is listed, in the place where it is listed', async () => {
    const other = join(folder, 'one-more');
    const trialCount = {
      id: 'trial-count',
      title: () => 'How many trials',
      needs: ({ tested }) => tested?.compared.trials,
      draw: (trials) => ({
        caption: 'A bar <as long> as there are trials.',
        description: `${trials} trials`,
        svg: `<svg width="9" height="9"><rect width="${trials}" height="1"/></svg>`,
        data: { columns: ['trials'], rows: [[trials]] },
        shown: { columns: ['trials'], rows: [[trials]] },
        notes: ['All of them.'],
      }),
    } satisfies FigureKind<number>;
    const silent = { ...trialCount, id: 'silent', needs: () => undefined };
    const without = { ...trialCount, id: 'without', draw: () => ({ why: 'It was not counted.' }) };
    const [first, ...rest] = reportFigures;
    const kinds = [first, trialCount, silent, without, ...rest];
    const { absent } = await writeReport(other, sampleReport(), { png: false, kinds });
    assert.equal(readFileSync(join(other, 'figures', 'trial-count.csv'), 'utf8'), 'trials\n780\n');
    assert.match(readFileSync(join(other, 'figures', 'trial-count.svg'), 'utf8'), /<title id="title">How many trials</);
    assert.ok(!existsSync(join(other, 'figures', 'without.csv')));
    assert.deepEqual(absent, ['How many trials: It was not counted.', 'Attention: There is no model.']);
    const html = readFileSync(join(other, 'index.html'), 'utf8');
    const sections = [...html.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    assert.deepEqual(sections.slice(0, 4), ['summary', first.id, 'trial-count', 'without']);
    assert.ok(!sections.includes('silent'));
    assert.ok(html.includes('A bar &lt;as long&gt; as there are ') && html.includes('<li>All of them.</li>'));
  });

  it('works for one system, and for 30 with three trainings each', async () => {
    const other = join(folder, 'other');
    await writeReport(other, sampleReport({ names: ['alone'] }), { png: false });
    assert.match(readFileSync(join(other, 'index.html'), 'utf8'), /<h1>alone<\/h1>/);
    const names = Array.from({ length: 30 }, (_, i) => `variant-${i}-with-a-name-that-is-rather-long`);
    await writeReport(other, sampleReport({ names, runs: 3 }), { png: false });
    const many = readFileSync(join(other, 'index.html'), 'utf8');
    for (const name of names) assert.ok(many.includes(name), name);
    assert.ok(many.length < 2e6, String(many.length));
  });
});
