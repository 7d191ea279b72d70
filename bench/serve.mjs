/**
 * @file acanet as a contestant of alternate.mjs: one piece of work per request, timed here.
 *
 *     node bench/serve.mjs --model aca-net --task train --batch 32 --frames 300 --threads 2
 *
 * Protocol, one JSON object a line on stdout (the same as pytorch/serve.py's): first `{"ready": true, …}`, then for
 * every line on stdin one piece of work, answered with `{"wallMs", "cpuMs", "value", "peakMiB"}`; the end of stdin ends
 * the process. Anything else goes to stderr.
 */
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { prepareWork } from './acanet-work.mjs';
import { prepareFbank } from './acanet-fbank.mjs';
import { prepareScoring } from './acanet-scoring.mjs';

const count = (/** @type {string} */ text) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a positive whole number.');
  return value;
};
const options = new Command('node bench/serve.mjs')
  .addOption(
    new Option('--model <name>')
      .choices(['aca-net', 'ecapa-512', 'ecapa-1024', 'kaldi', 'matrix', 'cosine'])
      .makeOptionMandatory(),
  )
  .addOption(
    new Option('--task <name>')
      .choices(['train', 'extract', 'embed', 'fbank', 'gemm', 'products', 'as-norm'])
      .makeOptionMandatory(),
  )
  .requiredOption('--batch <n>', 'utterances per request', count)
  .option('--frames <n>', 'frames per utterance (300: 3 s), rows of a matrix, members of a cohort', count, 300)
  .option('--threads <n>', 'threads of the engine', count, 1)
  .option('--speakers <n>', 'classes of the training loss', count, 101)
  .option('--seed <n>', 'of weights and inputs', count, 1)
  .option('--data <path>', 'vectors and trials to score')
  .parse()
  .opts();

const answer = (/** @type {object} */ message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const prepare = { fbank: prepareFbank, 'as-norm': prepareScoring }[options.task] ?? prepareWork;
const { work, parameters, operations } = await prepare(options);
answer({ ready: true, parameters, operations, threads: options.threads });

const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
while (!(await requests.next()).done) {
  const cpuStart = process.cpuUsage();
  const wallStart = performance.now();
  const value = await work();
  const wallMs = performance.now() - wallStart;
  const cpu = process.cpuUsage(cpuStart); // microseconds, all threads
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  answer({ wallMs, cpuMs: (cpu.user + cpu.system) / 1000, value, peakMiB });
}
