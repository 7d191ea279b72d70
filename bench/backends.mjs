/**
 * @file Times cosine scoring and AS-norm against the same arithmetic in NumPy, alternated: acanet, NumPy, acanet, … on
 * the same vectors. Both sides' results are compared, so that it is the same work. Prints a table; times are
 * wall-clock.
 *
 *     node bench/backends.mjs --python /path/to/python-with-numpy [--out bench/results/backends]
 *
 * AS-norm: statistics of the 300 highest of 5,000 cohort scores for 10,000 models and 10,000 test utterances, and the
 * normalised scores of a million trials between them. NumPy holds the scores of a side against the cohort, 200 MB, and
 * partitions them; acanet goes through them in blocks.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { createEngine } from '../dist/src/engine/create-engine.js';
import { keyedRandom } from '../dist/src/random.js';
import { cosineScorer } from '../dist/src/scoring/backend/cosine.js';
import { bothSides, pairScores, trialSides } from '../dist/src/scoring/backend/pair-scorer.js';
import { normalizeScores } from '../dist/src/scoring/backend/score-normalization.js';
import { createRecord } from './record.mjs';
import { median } from './ratio-table.mjs';

const { python, rounds, threads, models, cohort, dim, trials, top, out } = new Command('node bench/backends.mjs')
  .description('Time scoring and score normalisation against NumPy.')
  .option('--python <path>', 'a Python with NumPy', 'python3')
  .option('--rounds <n>', 'timed runs of each', Number, 5)
  .option('--threads <n>', 'of both', Number, 2)
  .option('--models <n>', 'models, and test utterances', Number, 10_000)
  .option('--cohort <n>', 'members of the cohort', Number, 5_000)
  .option('--dim <n>', 'values of an embedding', Number, 192)
  .option('--trials <n>', 'trials', Number, 1_000_000)
  .option('--top <n>', 'highest cohort scores', Number, 300)
  .option('--out <dir>', 'write backends.md and backends.json there')
  .parse()
  .opts();

const record = createRecord('Scoring against NumPy');

const random = keyedRandom('bench-backends');
const scorer = cosineScorer(dim);
const named = (/** @type {string} */ prefix, /** @type {number} */ count) =>
  new Map(
    Array.from({ length: count }, (_, i) => [
      `${prefix}${i}`,
      Float32Array.from({ length: dim }, () => 0.3 + random.normal()),
    ]),
  );
const members = named('c', cohort);
const embeddings = new Map([...named('e', models), ...named('t', models)]);
const rows = Uint32Array.from({ length: 2 * trials }, () => random.below(models));
for (let i = 0; i < models; i++) rows.set([i, i], 2 * i); // so that rows are in the order of their names
const pairs = Array.from({ length: trials }, (_, i) => ({ enroll: `e${rows[2 * i]}`, test: `t${rows[2 * i + 1]}` }));
const sides = trialSides(scorer, embeddings, pairs);
const cohortSides = bothSides(scorer, members, 'cohort');
const engine = await createEngine({ name: 'onnx', device: 'cpu', threads });

/** @type {Record<string, () => Promise<Float64Array> | Float64Array>} */
const cases = {
  cosine: () => pairScores(scorer, sides),
  'as-norm': () =>
    normalizeScores(
      pairScores(scorer, sides),
      { sides, cohort: cohortSides },
      { normalization: 'as-norm', engine, width: dim, top },
    ),
};

const folder = mkdtempSync(join(tmpdir(), 'acanet-backends-'));
const path = join(folder, 'vectors.f32');
const bytesOf = (/** @type {Float32Array | Float64Array | Uint32Array} */ { buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength);
writeFileSync(
  path,
  Buffer.concat([sides.models, sides.tests, cohortSides.tests].map(({ vectors }) => bytesOf(vectors))),
);
writeFileSync(path.replace('.f32', '.u32'), bytesOf(rows));
const script = fileURLToPath(new URL('numpy/backends.py', import.meta.url));
const limits = Object.fromEntries(['OMP', 'OPENBLAS', 'MKL'].map((name) => [`${name}_NUM_THREADS`, `${threads}`]));
const numbers = [models, models, cohort, dim, trials, top].map(String);
const numpy = spawn(python, [script, path, ...numbers], {
  env: { ...process.env, ...limits },
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: numpy.stdout })[Symbol.asyncIterator]();
const nextAnswer = async () => {
  const { value, done } = await answers.next();
  if (done) throw new Error(`${python} ended before it answered`);
  return JSON.parse(value);
};

try {
  record.note({ ...(await nextAnswer()), threads, models, cohort, dim, trials, top });
  for (const [name, run] of Object.entries(cases)) {
    /** @type {{ ours: number, theirs: number }[]} */
    const times = [];
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now();
      const scores = await run();
      const ours = performance.now() - start;
      numpy.stdin.write(`${name}\n`);
      const { ms: theirs, mean, std } = await nextAnswer();
      const ownMean = scores.reduce((sum, score) => sum + score, 0) / trials;
      const ownStd = Math.sqrt(scores.reduce((sum, score) => sum + (score - ownMean) ** 2, 0) / trials);
      if (Math.abs(ownMean - mean) + Math.abs(ownStd - std) > 1e-3 * (Math.abs(mean) + std)) {
        throw new Error(`${name}: ${ownMean} ± ${ownStd}, NumPy ${mean} ± ${std}`);
      }
      if (round > 0) times.push({ ours, theirs }); // the first is a warm-up
    }
    const of = (/** @type {'ours' | 'theirs'} */ side) => `${median(times.map((time) => time[side])).toFixed(0)} ms`;
    const ratio = median(times.map(({ ours, theirs }) => ours / theirs));
    record.line(`${name}: acanet ${of('ours')}, NumPy ${of('theirs')}, ratio ${ratio.toFixed(2)}`, { times });
  }
  record.line(`peak memory of acanet, data included: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
  if (out) record.write(out, 'backends');
} finally {
  numpy.stdin.end();
  rmSync(folder, { recursive: true, force: true });
}
