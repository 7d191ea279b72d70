/**
 * @file Compares speeds honestly on a machine that is never quite idle: all contestants run as live processes, and
 * single requests are alternated between them in rounds, with a pause before each so that threads of the last one have
 * gone to sleep. Every round starts with another contestant. Reported are medians, minima and the median of the
 * ratios within each round, never a ratio of runs made at different times.
 *
 *     node bench/alternate.mjs --python torch=/path/to/venv/bin/python --rounds 15 --out bench/results aca-net-train-32
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { URL, fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { cases, describeCase } from './cases.mjs';
import { contestantsOf } from './contestants.mjs';
import { markdownTable, summarize } from './ratio-table.mjs';
import { startServer } from './server-process.mjs';

const BUSY_LOAD = 0.5; // runnable processes before the first request, above which the table says so
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const THREAD_VARIABLES = /^(OMP|OPENBLAS|MKL|KMP|GOMP)_/;

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
  const command = new Command('node bench/alternate.mjs')
    .description('Time acanet against PyTorch, single requests alternated.')
    .argument('[cases...]', `which comparisons (default: all): ${names.join(', ')}`)
    .option('--python <name=path>', 'a Python with torch, and what to call it (repeatable)', addPython, [])
    .option('--settings <names...>', 'PyTorch settings: default, tuned, compiled', ['default', 'tuned'])
    .option('--keep-openblas <names...>', 'pythons that keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE', [])
    .option('--rounds <n>', 'timed requests to each', atLeast(1), 15)
    .option('--warmup <n>', 'requests before those', atLeast(0), 3)
    .option('--pause <ms>', 'before each request', atLeast(0), 250)
    .option(
      '--batch <n>',
      'utterances per request, in place of the case’s (its goals then no longer apply)',
      atLeast(1),
    )
    .option('--threads <n>', 'threads, in place of the case’s (likewise)', atLeast(1))
    .option('--timeout <seconds>', 'for one start or answer', atLeast(1), 600)
    .option('--out <dir>', 'write alternate.json and alternate.md there')
    .addOption(new Option('--no-acanet', 'compare PyTorch settings among themselves'))
    .parse();
  const options = command.opts();
  const unknown = command.args.filter((name) => !names.includes(name));
  if (unknown.length) command.error(`unknown case "${unknown[0]}"; there are: ${names.join(', ')}`);
  const wrong = options.settings.filter((/** @type {string} */ s) => !['default', 'tuned', 'compiled'].includes(s));
  if (wrong.length) command.error(`unknown setting "${wrong[0]}"; there are: default, tuned, compiled`);
  const pythonNames = options.python.map((/** @type {{ name: string }} */ { name }) => name);
  const strangers = options.keepOpenblas.filter((/** @type {string} */ name) => !pythonNames.includes(name));
  if (strangers.length) command.error(`--keep-openblas ${strangers[0]}: no --python of that name`);
  if (!options.acanet && !options.python.length) command.error('--no-acanet needs at least one --python');
  const chosen = command.args.length ? cases.filter(({ name }) => command.args.includes(name)) : cases;
  const resized = chosen.map((testCase) => {
    const { batch = testCase.batch, threads = testCase.threads } = options;
    const same = batch === testCase.batch && threads === testCase.threads;
    return { ...testCase, batch, threads, goals: same ? testCase.goals : {} };
  });
  return { ...options, cases: resized };
}

/**
 * Starts all contestants of a case, alternates requests between them and summarises.
 * @param {import('./cases.mjs').Case} testCase
 * @param {Options} options
 */
async function runCase(testCase, { python, settings, keepOpenblas, acanet, rounds, warmup, pause, timeout }) {
  const talk = (/** @type {string} */ text) => process.stderr.write(`${testCase.name}: ${text}\n`);
  const [loadBefore] = loadavg();
  const contestants = contestantsOf(testCase, { pythons: python, settings, keepOpenblas, acanet });
  const running = [];
  try {
    for (const contestant of contestants) {
      const started = performance.now();
      const server = await startServer(contestant, { timeoutSeconds: timeout });
      talk(`${contestant.name} is ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
      running.push({ ...contestant, server, answers: /** @type {import('./server-process.mjs').Answer[]} */ ([]) });
    }
    for (const { name, server } of running) {
      for (let i = 0; i < warmup; i++) await server.request();
      if (warmup) talk(`${name} is warm`);
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < running.length; turn++) {
        const { server, answers } = running[(round + turn) % running.length];
        await sleep(pause);
        answers.push(await server.request());
      }
      talk(
        `round ${round + 1} of ${rounds}: ${running.map(({ answers }) => answers[round].wallMs.toFixed(0)).join(', ')} ms`,
      );
    }
    return {
      ...testCase,
      loadBefore,
      rows: summarize(running, testCase.goals),
      contestants: running.map(({ name, command, environment, removed, server, answers }) => ({
        name,
        command: command.map(portable),
        environment: { ...inherited(removed), ...environment },
        ...server.description,
        answers,
      })),
    };
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
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
    commandLine: ['node', 'bench/alternate.mjs', ...process.argv.slice(2)].join(' '),
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
 * @param {ReturnType<typeof circumstances> & { settings: object, cases: Awaited<ReturnType<typeof runCase>>[] }} report
 */
function markdownReport({ date, commandLine, commit, machine, versions, cases: results }) {
  // One line for each contestant that has versions of its own, whichever cases it took part in.
  const versionLines = new Set(
    results.flatMap(({ contestants }) =>
      contestants.filter(({ versions }) => versions).map(({ name, versions }) => `- ${name}: ${listed(versions)}`),
    ),
  );
  const sections = results.map((result) => {
    const busy =
      result.loadBefore > BUSY_LOAD ? `\nNot a quiet machine: load ${result.loadBefore.toFixed(2)} before.\n` : '';
    return `## ${describeCase(result)}\n${busy}\n${markdownTable(result.rows)}\n`;
  });
  return [
    '# Alternated speed comparison',
    '',
    'Generated, not typed. Ratios are medians (and quartiles) of the ratios within each round.',
    '',
    `- made by \`${commandLine}\`, ${date}, commit ${commit ?? 'unknown'}`,
    `- ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `- ${listed(versions)}`,
    ...versionLines,
    '',
    ...sections,
  ].join('\n');
}

async function main() {
  const options = parseCommandLine();
  // Read before the first case: the state of the code that runs, however long it takes.
  const when = circumstances();
  const results = [];
  for (const testCase of options.cases) results.push(await runCase(testCase, options));
  const { rounds, warmup, pause } = options;
  const report = { ...when, settings: { rounds, warmup, pauseMs: pause }, cases: results };
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
