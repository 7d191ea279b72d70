/**
 * @file How time and memory grow with a manifest: 10^4, 10^5, 10^6 generated utterances.
 *
 * Each measurement is a process of its own, whose peak memory is its own: writing and validating the manifest as `prep`
 * does, reading it one utterance at a time, making trials, and every batch of one training epoch. The utterances are
 * invented lines (100 a speaker, 8 sessions, two genders); no audio is read.
 *
 *     node bench/million.mjs [--largest 1000000]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import {
  checkSpeakersDisjoint,
  describeCorpus,
  readManifest,
  streamManifest,
  writeManifest,
} from '../dist/src/corpus/manifest/manifest.js';
import { makeTrials } from '../dist/src/corpus/trials/trial-making.js';
import { formatTable } from '../dist/src/report/text/table.js';
import { indexSpeakers, planEpoch, samplerOptions } from '../dist/src/training/sampler.js';

const UTTERANCES_PER_SPEAKER = 100;

/** What is measured; each is given the path of a manifest of `count` utterances. */
const WORK = {
  'start of a process': () => 'nothing but loading the code',
  'write and validate (prep)': (path, count) => {
    const utterances = [...generate(count)];
    checkSpeakersDisjoint(utterances, { where: path });
    writeManifest(path, utterances);
    return describeCorpus(utterances).join('; ');
  },
  'read and validate': (path) => `${readManifest(path).length} utterances`,
  'read one at a time': (path) => {
    let seconds = 0;
    for (const { duration } of streamManifest(path)) seconds += duration;
    return `${(seconds / 3600).toFixed(0)} h`;
  },
  'make trials': (path, count) => {
    const wanted = { maxTargets: count / 2, maxNontargets: count / 2, sameGender: 0.5, sessions: 'cross' };
    return `${makeTrials(readManifest(path), { seed: 1, ...wanted }).length} trials`;
  },
  'batches of an epoch': (path) => {
    const { utterances } = indexSpeakers(readManifest(path));
    const plan = planEpoch({ seed: 1, epoch: 0, utterances, ...samplerOptions.parse({ batchSize: 128 }) });
    let crops = 0;
    for (let step = 0; step < plan.steps; step++) crops += plan.batch(step).length;
    return `${plan.steps} batches, ${crops} crops`;
  },
};

function* generate(count) {
  const speakers = Math.ceil(count / UTTERANCES_PER_SPEAKER);
  for (let i = 0; i < count; i++) {
    const number = i % speakers;
    const speaker = `spk${String(number).padStart(6, '0')}`;
    const id = `${speaker}-${String(i).padStart(8, '0')}`;
    const session = `session${Math.floor(i / speakers) % 8}`;
    yield {
      id,
      speaker,
      path: `/corpora/generated/${speaker}/${session}/${id}.flac`,
      duration: 3 + (i % 997) / 100,
      sampleRate: 16000,
      channels: 1,
      gender: number % 2 === 0 ? 'f' : 'm',
      session,
      corpus: 'generated',
      split: 'train',
    };
  }
}

const program = new Command('node bench/million.mjs')
  .description('Time and peak memory of manifests, trials and epochs, from 10^4 utterances to the largest.')
  .argument('[what]', 'one measurement in this process, of a manifest [path] of [count] utterances (used by itself)')
  .argument('[path]')
  .argument('[count]')
  .option('--largest <n>', 'utterances of the largest manifest', Number, 1_000_000)
  .parse();

const [what, path, count] = program.args;
if (what) {
  const began = performance.now();
  const result = WORK[what](path, Number(count));
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ result, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'acanet-million-'));
  const self = fileURLToPath(import.meta.url);
  const measure = (name, size) => {
    const given = [self, name, join(folder, `${size}.jsonl`), String(size)];
    const { stdout, stderr, status } = spawnSync(process.execPath, given, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name}, ${size}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const sizes = [1e4, 1e5, 1e6, 1e7].filter((size) => size <= program.opts().largest);
  // Sizes outside, work inside: the first work of a size writes the manifest that the others read.
  const measured = sizes.map((size) => Object.keys(WORK).map((name) => measure(name, size)));
  const rows = Object.keys(WORK).map((name, work) => [
    name,
    ...measured.map((results) => `${results[work].seconds.toFixed(2)} s, ${results[work].peakMiB.toFixed(0)} MiB`),
    measured.at(-1)[work].result,
  ]);
  const columns = [
    { title: 'what' },
    ...sizes.map((size) => ({ title: `${size} utterances`, align: 'right' })),
    { title: `result for ${sizes.at(-1)}` },
  ];
  process.stdout.write(formatTable(columns, rows, { style: 'markdown' }));
  rmSync(folder, { recursive: true });
}
