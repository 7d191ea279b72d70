/**
 * @file Kills a training over and over and looks whether it makes any difference.
 *
 * A small ACA-Net (dropout on, Adam) is trained on synthetic voices once undisturbed, then again while SIGKILL ends it
 * at random moments and the same command starts it again: while it starts up, between and within steps, while it writes
 * a checkpoint, while it scores the development trials. Then every `model.safetensors`, `optimizer.safetensors`,
 * `state.json` must be the same bytes, and `metrics.jsonl` but for times and speeds.
 *
 *     node bench/kill-and-resume.mjs --kills 20 --seed 1
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { keyedRandom } from '../dist/src/random.js';

const DOOR = fileURLToPath(new URL('../bin/acanet.js', import.meta.url));
const EPOCHS = 12;
const STEPS_PER_EPOCH = 10;
const EVERY_STEPS = 4;
const LAST_TARGET = 0.8; // of the run: a busy machine delivers a kill late, and it must not come after the end
const STARTUP_MS = 3000; // within which a kill "while it starts up" falls
const RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 12, testSpeakers: 3, utterancesPerSpeaker: 20, duration: [1.5, 2.5] }
development: { speakers: 4 }
systems:
  aca-net:
    model: { type: aca-net, latents: 16, embed: 32, blocks: 2, layers: 1, heads: 2, attentionMlp: 32,
      transformerMlp: 32, dropout: 0.1, latentInit: { distribution: normal, std: 2 } }
model: aca-net
baseline: aca-net
training:
  epochs: ${EPOCHS}
  batchSize: 16
  cropFrames: 150
  optimizer: { type: adam, weightDecay: 2.0e-6 }
  checkpoint: { everySteps: ${EVERY_STEPS}, keepLast: 100, keepBest: 2 }
  logEvery: 1
`;
const HALF_WRITTEN = /^\.step-.*\.part$/;
/** What a kill waits for once its step has been reached. */
const MOMENTS = ['any', 'checkpoint', 'any', 'development', 'starting'];

const options = new Command('node bench/kill-and-resume.mjs')
  .description('Train with and without SIGKILLs; the files must be the same bytes.')
  .option('--kills <n>', 'how often the training is killed', Number, 20)
  .option('--seed <n>', 'of the moments', Number, 1)
  .option('--keep', 'keep the work folder')
  .parse()
  .opts();

const work = mkdtempSync(join(tmpdir(), 'acanet-kill-'));
const recipe = join(work, 'kill-and-resume.yaml');
writeFileSync(recipe, RECIPE);
const trainDir = join(work, 'kill-and-resume/train/aca-net');
const undisturbedDir = join(work, 'undisturbed');

await acanet('features').ended;
const quiet = await acanet('train').ended;
const steps = Math.max(...quiet.steps);
if (steps !== EPOCHS * STEPS_PER_EPOCH) throw new Error(`expected ${EPOCHS * STEPS_PER_EPOCH} steps, ran ${steps}`);
console.log(`undisturbed: ${steps} steps in ${(quiet.ms / 1000).toFixed(1)} s, start-up included`);
renameSync(trainDir, undisturbedDir);

const random = keyedRandom(options.seed, 'kill-and-resume');
const targets = Array.from({ length: options.kills }, () => 1 + Math.floor(random.uniform() * LAST_TARGET * steps));
const counts = new Map();
let tornCheckpoints = 0;
for (const [index, target] of targets.sort((a, b) => a - b).entries()) {
  const moment = MOMENTS[index % MOMENTS.length];
  const { steps: done, signal, resumedAt, where } = await killAt(target, moment);
  if (signal !== 'SIGKILL') {
    console.log(`kill ${index + 1} came too late: the training had ended, so ${index} kills are all`);
    break;
  }
  counts.set(where, (counts.get(where) ?? 0) + 1);
  const from = resumedAt === undefined ? 'before its first step' : `started at step ${resumedAt}`;
  const torn = existsSync(trainDir) && readdirSync(trainDir).some((name) => HALF_WRITTEN.test(name));
  tornCheckpoints += Number(torn);
  const left = torn ? '; left a half-written checkpoint' : '';
  console.log(`kill ${index + 1}: ${where}; ${from}, last step seen ${done.at(-1) ?? 'none'}${left}`);
}
const last = await acanet('train').ended;
if (last.code !== 0) throw new Error(`the last run ended with ${last.code}\n${last.stderr}`);
const tally = [...counts].map(([where, count]) => `${count} × ${where}`).join(', ');
console.log(`killed ${tally}; ${tornCheckpoints} left a half-written checkpoint`);

