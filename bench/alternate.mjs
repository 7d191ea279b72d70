/**
 * @file Compares speeds honestly: all contestants run as live processes, and single requests are alternated between
 * them in rounds, with a pause before each so that threads of the last one have gone to sleep. Every round starts with
 * another contestant, and waits until others leave the machine quiet. Reported are medians, minima and the median of
 * the ratios within each round, never a ratio of runs made at different times.
 *
 *     npm run bench -- --quick --python pytorch=/path/to/venv/bin/python --out bench/results/NAME
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { URL, fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { cases, describeCase } from './cases.mjs';
import { contestantsOf, settingNames } from './contestants.mjs';
import { waitUntilQuiet, wasBusy } from './machine-load.mjs';
import { markdownTable, quantile, summarize, summaryTable } from './ratio-table.mjs';
import { startServer } from './server-process.mjs';

const LEAST_WINDOW_MS = 300; // to see in ticks of 10 ms how busy the machine is
const PACKAGES = 'torch numpy intel-openmp onnx onnxscript onnxruntime openvino';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const THREAD_VARIABLES = /^(OMP|OPENBLAS|MKL|KMP|GOMP)_|^LD_PRELOAD$/;

/** @typedef {ReturnType<typeof parseCommandLine>} Options */

function parseCommandLine() {
  const atLeast = (/** @type {number} */ least) => (/** @type {string} */ text) => {
    const value = Number(text);
    if (!(value >= least)) throw new InvalidArgumentError(`expected a number of at least ${least}.`);
    return value;
  };
  const addPython = (/** @type {string} */ text, /** @type {{ name: string, path: string }[]} */ earlier) => {
    const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (!path) throw new InvalidArgumentError('expected NAME=PATH.');
    return [...earlier, { name, path }];
  };
  const names = cases.map(({ name }) => name);
  const command = new Command('npm run bench --')
    .description('Time acanet against others that do the same work, single requests alternated.')
    .argument('[cases...]', `which comparisons (default: all): ${names.join(', ')}`)
    .option('--quick', 'the main cases, with fewer rounds and without torch.compile: some minutes')
    .option('--python <name=path>', 'a Python with torch, and what to call it (repeatable)', addPython, [])
    .option('--settings <names...>', `settings of the others: ${settingNames.join(', ')} (default: all)`)
    .option('--keep-openblas <names...>', 'pythons that keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE', [])
    .option('--rounds <n>', 'timed requests to each (default: by the case)', atLeast(1))
    .option('--warmup <n>', 'requests before those', atLeast(0), 2)
    .option('--pause <ms>', 'before each request (default: 200, or 100 with --quick)', atLeast(0))
    .option(
      '--batch <n>',
      'utterances per request, in place of the case’s (its goals then no longer apply)',
      atLeast(1),
    )
    .option('--threads <n>', 'threads, in place of the case’s (likewise)', atLeast(1))
    .option('--timeout <seconds>', 'for one start or answer', atLeast(1), 600)
    .option('--busy', 'take ratios beside others’ work too; the table says so')
    .option('--patience <seconds>', 'how long to wait for a quiet machine, before each round', atLeast(0), 60)
    .option('--out <dir>', 'write alternate.json and alternate.md there')
    .addOption(new Option('--no-acanet', 'compare the others among themselves'))
    .parse();
  const options = command.opts();
  const unknown = command.args.filter((name) => !names.includes(name));
  if (unknown.length) command.error(`unknown case "${unknown[0]}"; there are: ${names.join(', ')}`);
  const settings = options.settings ?? settingNames.filter((name) => !(options.quick && name === 'compiled'));
  const wrong = settings.filter((/** @type {typeof settingNames[number]} */ name) => !settingNames.includes(name));
  if (wrong.length) command.error(`unknown setting "${wrong[0]}"; there are: ${settingNames.join(', ')}`);
  const own = join(ROOT, '.venv', 'bin', 'python');
  const python = options.python.length || !existsSync(own) ? options.python : [{ name: 'pytorch', path: own }];
  if (!python.length) {
    command.error(
      'no Python with torch: give --python NAME=PATH, or make one:\n' +
        `  python3 -m venv .venv && .venv/bin/pip install ${PACKAGES}`,
    );
  }
  const pythonNames = python.map((/** @type {{ name: string }} */ { name }) => name);
  const strangers = options.keepOpenblas.filter((/** @type {string} */ name) => !pythonNames.includes(name));
  if (strangers.length) command.error(`--keep-openblas ${strangers[0]}: no --python of that name`);
  const isChosen = (/** @type {import('./cases.mjs').Case} */ { name, quick }) =>
    command.args.length ? command.args.includes(name) : !options.quick || quick;
  const resized = cases.filter(isChosen).map((testCase) => {
    const { batch = testCase.batch, threads = testCase.threads } = options;
    const same = batch === testCase.batch && threads === testCase.threads;
    return { ...testCase, batch, threads, goals: same ? testCase.goals : {} };
  });
  return { ...options, python, settings, cases: resized };
}

