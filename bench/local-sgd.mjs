/**
 * @file Whether training over several workers pays (local SGD): each trains on its own share of the batches and every so
 * many steps all go on from the average of their states, which they hand over as files in a shared folder
 * (`local-sgd-worker.mjs`). A table of error rates at equal crops, what is moved, how fast it is, and what becomes of a
 * worker that is killed.
 *
 *     node bench/local-sgd.mjs --source SPEECH --speed     # a few times, on a machine with nothing else to do
 *     node bench/local-sgd.mjs --source SPEECH --out bench/results/local-sgd
 *
 * Every worker computes in one thread. Models are made as the recipe makes them, of the last checkpoints of all workers.
 * The development speakers choose; the test speakers are only looked at.
 */
import { fork, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { URL, fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readTrials } from '../dist/src/corpus/trials/trials.js';
import { createEngine } from '../dist/src/engine/create-engine.js';
import { openFeatureCache } from '../dist/src/features/cache/cache.js';
import { createEmbedder } from '../dist/src/models/embedder.js';
import { createModel } from '../dist/src/models/registry.js';
import { sideBySide } from '../dist/src/models/side-by-side.js';
import { formatTable } from '../dist/src/report/text/table.js';
import { cosineScores } from '../dist/src/scoring/backend/cosine.js';
import { evaluateScores } from '../dist/src/scoring/measures/evaluation.js';
import { writeFileAtomic, writeJsonAtomic } from '../dist/src/storage/atomic-write.js';
import { readSafetensors } from '../dist/src/storage/safetensors.js';
import { averageModels } from '../dist/src/training/average.js';
import { SYSTEM, systemOf } from './local-sgd-system.mjs';
import { describeProvenance, provenance } from './record.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WORKER = join(ROOT, 'bench/local-sgd-worker.mjs');
const RECIPE = join(ROOT, 'bench/local-sgd.yaml');

const options = new Command('node bench/local-sgd.mjs')
  .description('Train a small ACA-Net by several workers that average their states; a table of EERs and speeds.')
  .requiredOption('--source <dir>', 'the folder of the speech, with a-to-b.csv and a-to-b.trials.gz')
  .option('--work <dir>', 'work folder; what it holds already is not done again', 'exp')
  .option('--seeds <n>', 'trainings of each row', Number, 2)
  .option('--speed', 'time one round of steps in place of training; the work folder collects the rounds')
  .option('--out <dir>', 'write local-sgd.md and local-sgd.json there')
  .parse()
  .opts();

/**
 * Rows of the table: `rate` is a factor on the recipe's learning rate, `every` the steps between averages, `seeds` the
 * trainings at most.
 */
const CASES = [
  { workers: 1 },
  { workers: 1, rate: 2, seeds: 1 },
  { workers: 1, batch: 32, rate: 2 },
  { workers: 2, every: 1, rate: 2, seeds: 1 },
  { workers: 2, every: 2, rate: 2, seeds: 1 },
  { workers: 2, every: 4, rate: 2 },
  { workers: 2, every: 8, rate: 2 },
  { workers: 2, every: 32, rate: 2 },
  { workers: 2, every: 99, rate: 2, seeds: 1 },
  { workers: 2, every: 32, seeds: 1 },
  { workers: 2, every: 32, rate: 4, seeds: 1 },
  { workers: 2, every: 32, rate: 2, moments: false, seeds: 1 },
  { workers: 4, every: 8, rate: 2, seeds: 1 },
  { workers: 4, every: 32, rate: 2, seeds: 1 },
].map((given) => ({ every: 1, rate: 1, moments: true, batch: 16, ...given }));

/** What is timed: `threads` of each worker; `apart`: trainings side by side that know nothing of each other. */
const SPEEDS = [
  { workers: 1 },
  ...[1, 2, 4, 8, 32].map((every) => ({ workers: 2, every })),
  { workers: 1, apart: 2 },
  { workers: 1, threads: 2 },
  { workers: 1, system: 'aca-net', steps: 16 },
  { workers: 2, every: 4, system: 'aca-net', steps: 16 },
].map((given) => ({ threads: 1, every: 1, apart: 1, system: SYSTEM, steps: 64, ...given }));
const WARM_UP = 5;

const experiment = resolve(options.work, 'local-sgd');
const made = join(experiment, 'workers');
extractFeatures();
mkdirSync(made, { recursive: true });
await (options.speed ? measureSpeed() : compare());

function extractFeatures() {
  const args = ['features', '--recipe', RECIPE, '--work', resolve(options.work)];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'bin/acanet.js'), ...args], {
    cwd: options.source,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`acanet features ended with ${status}`);
}

/** One training or measurement by all its workers. @returns what each sent at its end */
async function runWorkers({ workers, dir, ...rest }, onMessage = () => undefined) {
  const all = Array.from({ length: workers }, (_, worker) => startWorker({ workers, worker, dir, ...rest }, onMessage));
  return Promise.all(all.map(({ ended }) => ended));
}

