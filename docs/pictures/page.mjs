/**
 * @file Takes the pictures of the page that compares voices: `node docs/pictures/page.mjs MODEL KNOWN.wav TESTED.wav`.
 *
 * MODEL is a model folder with a scoring profile, such as `exp/demo/model/aca-net`. Writes `browser.png`
 * and `browser-dark.png` beside itself, from the build in `dist`. Needs Chromium ($CHROMIUM, else Debian's).
 */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { buildPage } from '../../dist/src/tasks/page/build-page.js';
import { servePage } from '../../dist/src/tasks/page/serve-page.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const [model, known, tested] = process.argv.slice(2);
const server = await servePage(await buildPage(model), { port: 0 });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme: 'light' });
await page.goto(server.address);
await page.getByText('The model is ready.').waitFor({ timeout: 0 });
await page.setInputFiles('#known input[type=file]', known);
await page.setInputFiles('#tested input[type=file]', tested);
await page.locator('#verdict').waitFor({ timeout: 0 });
const shoot = async (name) => {
  const { y, height } = await page.locator('#result').boundingBox();
  const { width } = page.viewportSize();
  const clip = { x: 0, y: 0, width, height: Math.ceil(y + height + 8) };
  await page.screenshot({ path: join(here, `${name}.png`), fullPage: true, clip });
};
await shoot('browser');
await page.emulateMedia({ colorScheme: 'dark' });
await shoot('browser-dark');
await browser.close();
server.close();
