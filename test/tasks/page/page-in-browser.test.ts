/**
 * @file The page of a model in headless Chromium, with a file in the place of a microphone: what it hears is what acanet
 * hears on the command line; it says what is wrong; nothing leaves the machine.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { readAudio } from '../../../src/audio/read.js';
import { writeWav } from '../../../src/audio/write-wav.js';
import { embedInputs } from '../../../src/tasks/embedding/embed-files.js';
import { buildPage } from '../../../src/tasks/page/build-page.js';
import { servePage, type PageServer } from '../../../src/tasks/page/serve-page.js';
import { chromiumPath, NO_CHROMIUM } from '../../chromium.js';
import { wavPath } from '../../features/fixtures.js';
import { CALIBRATION, writeModelOfTests } from './model-of-tests.js';

const title = `the page of a model in Chromium${chromiumPath ? '' : ` (skipped: ${NO_CHROMIUM})`}`;

interface SavedVoice {
  name: string;
  embedding: number[];
}

(chromiumPath ? describe : describe.skip)(title, () => {
  let folder: string;
  let server: PageServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const strange: string[] = [];
  const path = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-page-'));
    await writeModelOfTests(path('model'));
    cpSync(wavPath('speech_16k.wav'), path('speech.wav'));
    const { samples } = await readAudio(path('speech.wav'));
    writeWav(path('half.wav'), samples.slice(0, 12_000), 16000);
    writeWav(path('silent.wav'), new Float32Array(32_000), 16000);
    writeWav(path('short.wav'), samples.slice(4000, 8000), 16000);
    writeFileSync(path('text.wav'), 'this is no audio');
    server = await servePage(await buildPage(path('model')), { port: 0 });
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${path('speech.wav')}`,
      ],
      timeout: 0,
    });
  });
  after(async () => {
    await browser?.close();
    server?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext({ permissions: ['microphone'], acceptDownloads: true });
    page = await context.newPage();
    page.setDefaultTimeout(0); // what hangs ends with the test
    strange.length = 0;
    page.on('console', (message) => {
      if (message.type() === 'error') strange.push(message.text());
    });
    page.on('pageerror', (error) => strange.push(error.message));
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.address))
        strange.push(request.url());
    });
    await page.goto(server.address);
    await page.getByText('The model is ready.').waitFor();
  });
  afterEach(async () => {
    await context.close();
    assert.deepEqual(strange, []);
  });

  const give = (voice: 'known' | 'tested', ...names: string[]) =>
    page.setInputFiles(`#${voice} input[type=file]`, names.map(path));

  /** What the page has made of the recordings that it holds. */
  async function saved(): Promise<{ known: SavedVoice[]; tested: SavedVoice[] }> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    return JSON.parse(readFileSync(await download.path(), 'utf8')) as { known: SavedVoice[]; tested: SavedVoice[] };
  }
  const embedded = async (...names: string[]) => [
    ...(
      await embedInputs({
        inputs: names.map(path),
        modelDir: path('model'),
        engine: { name: 'onnx', device: 'cpu', threads: 1 },
        asIs: false,
        log: () => undefined,
        progress: () => undefined,
      })
    ).values(),
  ];
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0); // prettier-ignore
  const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

  it('gives the embeddings, score and ratio of the command line', async () => {
    await give('known', 'speech.wav');
    await give('tested', 'half.wav');
    await page.locator('#verdict').waitFor();
    const { known, tested } = await saved();
    const [speech, half] = await embedded('speech.wav', 'half.wav');
    const [first, second] = [cosine(known[0].embedding, speech), cosine(tested[0].embedding, half)];
    assert.ok(first > 0.99999 && second > 0.99999, `${first}, ${second}`);
    const score = cosine(speech, half);
    assert.equal(await page.textContent('#numbers'), `Score (cosine, from −1 to 1): ${score.toFixed(3)}.`);
    const llr = CALIBRATION.offset + CALIBRATION.weight * score;
    assert.ok((await page.textContent('#because'))!.includes(`(log-likelihood ratio ${llr.toFixed(2)})`));
    assert.match((await page.textContent('#verdict'))!, llr > Math.log(10) ? /^Probably the same person/ : /./);
    assert.match(
      (await page.getAttribute('#known canvas', 'aria-label'))!,
      /^Spectrogram of 1\.5 seconds\. The model looks most at/,
    );
  });

  it('hears by the microphone what the same samples in a file give', async () => {
    await page.click('#known .record');
    await page.waitForFunction(() => parseFloat(document.querySelector('#known .time')!.textContent!) >= 2);
    await page.click('#known .record');
    await page.locator('#known li').waitFor();
    await give('tested', 'speech.wav');
    await page.locator('#verdict').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#known li a')]);
    await download.saveAs(path('heard.wav'));
    const { known } = await saved();
    const [heard] = await embedded('heard.wav');
    const agreement = cosine(known[0].embedding, heard);
    assert.ok(agreement > 0.9999, `${agreement}`);
    assert.ok((await readAudio(path('heard.wav'))).samples.length >= 2 * 16000 - 4096);
  });

  it('says what is wrong with a recording, and keeps none that it cannot use', async () => {
    for (const [file, words] of [
      ['silent.wav', /silent\.wav: is silent: .*was the microphone on\?/s],
      ['short.wav', /short\.wav: is 0\.25 s long, and a voice needs 0\.5 s at least/],
      ['text.wav', /text\.wav is not audio that this browser can read/],
    ] as const) {
      await give('tested', file);
      await page.locator('#tested .message').filter({ hasText: words }).waitFor();
      assert.equal(await page.locator('#tested li').count(), 0);
    }
    await give('tested', 'speech.wav');
    await page.locator('#tested li').waitFor();
    assert.equal(await page.textContent('#tested .message'), '');
    assert.match(
      (await page.textContent('#tested .warning'))!,
      /^speech\.wav: holds 1\.\d s of sound; below 2 s a score says little/,
    );
    await page.click('#tested .remove');
    assert.equal(await page.locator('#tested li').count(), 0);
  });

  it('changes its words with what was likely beforehand', async () => {
    await give('known', 'speech.wav');
    await give('tested', 'speech.wav');
    await page.getByText('Probably the same person.').waitFor(); // the score is 1, the ratio e¹²
    await page.selectOption('#prior', '0.001');
    assert.match((await page.textContent('#because'))!, /The chance that it is one person: 99\.4 %\.$/);
  });

  it('says what the model has heard and what it is not good for', async () => {
    const text = (await page.textContent('.facts'))!;
    for (const words of ['librispeech (English): 250 speakers', 'It has heard English', 'made by a machine']) {
      assert.ok(text.includes(words), words);
    }
  });

  it('can be used by keyboard alone, with names for all that is pressed', async () => {
    const reached: string[] = [];
    for (let press = 0; press < 6; press++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate(() => document.activeElement!.id || document.activeElement!.closest('section')!.id),
      );
    }
    const places = reached.filter((id) => id !== 'device').slice(0, 5); // which not every browser shows
    assert.deepEqual(places, ['theme', 'known', 'known', 'tested', 'tested']);
    assert.equal(await page.getByRole('button', { name: 'Record' }).count(), 2);
    for (const name of ['Choose files', 'Choose a file']) assert.equal(await page.getByLabel(name).count(), 1, name);
  });

  it('fits a phone, and follows light and dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await give('known', 'speech.wav');
    await page.locator('#known li').waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await paper();
    assert.notEqual(light, dark);
    await page.click('#theme');
    assert.equal(await paper(), light);
  });
});
