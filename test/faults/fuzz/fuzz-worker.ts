/** @file The thread in which parsers meet damaged files. */
import { parentPort, workerData } from 'node:worker_threads';
import { allParsers, fuzz, type FuzzWork } from './fuzz.js';

const { work, progress } = workerData as { work: FuzzWork; progress: Int32Array };
const { folder, inputsPerWeight, from = 0, only } = work;
for (const [place, parser] of allParsers(folder).entries()) {
  if (only && !only.includes(parser.name)) continue;
  progress[0] = place;
  const to = from + Math.max(1, Math.round(inputsPerWeight * (parser.weight ?? 1)));
  parentPort!.postMessage(await fuzz(parser, { from, to, onInput: (input) => (progress[1] = input) }));
}
