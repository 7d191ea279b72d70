#!/usr/bin/env node
/** @file The door: starts the compiled command line. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  const { runCommandLine } = await import(main.href);
  await runCommandLine(process.argv);
} else {
  process.stderr.write('✖ acanet is not built yet\n  in its folder, run: npm ci && npm run build\n');
  process.exitCode = 1;
}
