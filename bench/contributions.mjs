/**
 * @file What augmentation, checkpoint averaging and mean normalisation each contribute: one small ACA-Net on
 * WSJ0-1talker, one thing changed at a time, several seeds each, as a table.
 *
 * All trainings have the same number of steps, except where the table says that the data grew. The development trials
 * are the protocol's own (other utterances of the training speakers); nothing here chooses by the test trials, but the
 * table shows their EER, so settings chosen from it are chosen on them.
 *
 *     node bench/contributions.mjs --source WSJ0 --lists LISTS --noise DIR --allow-missing --out bench/results/contributions
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { URL, fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { formatTable } from '../dist/src/report/text/table.js';
import { writeFileAtomic, writeJsonAtomic } from '../dist/src/storage/atomic-write.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RECIPE = join(ROOT, 'bench/contributions.yaml');
const SYSTEM = 'aca-small';

const options = new Command('node bench/contributions.mjs')
  .description('Train a small ACA-Net on WSJ0-1talker with one thing changed at a time; a table of EERs.')
  .requiredOption('--source <dir>', 'the WSJ0 discs')
  .requiredOption('--lists <dir>', 'the published lists')
  .option('--allow-missing', 'go on with what is there of them')
  .requiredOption('--noise <dir>', 'a folder of noise')
  .option('--seeds <n>', 'trainings of each variant', Number, 3)
  .option('--work <dir>', 'work folder; what it holds already is not trained again', 'exp/contributions')
  .option('--out <dir>', 'write contributions.md and contributions.json there')
  .parse()
  .opts();

/** What is changed; `of` names the work folder, so that variants without a training of their own share one. */
const VARIANTS = [
  { name: 'as it is: global mean, the last 3 checkpoints averaged, no augmentation', of: 'plain', sets: [] },
  { name: 'only the last checkpoint', of: 'plain', sets: ['average.last=1'] },
  { name: 'mean of the utterance', of: 'utterance-mean', sets: ['features.normalize=mean'] },
  { name: 'no mean normalisation', of: 'no-mean', sets: ['features.normalize=none'] },
  {
    name: 'noise on half of the crops, 0 to 15 dB',
    of: 'noise',
    sets: [augmented('noise: {source: NOISE, probability: 0.5}')],
  },
  { name: 'SpecAugment', of: 'spec-augment', sets: [augmented('specAugment: {}')] },
  {
    name: 'speed 0.9 and 1.1 as further speakers (3 times the data and steps)',
    of: 'speed',
    sets: [augmented('speed: {newSpeakers: true}')],
  },
];

function augmented(techniques) {
  return `augmentation={${techniques.replace('NOISE', JSON.stringify(options.noise))}}`;
}

const began = new Date().toISOString();
const results = VARIANTS.map(({ name, of, sets }) => {
  const runs = Array.from({ length: options.seeds }, (_, index) => train(of, index + 1, sets));
  const summary = runs.map(({ eer }) => (100 * eer).toFixed(2)).join(', ');
  process.stderr.write(`${name}: ${summary} %\n`);
  return { name, sets, runs };
});

/** Runs the recipe (what is up to date is skipped) and returns its figures. */
function train(of, seed, sets) {
  const work = join(options.work, `${of}-${seed}`);
  const changes = [`seed=${seed}`, ...sets].flatMap((set) => ['--set', set]);
  const place = [
    '--source',
    options.source,
    '--lists',
    options.lists,
    ...(options.allowMissing ? ['--allow-missing'] : []),
  ];
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'bin/acanet.js'), 'run', RECIPE, '--work', work, ...place, ...changes],
    { encoding: 'utf8', maxBuffer: 1e8 },
  );
  if (status !== 0) throw new Error(`${of}, seed ${seed}: ended with ${status}\n${stderr}`);
  const experiment = join(work, 'contributions');
  const { eer, partial } = JSON.parse(readFileSync(join(experiment, 'score', SYSTEM, 'metrics.json'), 'utf8'));
  const log = readFileSync(join(experiment, 'train', SYSTEM, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const { devEer, step } = JSON.parse(log.at(-1));
  return { seed, eer, devEer, steps: step, partial };
}

const percent = (value) => (100 * value).toFixed(2);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const baseline = mean(results[0].runs.map(({ eer }) => eer));
const rows = results.map(({ name, runs }) => {
  const eers = runs.map(({ eer }) => eer);
  const change = mean(eers) / baseline - 1;
  return [
    name,
    `${runs[0].steps}`,
    percent(mean(eers)),
    `${percent(Math.min(...eers))} to ${percent(Math.max(...eers))}`,
    eers.length && name === results[0].name ? '' : `${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(0)} %`,
    percent(mean(runs.map(({ devEer }) => devEer))),
  ];
});
const columns = [
  { title: 'changed' },
  { title: 'steps', align: 'right' },
  { title: 'test EER %, mean', align: 'right' },
  { title: 'of the seeds', align: 'right' },
  { title: 'relative', align: 'right' },
  { title: 'development EER %', align: 'right' },
];
const git = (...args) => {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown'; // not a clone
  }
};
const commandLine = ['node', 'bench/contributions.mjs', ...process.argv.slice(2)].join(' ');
const machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const partial = results[0].runs[0].partial;
const markdown = `# What augmentation, averaging and mean normalisation contribute

Generated, not typed: \`${commandLine}\`, begun ${began}, commit ${git('rev-parse', '--short=12', 'HEAD')}, ${machine}.

A small ACA-Net (\`bench/contributions.yaml\`), ${options.seeds} seeds a row, one thing changed at a time.
${partial ? `\n**${partial}**\n` : ''}
${formatTable(columns, rows, { style: 'markdown' })}`;
process.stdout.write(markdown);
if (options.out) {
  writeFileAtomic(join(options.out, 'contributions.md'), markdown);
  writeJsonAtomic(join(options.out, 'contributions.json'), { commandLine, began, machine, results });
}
