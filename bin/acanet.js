#!/usr/bin/env node
/** @file The door: starts the compiled command line. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Node opens the modules of a command all at once; with fewer descriptors it fails in places that do not say why. */
const FEWEST_OPEN_FILES = 512;

/** How many files this process may have open, where the system tells (Linux). Node has raised it as far as it may. */
function openFilesLimit() {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

const main = new URL('../dist/bundle/command-line.js', import.meta.url);
if (openFilesLimit() < FEWEST_OPEN_FILES) {
  process.stderr.write(
    `✖ acanet may have only ${openFilesLimit()} files open here, and needs ${FEWEST_OPEN_FILES}\n` +
      '  raise the limit, for example with: ulimit -n 1024\n',
  );
  process.exitCode = 1;
} else if (existsSync(fileURLToPath(main))) {
  const { runCommandLine } = await import(main.href);
  await runCommandLine(process.argv);
} else {
  process.stderr.write('✖ acanet is not built yet\n  in its folder, run: npm ci && npm run build\n');
  process.exitCode = 1;
}
