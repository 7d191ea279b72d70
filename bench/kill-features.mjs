/**
 * @file Kills the extraction of features over and over and looks whether it makes any difference.
 *
 * The features of a synthetic corpus are extracted once undisturbed, then again while SIGKILL ends the command at random
 * moments and the same command starts it again. Each kill waits for a random number of finished shards, then for some
 * milliseconds, so that kills fall within shards, between them, and into the writing of archives and indices. At the end
 * every file of the cache must be the same bytes.
 *
 *     node bench/kill-features.mjs --kills 10 --seed 1
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { keyedRandom } from '../dist/src/random.js';

const DOOR = fileURLToPath(new URL('../bin/acanet.js', import.meta.url));
const RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 40, testSpeakers: 3, utterancesPerSpeaker: 40, duration: [3, 5] }
development: { speakers: 4 }
systems:
  aca-net: { model: { type: aca-net, latents: 16, embed: 32 } }
model: aca-net
baseline: aca-net
`;
const FINISHED_SHARD = /^feats-\d+\.json$/;
const HALF_WRITTEN = /\.part$/;

const options = new Command('node bench/kill-features.mjs')
  .description('Extract features with and without SIGKILLs; the files must be the same bytes.')
  .option('--kills <n>', 'how often the extraction is killed', Number, 10)
  .option('--seed <n>', 'of the moments', Number, 1)
  .option('--keep', 'keep the work folder')
  .parse()
  .opts();

const work = mkdtempSync(join(tmpdir(), 'acanet-kill-features-'));
const recipe = join(work, 'kill-features.yaml');
writeFileSync(recipe, RECIPE);
const folder = join(work, 'kill-features/features');
const undisturbed = join(work, 'undisturbed');

await run('prep').ended;
const quiet = await run('features').ended;
if (quiet.code !== 0) throw new Error(`the undisturbed run ended with ${quiet.code}\n${quiet.stderr}`);
const shards = finishedShards();
console.log(`undisturbed: ${shards} shards in ${(quiet.ms / 1000).toFixed(1)} s, start-up included`);
renameSync(folder, undisturbed);

const random = keyedRandom(options.seed, 'kill-features');
// A kill late in the work would leave too little for those that are still to come.
const perKill = Math.max(1, Math.floor((0.9 * shards) / options.kills));
let torn = 0;
for (let kill = 1; kill <= options.kills; kill++) {
  const before = finishedShards();
  const signal = await killAfter(before + Math.floor(random.uniform() * (perKill + 1)), random.uniform() * 60);
  if (signal !== 'SIGKILL') {
    console.log(`kill ${kill} came too late: the features were finished, so ${kill - 1} kills are all`);
    break;
  }
  const half = existsSync(folder) ? readdirSync(folder).filter((name) => HALF_WRITTEN.test(name)).length : 0;
  torn += half;
  console.log(`kill ${kill}: ${before} shards were there, ${finishedShards()} are; ${half} files half written`);
}
const last = await run('features').ended;
if (last.code !== 0) throw new Error(`the last run ended with ${last.code}\n${last.stderr}`);
const check = await run('features', 'verify').ended;
if (check.code !== 0) throw new Error(`the check of the cache ended with ${check.code}\n${check.stderr}`);

const names = new Set([...filesOf(undisturbed), ...filesOf(folder)]);
const different = [...names].filter((name) => bytesOf(undisturbed, name) !== bytesOf(folder, name));
console.log(`${torn} half-written files were left by kills`);
console.log(
  different.length === 0 ? `all ${names.size} files are the same bytes` : `DIFFERENT: ${different.join(', ')}`,
);
if (options.keep) console.log(`kept: ${work}`);
else rmSync(work, { recursive: true });
process.exitCode = different.length === 0 ? 0 : 1;

/** Runs a command on the recipe. */
function run(...command) {
  const began = performance.now();
  const child = spawn(process.execPath, [DOOR, ...command, '--recipe', recipe, '--work', work], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stderr, ms: performance.now() - began })),
  );
  return { child, ended };
}

/** Starts the extraction and kills it some milliseconds after `target` shards are finished. */
async function killAfter(target, ms) {
  mkdirSync(folder, { recursive: true });
  const { child, ended } = run('features');
  let armed = false;
  const arm = () => {
    if (armed || finishedShards() < target) return;
    armed = true;
    setTimeout(() => child.kill('SIGKILL'), ms);
  };
  const watcher = watch(folder, arm);
  const { signal } = await ended;
  watcher.close();
  return signal;
}

function finishedShards() {
  return existsSync(folder) ? readdirSync(folder).filter((name) => FINISHED_SHARD.test(name)).length : 0;
}

function filesOf(dir) {
  return readdirSync(dir).filter((name) => !/^\.(done|started)\.json$/.test(name));
}

function bytesOf(dir, name) {
  const path = join(dir, name);
  if (!existsSync(path)) return undefined;
  return readFileSync(path, 'latin1');
}
