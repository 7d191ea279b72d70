/**
 * @file The report in a real browser: drawn, quiet, without the network, light and dark, on paper, and by keyboard.
 *
 * Needs Chromium (Debian: `apt-get install chromium`), or $CHROMIUM with the path of one; skipped elsewhere, as the
 * title says.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumPath, NO_CHROMIUM } from '../../chromium.js';
import { writeReport } from '../../../src/report/html/write-report.js';
import { sampleClip, sampleReport } from './sample-report.js';

const title = `the report in Chromium${chromiumPath ? '' : ` (skipped: ${NO_CHROMIUM})`}`;

(chromiumPath ? describe : describe.skip)(title, () => {
  let folder: string;
  let browser: Browser | undefined;
  let address: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-browser-'));
    await writeReport(folder, sampleReport({ runs: 2, clip: sampleClip }), { png: false });
    address = pathToFileURL(join(folder, 'index.html')).href;
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'], timeout: 0 });
  });
  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function open(colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser!.newPage({ viewport: { width: 1280, height: 900 }, colorScheme });
    page.setDefaultTimeout(0); // mocha has the only time limit
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
    return { page, complaints, requests };
  }

  const background = (page: Page) =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('section')).backgroundColor`);
  const stroke = (page: Page) =>
    page.evaluate<string>(
      `getComputedStyle(document.querySelector('#figure-det path[stroke="var(--figure-system1)"]')).stroke`,
    );

  it('draws every chart, says nothing on the console and asks the network for nothing', async () => {
    const { page, complaints, requests } = await open();
    const charts = await page.$$eval('figure > .scroll > svg', (drawings) =>
      drawings.map((svg) => ({ ...svg.getBoundingClientRect().toJSON(), marks: svg.querySelectorAll('path').length })),
    );
    assert.equal(charts.length, 6);
    for (const { width, height, marks } of charts) assert.ok(width > 600 && height > 200 && marks > 10);
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith('data:')),
      [address],
    );
    await page.close();
  });

  it('follows the dark scheme, and the switch both ways', async () => {
    const { page } = await open('dark');
    const dark = { background: await background(page), stroke: await stroke(page) };
    await page.click('#theme');
    const light = { background: await background(page), stroke: await stroke(page) };
    assert.deepEqual(light, { background: 'rgb(255, 255, 255)', stroke: 'rgb(11, 107, 179)' });
    assert.notEqual(dark.background, light.background);
    assert.notEqual(dark.stroke, light.stroke);
    await page.click('#theme');
    assert.equal(await background(page), dark.background);
    await page.close();
  });

  it('is light on paper, without what cannot be used there', async () => {
    const { page } = await open('dark');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await stroke(page), 'rgb(11, 107, 179)');
    for (const hidden of ['#theme', 'nav', 'audio']) {
      assert.ok(await page.$eval(hidden, (element) => element.getBoundingClientRect().height === 0), hidden);
    }
    assert.ok((await page.pdf({ format: 'A4' })).length > 10_000);
    await page.close();
  });

  it('names every figure, table and player for those who hear it', async () => {
    const { page } = await open();
    const unnamed = await page.$$eval(
      '[role=img], [role=group], audio, nav, section',
      (elements) =>
        elements.filter((element) => {
          const other = element.getAttribute('aria-labelledby');
          return !(
            element.getAttribute('aria-label') ??
            (other && element.ownerDocument.getElementById(other)?.textContent)
          );
        }).length,
    );
    assert.equal(unnamed, 0);
    const figures = await page.$$eval('figure', (all) =>
      all.map((figure) => ({
        label: figure.querySelector('[role=img]')?.getAttribute('aria-label') ?? '',
        rows: figure.querySelectorAll('details tbody tr').length,
      })),
    );
    for (const { label, rows } of figures) assert.ok(label.length > 60 && rows > 0, label);
    assert.deepEqual(await page.$$eval('th', (cells) => cells.filter((cell) => !cell.hasAttribute('scope')).length), 0);
    await page.close();
  });

  it('can be walked through by keyboard, in reading order', async () => {
    const { page } = await open();
    const stops: { name: string; top: number }[] = [];
    for (let presses = 0; presses < 150; presses++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<{ tag: string; label: string; top: number }>(
        `({
          tag: document.activeElement.tagName,
          label: (document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim(),
          top: document.activeElement.getBoundingClientRect().top + scrollY,
        })`,
      );
      if (stop.tag === 'BODY') break;
      stops.push({ name: `${stop.tag} ${stop.label}`, top: stop.top });
    }
    assert.equal(stops[0].name, 'A Skip to the results');
    assert.ok(stops.some(({ name }) => name.startsWith('BUTTON')));
    assert.ok(stops.filter(({ name }) => name.startsWith('SUMMARY Data')).length === 6);
    assert.ok(stops.some(({ name }) => name.startsWith('AUDIO utterance')));
    const summaries = stops.filter(({ name }) => name.startsWith('SUMMARY')).map(({ top }) => top);
    assert.deepEqual(
      summaries,
      summaries.toSorted((a, b) => a - b),
    );
    // A fold opens by keyboard, and its table is there.
    await page.focus('#figure-det summary');
    await page.keyboard.press('Enter');
    assert.ok(await page.isVisible('#figure-det details table'));
    await page.close();
  });

  it('shows what is under the pointer at once', async () => {
    const { page } = await open();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.locator('#figure-cost .tip').first().scrollIntoViewIfNeeded();
    await page.hover('#figure-cost .tip');
    assert.match((await page.textContent('#tip')) ?? '', /parameters 400 k, EER/);
    assert.equal(await page.$eval('#tip', (tip) => tip.style.visibility), 'visible');
    await page.close();
  });

  it('explains terms to the pointer and to the keyboard', async () => {
    const { page } = await open();
    const term = page.locator('#summary a.term').first();
    const meaning = await term.getAttribute('data-tip');
    await term.hover();
    assert.equal(await page.textContent('#tip'), meaning);
    await page.mouse.move(2, 2);
    assert.equal(await page.$eval('#tip', (tip) => tip.style.visibility), 'hidden');
    await term.focus();
    assert.equal(await page.$eval('#tip', (tip) => tip.style.visibility), 'visible');
    assert.equal(await term.getAttribute('aria-description'), meaning);
    await page.close();
  });

  it('keeps the links to the sections in view on wide screens, and marks the one that is read', async () => {
    const { page } = await open();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.evaluate(`document.getElementById('worst').scrollIntoView()`);
    await page.waitForSelector('nav a[href="#worst"][aria-current]');
    const { top, bottom } = await page.$eval('nav', (nav) => nav.getBoundingClientRect());
    assert.ok(top >= 0 && bottom <= 900, `${top} to ${bottom}`);
    await page.close();
  });

  it('says how long its audio is before it is played', async () => {
    const { page } = await open();
    await page.waitForFunction(`[...document.querySelectorAll('audio')].every(({ duration }) => duration > 0)`);
    await page.close();
  });

  it('fits narrow screens, where charts scroll sideways and can be reached by keyboard', async () => {
    const { page } = await open();
    await page.setViewportSize({ width: 390, height: 800 });
    await page.waitForSelector('#figure-det .scroll[tabindex="0"]');
    assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
    await page.close();
  });
});