const different = differences();
const same = `all ${filesOf(undisturbedDir).length} files are the same bytes`;
console.log(different.length === 0 ? same : `DIFFERENT: ${different.join(', ')}`);
if (options.keep) console.log(`kept: ${work}`);
else rmSync(work, { recursive: true });
process.exitCode = different.length === 0 ? 0 : 1;

/** Runs a command on the recipe; `onStep` is told each step as its line appears. */
function acanet(command, onStep = () => undefined) {
  const began = performance.now();
  const child = spawn(process.execPath, [DOOR, command, '--recipe', recipe, '--work', work], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const result = { steps: [], resumedAt: undefined, stderr: '', code: null, signal: null, ms: 0 };
  let line = '';
  child.stderr.on('data', (bytes) => {
    result.stderr += bytes;
    const lines = (line + bytes).split('\n');
    line = lines.pop();
    for (const text of lines) {
      const start = /^(?:resuming at step (\d+) of|training) .* speakers, /.exec(text);
      if (start) result.resumedAt = Number(start[1] ?? 0);
      const step = /^epoch .* step (\d+)\//.exec(text)?.[1];
      if (step) result.steps.push(Number(step));
      if (step) onStep(Number(step));
    }
  });
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ ...result, code, signal, ms: performance.now() - began })),
  );
  return { child, ended };
}

/** Starts the training and kills it at `moment` after `target` steps. */
async function killAt(target, moment) {
  let where = moment;
  let armed = false;
  let watcher;
  const kill = (ms, what) => {
    where = what;
    setTimeout(() => run.child.kill('SIGKILL'), ms);
  };
  const run = acanet('train', (step) => {
    if (armed || step < target || moment === 'starting') return;
    if (moment === 'checkpoint') {
      armed = true;
      watcher = watch(trainDir, (_, name) => {
        if (!HALF_WRITTEN.test(name)) return;
        watcher.close();
        kill(random.uniform() * 8, 'around the writing of a checkpoint');
      });
    } else if (moment === 'development' && step % STEPS_PER_EPOCH === 0) {
      armed = true;
      kill(random.uniform() * 150, 'around the scoring at the end of an epoch');
    } else if (moment === 'any') {
      armed = true;
      kill(random.uniform() * 100, 'between or within steps');
    }
  });
  if (moment === 'starting') kill(random.uniform() * STARTUP_MS, 'at a time after the start');
  const ended = await run.ended;
  watcher?.close();
  return { ...ended, where };
}

function filesOf(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.(done|started)\.json$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** Files that are not the same bytes, or that only one side has; of the log, times and speeds do not count. */
function differences() {
  const names = new Set([...filesOf(undisturbedDir), ...filesOf(trainDir)]);
  return [...names].filter((name) => {
    const paths = [join(undisturbedDir, name), join(trainDir, name)];
    if (!paths.every((path) => existsSync(path))) return true;
    const [one, other] = paths.map((path) =>
      name === 'metrics.jsonl' ? measuredIn(path) : readFileSync(path, 'latin1'),
    );
    return one !== other;
  });
}

/** The rows of a log, without what the clock says. */
function measuredIn(path) {
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const timeless = (key, value) => (['utterancesPerSecond', 'dataWait'].includes(key) ? undefined : value);
  return rows.map((row) => JSON.stringify(row, timeless)).join('\n');
}
