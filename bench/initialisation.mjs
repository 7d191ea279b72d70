/**
 * @file What the instruments read while a small ACA-Net trains from the released initialisation and from ours, as a
 * table.
 *
 *     node bench/initialisation.mjs --source LIBRISPEECH --out bench/results/initialisation
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { formatTable } from '../dist/src/report/text/table.js';
import { writeFileAtomic, writeJsonAtomic } from '../dist/src/storage/atomic-write.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RECIPE = join(ROOT, 'bench/initialisation.yaml');
const SYSTEMS = {
  'aca-small': 'ours: latents of std 2, centred',
  narrow: 'latents of std 0.02',
  uncentred: 'not centred',
  released: 'released: std 0.02, not centred',
  fast: 'ours, 5 times the learning rate',
};

const options = new Command('node bench/initialisation.mjs')
  .description('Train a small ACA-Net from several initialisations; a table of what the instruments read.')
  .requiredOption('--source <dir>', 'the corpus of recipe librispeech-mini')
  .option('--work <dir>', 'work folder; what it holds already is not trained again', 'exp')
  .option('--out <dir>', 'write initialisation.md and initialisation.json there')
  .parse()
  .opts();

const results = Object.entries(SYSTEMS).map(([system, name]) => {
  const args = ['train', '--recipe', RECIPE, '--work', options.work, '--set', `corpus.source=${options.source}`];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'bin/acanet.js'), ...args, '--model', system], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${system}: acanet train ended with ${status}`);
  const rows = readFileSync(join(options.work, 'initialisation/train', system, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { system, name, rows };
});

const steps = results[0].rows.filter(({ instruments }) => instruments).map(({ step }) => step);
const readings = (read) =>
  results.map(({ name, rows }) => [
    name,
    ...steps.map((at) => read(rows.find(({ step, instruments }) => step === at && instruments))),
  ]);
const titled = (title) => [{ title }, ...steps.map((step) => ({ title: `${step}`, align: 'right' }))];
const crossAttention = ({ instruments }) => Object.values(instruments.attention);
const tables = [
  ['spread of the embeddings after step', ({ instruments }) => instruments.spread.toFixed(1)],
  ['share along (1, …, 1), %', ({ instruments }) => (100 * instruments.common).toFixed(0)],
  ['attention entropy', (row) => crossAttention(row).map(({ entropy }) => entropy.toFixed(2)).join(' ')], // prettier-ignore
  ['attention diversity', (row) => crossAttention(row).map(({ diversity }) => diversity.toPrecision(1)).join(' ')], // prettier-ignore
  ['development EER, %', ({ devEer }) => (devEer === undefined ? '' : (100 * devEer).toFixed(1))],
].map(([title, read]) => formatTable(titled(title), readings(read), { style: 'markdown' }));

const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
const text = [
  `\`node bench/initialisation.mjs --source DIR\` at ${git('rev-parse', '--short', 'HEAD')}, ` +
    `Node ${process.versions.node}, ${cpus()[0].model}; one seed a row`,
  ...tables.map((table) => table.trimEnd()),
].join('\n\n');
process.stdout.write(`${text}\n`);
if (options.out) {
  writeFileAtomic(join(options.out, 'initialisation.md'), `${text}\n`);
  const measured = results.map(({ rows, ...result }) => ({ ...result, rows: rows.filter((row) => row.instruments) }));
  writeJsonAtomic(join(options.out, 'initialisation.json'), measured);
}
