/**
 * @file Runs parsers on damaged files and watches them: what they throw, the time and the memory that they take.
 *
 * Input i of a parser is made of its name and i alone, so a finding is made again by its number. The parsers work in a
 * thread (`fuzz-worker.ts`), so that one which never ends can be ended and named; the time of an input that does end is
 * measured as CPU time, which a busy machine does not lengthen.
 */
import { Worker } from 'node:worker_threads';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { artefactParsers } from './artefact-parsers.js';
import { audioParsers } from './audio-parsers.js';
import { corpusParsers, listParsers } from './list-parsers.js';
import type { FuzzedParser } from './parser.js';

/** Seconds of CPU that an input of a few kilobytes may take. */
const MOST_SECONDS = 5;
/** Bytes by which the process may grow for one. */
const MOST_BYTES = 512 * 2 ** 20;
/** Seconds without progress after which an input is taken for one that never ends. */
const NEVER_ENDING = 120;

/** What became of a parser's inputs. */
export interface FuzzResult {
  parser: string;
  inputs: number;
  /** Read; the others were refused with a UserError. */
  accepted: number;
  findings: string[];
}

/** What a worker is to do: so many inputs of each parser for each of its weight. */
export interface FuzzWork {
  folder: string;
  inputsPerWeight: number;
  /** From this input on; default: 0. */
  from?: number;
  /** Names of the parsers; default: all. */
  only?: readonly string[];
}

/** All parsers. @param folder a new one, for their files */
export function allParsers(folder: string): FuzzedParser[] {
  return [
    ...audioParsers(),
    ...listParsers(`${folder}/lists`),
    ...corpusParsers(`${folder}/corpora`),
    ...artefactParsers(`${folder}/artefacts`),
  ];
}

/** Inputs [from, to) of one parser. @param onInput is told of each before it is read */
export async function fuzz(
  parser: FuzzedParser,
  { from, to, onInput = () => undefined }: { from: number; to: number; onInput?: (input: number) => void },
): Promise<FuzzResult> {
  const result: FuzzResult = { parser: parser.name, inputs: to - from, accepted: 0, findings: [] };
  for (let input = from; input < to; input++) {
    onInput(input);
    const bytes = parser.mutate(parser.seeds[input % parser.seeds.length], keyedRandom('fuzz', parser.name, input));
    const [cpu, memory] = [process.cpuUsage(), process.resourceUsage().maxRSS];
    const find = (what: string) => result.findings.push(`${parser.name}, input ${input}: ${what}`);
    try {
      await parser.read(bytes);
      result.accepted++;
    } catch (error) {
      if (!(error instanceof UserError)) find(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (user + system) / 1e6;
    const grown = (process.resourceUsage().maxRSS - memory) * 1024;
    if (seconds > MOST_SECONDS) find(`took ${seconds.toFixed(1)} s of CPU for ${bytes.length} bytes`);
    if (grown > MOST_BYTES) find(`took ${Math.round(grown / 2 ** 20)} MiB of memory for ${bytes.length} bytes`);
  }
  return result;
}

/** Runs them in a thread. One that never ends is a finding, and those after it are not run. */
export function fuzzInThread(work: FuzzWork, onResult: (result: FuzzResult) => void): Promise<void> {
  // The parser's place in the list and the input's number.
  const progress = new Int32Array(new SharedArrayBuffer(8));
  // Decoders' own words about damage, of which there are many, are not read.
  const own = { stdout: true, stderr: true };
  const worker = new Worker(new URL('./fuzz-worker.js', import.meta.url), { workerData: { work, progress }, ...own });
  return new Promise((resolve, reject) => {
    let seen = '';
    let since = performance.now();
    const watch = setInterval(() => {
      const now = progress.join();
      if (now !== seen) [seen, since] = [now, performance.now()];
      else if (performance.now() - since > NEVER_ENDING * 1000) {
        reject(new Error(`parser ${progress[0]} (from 0), input ${progress[1]}: no end after ${NEVER_ENDING} s`));
        void worker.terminate();
      }
    }, 1000);
    worker.on('message', onResult);
    worker.on('error', reject);
    worker.on('exit', () => {
      clearInterval(watch);
      resolve();
    });
  });
}