function startWorker(
  { seed = 1, threads = 1, rate = 1, moments = true, batch = 16, system = SYSTEM, ...given },
  onMessage,
) {
  const given_ = { experiment, seed, threads, rate, moments, batch, system, ...given };
  const child = fork(WORKER, [JSON.stringify(given_)]);
  let last;
  child.on('message', (message) => {
    last = message;
    onMessage(message, given.worker);
  });
  const ended = new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(last);
      else reject(Object.assign(new Error(`worker ${given.worker} ended with ${signal ?? code}`), { signal }));
    });
  });
  return { child, ended };
}

async function measureSpeed() {
  const path = join(made, 'speed.json');
  const rounds = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  const round = [];
  for (const timed of SPEEDS) {
    const { workers, apart, steps } = timed;
    const dirs = Array.from({ length: apart }, (_, i) => emptyFolder(join(made, `speed-${i}`)));
    const each = dirs.map((dir) => runWorkers({ ...timed, dir, measure: { warmUp: WARM_UP, steps } }));
    const reports = (await Promise.all(each)).flat();
    const perSecond = (workers * apart * steps) / Math.max(...reports.map(({ seconds }) => seconds));
    round.push({ ...timed, perSecond, reports });
    process.stderr.write(`${JSON.stringify(timed)}: ${perSecond.toFixed(2)} batches a second\n`);
  }
  writeJsonAtomic(path, [...rounds, { ...provenance(), round }]);
}

async function compare() {
  const origin = provenance();
  const results = [];
  for (const setting of CASES) {
    const runs = [];
    for (let seed = 1; seed <= Math.min(options.seeds, setting.seeds ?? Infinity); seed++)
      runs.push(await trained({ ...setting, seed }));
    results.push({ ...setting, runs });
  }
  const killed = await killOne();
  const text = describe(origin, results, killed);
  process.stdout.write(text);
  if (!options.out) return;
  writeFileAtomic(join(options.out, 'local-sgd.md'), text);
  writeJsonAtomic(join(options.out, 'local-sgd.json'), { ...origin, results, killed, speed: speedRounds() });
}

function nameOf({ workers, every, rate, moments, batch, seed }) {
  const ofBatch = batch === 16 ? '' : `-batch-${batch}`;
  return `${workers}-workers-every-${every}-rate-${rate}${ofBatch}${moments ? '' : '-own-moments'}-seed-${seed}`;
}