/** Milliseconds. @param {{ pause?: number, quick?: boolean }} options */
const pauseOf = ({ pause, quick }) => pause ?? (quick ? 100 : 200);

/** Timed requests: short ones are repeated more often. @param {import('./cases.mjs').Case} testCase */
const defaultRounds = ({ task, batch }, /** @type {boolean} */ quick) =>
  (task === 'extract' && batch === 1) || task === 'fbank' ? (quick ? 15 : 41) : quick ? 5 : 15;

/**
 * Starts all contestants of a case, alternates requests between them and summarises.
 * @param {import('./cases.mjs').Case} testCase
 * @param {Options} options
 */
async function runCase(testCase, options) {
  const { python, settings, keepOpenblas, acanet, warmup, timeout, quick, busy, patience } = options;
  const pause = pauseOf(options);
  const rounds = options.rounds ?? defaultRounds(testCase, quick);
  const talk = (/** @type {string} */ text) => process.stderr.write(`${testCase.name}: ${text}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'acanet-bench-'));
  const data = join(folder, 'vectors');
  const running = [];
  try {
    if (testCase.task === 'as-norm') {
      const { writeScoringData } = await import('./scoring-data.mjs'); // needs the build that acanet needs too
      writeScoringData(data, { models: testCase.batch, cohort: testCase.frames });
    }
    for (const contestant of contestantsOf(testCase, { pythons: python, settings, keepOpenblas, acanet, data })) {
      const started = performance.now();
      const server = await startServer(contestant, { timeoutSeconds: timeout });
      talk(`${contestant.name} is ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
      running.push({ ...contestant, server, answers: /** @type {import('./server-process.mjs').Answer[]} */ ([]) });
    }
    for (const { name, server } of running) {
      for (let i = 0; i < warmup; i++) await server.request();
      if (warmup) talk(`${name} is warm`);
    }
    const loads = [];
    for (let round = 0; round < rounds; round++) {
      const quiet = { pauseMs: Math.max(LEAST_WINDOW_MS, pause), patienceSeconds: patience, busyAllowed: busy };
      loads.push(await waitUntilQuiet(quiet));
      for (let turn = 0; turn < running.length; turn++) {
        const { server, answers } = running[(round + turn) % running.length];
        await sleep(pause);
        answers.push(await server.request());
      }
      talk(
        `round ${round + 1} of ${rounds}: ${running.map(({ answers }) => answers[round].wallMs.toFixed(0)).join(', ')} ms`,
      );
    }
    if (testCase.task === 'as-norm') checkAgreement(running);
    const operations = /** @type {number | undefined} */ (running[0].server.description.operations);
    return {
      ...testCase,
      loads,
      rows: summarize(running, { goals: testCase.goals, operations }),
      contestants: running.map(({ name, command, environment, removed, server, answers }) => ({
        name,
        command: command.map((part) => portable(part.replace(folder, 'DATA'))),
        environment: Object.fromEntries(
          Object.entries({ ...inherited(removed), ...environment }).map(([key, value]) => [
            key,
            value.replaceAll(ROOT, ''),
          ]),
        ),
        ...server.description,
        answers,
      })),
    };
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * All were given the same vectors, and so must find the same.
 * @param {{ name: string, answers: import('./server-process.mjs').Answer[] }[]} contestants
 */
function checkAgreement([first, ...others]) {
  for (const { name, answers } of others) {
    const [ours, theirs] = [first.answers[0].value, answers[0].value];
    if (Math.abs(ours - theirs) > 1e-3 * Math.abs(theirs)) {
      throw new Error(`${first.name} and ${name} do not agree: ${ours} and ${theirs}`);
    }
  }
}

/** A part of a command line as it would be typed in the repository's root. @param {string} part */
function portable(part) {
  if (part === process.execPath) return 'node';
  const inside = isAbsolute(part) && part.startsWith(ROOT);
  return inside ? relative(ROOT, part) : part;
}

/** Thread and BLAS settings that a contestant takes over from this process. @param {string[]} removed */
function inherited(removed) {
  const entries = Object.entries(process.env).filter(
    ([name]) => THREAD_VARIABLES.test(name) && !removed.includes(name),
  );
  return Object.fromEntries(entries);
}

/** Where and with what the numbers were made. */
function circumstances() {
  const readPackage = (/** @type {string} */ path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  const git = (/** @type {string[]} */ ...args) => {
    try {
      return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return undefined; // not a clone
    }
  };
  const commit = git('rev-parse', '--short=12', 'HEAD');
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    commandLine: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    commit: commit && git('status', '--porcelain', '--untracked-files=no') ? `${commit}-dirty` : commit,
    machine: {
      processor: processors[0].model.trim(),
      cores: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()} ${arch()}`,
    },
    versions: {
      acanet: readPackage('package.json').version,
      node: process.version,
      'onnxruntime-node': readPackage('node_modules/onnxruntime-node/package.json').version,
    },
  };
}

const listed = (/** @type {Record<string, string>} */ versions) =>
  Object.entries(versions)
    .map((entry) => entry.join(' '))
    .join(', ');

/**
 * @param {ReturnType<typeof circumstances> & { settings: object, failures: string[],
 *   cases: Awaited<ReturnType<typeof runCase>>[] }} report
 */
function markdownReport({ date, commandLine, commit, machine, versions, failures, cases: results }) {
  // One line for each contestant that has versions of its own, whichever cases it took part in.
  const versionLines = new Set(
    results.flatMap(({ contestants }) =>
      contestants.filter(({ versions }) => versions).map(({ name, versions }) => `- ${name}: ${listed(versions)}`),
    ),
  );
  const peaks = peakRates(results);
  const sections = results.map((result) => {
    const [least, most] = [quantile(result.loads, 0.5), Math.max(...result.loads)].map((load) => load.toFixed(2));
    const warning = wasBusy(result.loads) ? '**Not a quiet machine.** ' : '';
    const load = `${warning}Processors busy with others' work before a round: median ${least}, most ${most}.`;
    return `## ${describeCase(result)}\n\n${load}\n\n${markdownTable(result.rows, peaks.get(result.threads))}\n`;
  });
  const compared = results.filter(({ task }) => task !== 'gemm');
  const lines = compared.map((result) => ({
    title: describeCase(result),
    rows: result.rows,
    peak: peaks.get(result.threads),
  }));
  const peakLines = [...peaks].map(
    ([threads, peak]) => `- fastest product of two matrices on ${threads} threads: ${peak.toFixed(0)} GFLOP/s`,
  );
  return [
    '# Alternated speed comparison',
    '',
    'Generated, not typed. Ratios are medians (and quartiles) of the ratios within each round.',
    '',
    `- made by \`${commandLine}\`, ${date}, commit ${commit ?? 'unknown'}`,
    `- ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `- ${listed(versions)}`,
    ...versionLines,
    ...peakLines,
    ...failures.map((failure) => `- not run: ${failure.split('\n', 1)[0]}`),
    ...(results.some(({ loads }) => wasBusy(loads))
      ? ['- **not a quiet machine: the ratios are of little worth**']
      : []),
    '',
    ...(lines.length > 0 ? ['## In short', '', summaryTable(lines), ''] : []),
    ...sections,
  ].join('\n');
}

/**
 * GFLOP/s of the fastest product by anyone, by the number of threads.
 * @param {Awaited<ReturnType<typeof runCase>>[]} results
 * @returns {Map<number, number>}
 */
function peakRates(results) {
  const products = results.filter(({ task }) => task === 'gemm');
  return new Map(
    products.map(({ threads, frames, rows }) => {
      const fastest = Math.min(...rows.map(({ wallMs }) => wallMs.minimum));
      return [threads, (2 * frames ** 3) / fastest / 1e6];
    }),
  );
}

async function main() {
  const options = parseCommandLine();
  // Read before the first case: the state of the code that runs, however long it takes.
  const when = circumstances();
  const results = [];
  const failures = [];
  for (const testCase of options.cases) {
    try {
      results.push(await runCase(testCase, options));
    } catch (error) {
      // Cases that took minutes are not lost for one that cannot run.
      failures.push(`${testCase.name}: ${error instanceof Error ? error.message : String(error)}`);
      process.stderr.write(`✖ ${failures.at(-1)}\n`);
    }
  }
  if (failures.length > 0) process.exitCode = 1;
  if (results.length === 0) return;
  const { warmup } = options;
  const report = { ...when, settings: { warmup, pauseMs: pauseOf(options) }, failures, cases: results };
  const markdown = markdownReport(report);
  process.stdout.write(markdown);
  if (options.out) {
    const { writeFileAtomic, writeJsonAtomic } = await import('../dist/src/storage/atomic-write.js');
    writeJsonAtomic(join(options.out, 'alternate.json'), report);
    writeFileAtomic(join(options.out, 'alternate.md'), markdown);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
