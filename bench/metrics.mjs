/**
 * @file Times EER and minDCF of many scores against the arithmetic of other toolkits in NumPy, alternated on the same
 * float32 scores; then, alone: reading a score file of as many trials in a process of its own, with its peak memory,
 * and intervals by resampling speakers. Times are wall-clock.
 *
 *     node bench/metrics.mjs --python /path/to/python-with-numpy [--out bench/results/metrics]
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { keyedRandom } from '../dist/src/random.js';
import { bootstrapMeasures } from '../dist/src/scoring/intervals/bootstrap.js';
import { detCurve } from '../dist/src/scoring/measures/det-curve.js';
import { curveEer } from '../dist/src/scoring/measures/eer.js';
import { curveMinDcf } from '../dist/src/scoring/measures/min-dcf.js';
import { createRecord } from './record.mjs';
import { median } from './ratio-table.mjs';

const { python, rounds, trials, targets, speakers, weighed, resamples, out } = new Command('node bench/metrics.mjs')
  .description('Time EER and minDCF against NumPy, reading a score file, and intervals.')
  .option('--python <path>', 'a Python with NumPy', 'python3')
  .option('--rounds <n>', 'timed runs of each', Number, 5)
  .option('--trials <n>', 'scores', Number, 10_000_000)
  .option('--targets <share>', 'of the trials', Number, 0.1)
  .option('--speakers <n>', 'speakers of the trials that are resampled', Number, 1000)
  .option('--weighed <n>', 'trials that are resampled', Number, 1_000_000)
  .option('--resamples <n>', '0: no intervals', Number, 1000)
  .option('--out <dir>', 'write metrics.md and metrics.json there')
  .parse()
  .opts();

const record = createRecord('Metrics against NumPy, and intervals');

const random = keyedRandom('bench-metrics');
const labels = Uint8Array.from({ length: trials }, () => Number(random.uniform() < targets));
const scores = Float32Array.from(labels, (label) => 0.5 * label + 0.15 * random.normal());

const folder = mkdtempSync(join(tmpdir(), 'acanet-metrics-'));
try {
  await againstNumpy();
  readFile();
  if (resamples > 0) intervals();
  if (out) record.write(out, 'metrics');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function againstNumpy() {
  const path = join(folder, 'scores.f32');
  writeFileSync(path, Buffer.concat([Buffer.from(scores.buffer), labels]));
  const script = fileURLToPath(new URL('numpy/metrics.py', import.meta.url));
  const numpy = spawn(python, [script, path, `${trials}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: numpy.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${python} ended before it answered`);
    return JSON.parse(value);
  };
  record.note({ ...(await nextAnswer()), trials, targets });
  /** @type {{ ours: number, theirs: number }[]} */
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    const curve = detCurve(scores, labels);
    const { eer } = curveEer(curve);
    const { minDcf } = curveMinDcf(curve);
    const ours = performance.now() - start;
    numpy.stdin.write('\n');
    const answer = await nextAnswer();
    // NumPy takes a point after every trial, also between equal scores.
    if (Math.abs(answer.eer - eer) > 1e-3 || Math.abs(answer.minDcf - minDcf) > 1e-3) {
      throw new Error(`EER ${eer}, minDCF ${minDcf}; NumPy ${answer.eer}, ${answer.minDcf}`);
    }
    if (round > 0) times.push({ ours, theirs: answer.ms }); // the first is a warm-up
  }
  numpy.stdin.end();
  const of = (/** @type {'ours' | 'theirs'} */ side) => `${median(times.map((time) => time[side])).toFixed(0)} ms`;
  const ratio = median(times.map(({ ours, theirs }) => ours / theirs)).toFixed(2);
  record.line(`EER and minDCF of ${trials} scores: acanet ${of('ours')}, NumPy ${of('theirs')}, ratio ${ratio}`, {
    times,
  });
}

/** As many lines between 100,000 utterances, read and measured by `acanet metrics` in another process. */
function readFile() {
  const path = join(folder, 'scores.txt');
  const file = openSync(path, 'w');
  for (let from = 0; from < trials; from += 20_000) {
    let lines = '';
    for (let i = from; i < Math.min(from + 20_000, trials); i++) {
      const [enroll, test] = [i % 100_000, Math.floor(i / 100_000) + (i % 99_991)];
      lines += `speaker${enroll % 1000}/utterance-${enroll} speaker${test % 1000}/utterance-${test} ${scores[i]} ${labels[i] ? 'target' : 'nontarget'}\n`;
    }
    writeSync(file, lines);
  }
  closeSync(file);
  const module = new URL('../dist/src/tasks/score-files/evaluate-score-file.js', import.meta.url);
  const code = `
    import { reportOnScoreFile } from ${JSON.stringify(module.href)};
    const { eer } = reportOnScoreFile(process.argv[1]);
    console.log(JSON.stringify({ eer, mib: process.resourceUsage().maxRSS / 1024 }));`;
  const start = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code, path], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  const { eer, mib } = JSON.parse(stdout);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  record.line(`a file of ${trials} scores: ${seconds} s, peak ${mib.toFixed(0)} MiB, EER ${(100 * eer).toFixed(2)} %`);
}

function intervals() {
  const enroll = new Uint32Array(weighed);
  const test = new Uint32Array(weighed);
  const own = Float64Array.from({ length: weighed }, (_, i) => {
    const target = random.uniform() < targets;
    enroll[i] = random.below(speakers);
    test[i] = target ? enroll[i] : (enroll[i] + 1 + random.below(speakers - 1)) % speakers;
    return (target ? 0.5 : 0) + 0.15 * random.normal();
  });
  const names = Array.from({ length: speakers }, (_, i) => `s${i}`);
  const start = performance.now();
  const cpu = process.cpuUsage();
  bootstrapMeasures({ names, enroll, test }, [own], { resamples, calibrated: true });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { user, system } = process.cpuUsage(cpu);
  record.line(
    `${resamples} resamples of ${speakers} speakers, and ${Math.min(speakers, 200)} groups left out, ${weighed} trials, all measures: ` +
      `${seconds} s, one thread (${((user + system) / 1e6).toFixed(1)} s of the processor)`,
  );
}
