/** @file The Chromium that tests of pages run in: Debian's, or the one that $CHROMIUM names; undefined where there is none. */
import { existsSync } from 'node:fs';

export const chromiumPath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
  .filter((path) => path !== undefined)
  .find((path) => existsSync(path));

/** What a skipped test says. */
export const NO_CHROMIUM = 'install `chromium`, or name one in $CHROMIUM';