/** Trains and scores, unless it is done. */
async function trained(setting) {
  const name = nameOf(setting);
  const path = join(made, `${name}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const dir = emptyFolder(join(made, name));
  const reports = await runWorkers({ ...setting, dir });
  const result = {
    seed: setting.seed,
    commit: provenance().commit,
    reports,
    state: hashOf(join(dir, 'state-0.safetensors')),
    ...(await score(setting, dir)),
  };
  writeJsonAtomic(path, result);
  process.stderr.write(`${name}: EER ${percent(result.devEer)} % (development), ${percent(result.testEer)} %\n`);
  return result;
}

/** EERs of the average of the last checkpoints of all workers. */
async function score({ workers }, dir) {
  const { settings, cacheDir, devTrials, trials } = systemOf(experiment);
  const { epochs } = settings.training;
  const { last, batchNorm } = settings.average;
  const model = createModel(settings.model);
  const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: availableParallelism() });
  const cache = openFeatureCache(cacheDir);
  const lists = [devTrials, trials].map((list) => readTrials(list));
  const ids = [...new Set(lists.flat().flatMap(({ enroll, test }) => [enroll, test]))];
  const files = Array.from({ length: last }, (_, i) => epochs - i).flatMap((epoch) =>
    Array.from({ length: workers }, (_, worker) => join(dir, `epoch-${epoch}-worker-${worker}.safetensors`)),
  );
  const models = files.map((name) => ({ name, tensors: readSafetensors(name) }));
  const embedder = await createEmbedder(engine, model, averageModels(models, { batchNorm }), {
    utterances: ids.length,
  });
  const embeddings = new Map();
  const embed = (id) => embedder.embed(cache.read(id), id);
  for await (const [id, embedding] of sideBySide(ids, embedder.atOnce, embed)) embeddings.set(id, embedding);
  await embedder.close();
  const [devEer, testEer] = lists.map((list) => evaluateScores(cosineScores(embeddings, list), list).eer);
  return { devEer, testEer };
}

/** Kills one of two workers within the training, waits, and starts it again. */
async function killOne() {
  const path = join(made, 'killed.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const setting = { workers: 2, every: 32, rate: 1, moments: true, seed: 1 };
  const undisturbed = await trained(setting);
  const dir = emptyFolder(join(made, 'killed'));
  const rounds = [0, 0];
  const KILL_AFTER = 6;
  let kill;
  const reached = new Promise((resolve) => (kill = resolve));
  const note = ({ round }, worker) => {
    if (round === undefined) return;
    rounds[worker] = round;
    if (worker === 1 && round === KILL_AFTER) kill();
  };
  const [first, second] = [0, 1].map((worker) => startWorker({ ...setting, dir, worker }, note));
  await reached;
  second.child.kill('SIGKILL');
  await second.ended.catch(() => undefined);
  await setTimeout(20_000);
  const waitedAt = rounds[0];
  const again = startWorker({ ...setting, dir, worker: 1 }, note);
  await Promise.all([first.ended, again.ended]);
  const result = {
    killedAfter: KILL_AFTER,
    waitedAt,
    rounds: rounds[0],
    sameBytes: hashOf(join(dir, 'state-0.safetensors')) === undisturbed.state,
  };
  writeJsonAtomic(path, result);
  return result;
}

function speedRounds() {
  const path = join(made, 'speed.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}

function describe(origin, results, killed) {
  const { killedAfter, waitedAt, rounds, sameBytes } = killed;
  return `# Training over several workers

${describeProvenance(origin)}

A small ACA-Net (\`bench/local-sgd.yaml\`, \`${SYSTEM}\`), one training a seed. Every worker computes in one thread and takes every
second (or fourth) batch of crops of 1 s; all rows see the same crops. Rate: a factor on the recipe's learning rate.
Moments: Adam's, averaged with the parameters and the running statistics, or each worker's own. Moved: written and read by each worker.

${eerTable(results)}
Trained at commit ${[...new Set(results.flatMap(({ runs }) => runs.map(({ commit }) => commit)))].join(', ')}.

${speedTable()}
One of two workers was killed (SIGKILL) after average ${killedAfter} of ${rounds}. For 20 s the other stood before average ${waitedAt + 1} and waited.
The one that was killed was started again and went on from average ${killedAfter}. The training ended in ${sameBytes ? 'the same' : 'other'} bytes as the
undisturbed one${sameBytes ? '' : ': THIS IS A FAULT'}.
`;
}

function eerTable(results) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = [
    'workers',
    'averaged every',
    'rate',
    'moments',
    'batch',
    'steps of each',
    'development EER %',
    'test EER %',
    'of the seeds',
    'relative',
    'moved',
  ].map((title) => ({ title, align: title === 'moments' ? 'left' : 'right' }));
  const [alone] = results;
  const testEer = ({ runs }) => mean(runs.map((run) => run.testEer));
  const rows = results.map((result) => {
    const { workers, every, rate, moments, batch, runs } = result;
    const change = 100 * (testEer(result) / testEer(alone) - 1);
    const { steps, written, read } = runs[0].reports[0];
    return [
      `${workers}`,
      workers === 1 ? '' : every === 1 ? 'step' : `${every} steps`,
      `× ${rate}`,
      workers === 1 ? '' : moments ? 'averaged' : 'own',
      `${batch}`,
      `${steps}`,
      percent(mean(runs.map(({ devEer }) => devEer))),
      percent(testEer(result)),
      runs.map((run) => percent(run.testEer)).join(', '),
      result === alone ? '' : `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(0)} %`,
      workers === 1 ? '' : `${((written + read) / 1e6).toFixed(0)} MB`,
    ];
  });
  return formatTable(columns, rows, { style: 'markdown' });
}

function speedTable() {
  const rounds = speedRounds();
  if (rounds.length === 0) return '';
  const median = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
  };
  const titles = [
    'network',
    'workers',
    'threads of each',
    'averaged every',
    'crops a second',
    'against one',
    'of the rounds',
  ];
  const columns = [...titles, 'an average takes', 'of it writing'].map((title, i) => ({
    title,
    align: i ? 'right' : 'left',
  }));
  const rows = SPEEDS.map(({ workers, threads, every, apart, system, steps }, i) => {
    const alone = SPEEDS.findIndex((timed) => timed.workers === 1 && timed.system === system);
    const ratios = rounds.map(({ round }) => round[i].perSecond / round[alone].perSecond);
    const averages = Math.ceil(steps / every);
    const took = (what) => median(rounds.map(({ round }) => (1000 * round[i].reports[0][what]) / averages));
    return [
      system,
      apart > 1 ? `${apart} apart` : `${workers}`,
      `${threads}`,
      apart > 1 ? 'never' : workers === 1 ? '' : every === 1 ? 'step' : `${every} steps`,
      (16 * median(rounds.map(({ round }) => round[i].perSecond))).toFixed(0),
      i === alone ? '' : `${median(ratios).toFixed(2)} ×`,
      i === alone ? '' : ratios.map((ratio) => ratio.toFixed(2)).join(', '),
      workers === 1 ? '' : `${took('exchanged').toFixed(0)} ms`,
      workers === 1 ? '' : `${took('writing').toFixed(0)} ms`,
    ];
  });
  const [{ commit, machine }] = rounds;
  return `${formatTable(columns, rows, { style: 'markdown' })}
Ratios within rounds (${rounds.length}), commit ${commit}, ${machine}. Apart: two trainings side by side, which is
the most that two workers could do. An average takes writing (with fsync), waiting, reading and adding up.
`;
}

function emptyFolder(dir) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  return dir;
}

function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function percent(value) {
  return (100 * value).toFixed(2);
}
