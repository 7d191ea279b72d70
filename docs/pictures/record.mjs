/**
 * @file Records a command in a terminal and writes it as an SVG that plays by itself: `node docs/pictures/record.mjs`.
 *
 *     node docs/pictures/record.mjs [--out FILE.svg] [--seconds 30] [--rows 40] [-- COMMAND …]
 *
 * Without a command it records `acanet run demo` in a new folder, from the build in `dist`, and writes `demo.svg`
 * beside itself. The command runs in a pseudo terminal (`script` of util-linux) of 80 columns. What it prints is kept
 * with its times; pauses are cut so that all of it plays in the given seconds, and the last screen stays. Only CSS
 * animates it, as GitHub runs no scripts: a line is hidden until its time comes, so a viewer that does not animate
 * shows the last screen.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderRecording } from './recording-svg.mjs';
import { createScreen } from './screen.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const split = process.argv.indexOf('--', 2);
const { values } = parseArgs({
  args: process.argv.slice(2, split < 0 ? undefined : split),
  options: {
    out: { type: 'string', default: join(here, 'demo.svg') },
    seconds: { type: 'string', default: '30' },
    rows: { type: 'string', default: '40' },
  },
});
const command = split < 0 ? 'acanet run demo' : process.argv.slice(split + 1).join(' ');
const rows = Number(values.rows);
const COLUMNS = 80;

const folder = mkdtempSync(join(tmpdir(), 'acanet-record-'));
try {
  const recorded = await record(command, folder);
  const svg = renderRecording({ command, ...recorded, rows, columns: COLUMNS, seconds: Number(values.seconds) });
  writeFileSync(values.out, svg);
  process.stderr.write(
    `${values.out}: ${(svg.length / 1000).toFixed(0)} kB, ${recorded.lines.length} lines, from a run of ${recorded.took.toFixed(0)} s\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs a command in a pseudo terminal. @returns what stood in each line and when, in seconds from the start */
async function record(command, folder) {
  const bin = join(folder, 'bin');
  const work = join(folder, 'work');
  for (const made of [bin, work]) mkdirSync(made);
  symlinkSync(resolve(here, '../../bin/acanet.js'), join(bin, 'acanet'));
  const screen = createScreen(COLUMNS);
  const start = performance.now();
  const child = spawn('script', ['-qefc', `stty cols ${COLUMNS} rows ${rows}; ${command}`, '/dev/null'], {
    cwd: work,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TERM: 'xterm', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => screen.write(text, (performance.now() - start) / 1000));
  const status = await new Promise((done, fail) => child.on('close', done).on('error', fail));
  if (status !== 0) throw new Error(`${command} ended with status ${status}:\n${screen.text()}`);
  return { lines: screen.lines, took: (performance.now() - start) / 1000 };
}
