/**
 * @file A contestant's process, asked for one piece of work at a time over its stdin and stdout, a line each.
 *
 * The first line it prints is a JSON object with `ready: true` and what it runs on; every line it is sent, it answers
 * with a JSON object `{ wallMs, cpuMs, value, peakMiB }`. A process that ends, stays silent for too long or answers
 * with anything else is an error that shows the last lines of its stderr.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';

const STDERR_LINES = 12;

/**
 * @typedef {{ wallMs: number, cpuMs: number, value: number, peakMiB: number }} Answer
 * @typedef {{ description: Record<string, unknown>, request: () => Promise<Answer>, stop: () => Promise<void> }}
 *   ServerProcess
 */

/**
 * Starts a contestant and waits until it is ready.
 * @param {import('./contestants.mjs').Contestant} contestant
 * @param {{ timeoutSeconds: number }} options for starting, and for each answer
 * @returns {Promise<ServerProcess>}
 */
export async function startServer({ name, command, environment, removed }, { timeoutSeconds }) {
  const env = { ...process.env, ...environment };
  for (const variable of removed) delete env[variable];
  const child = spawn(command[0], command.slice(1), { env, stdio: ['pipe', 'pipe', 'pipe'] });
  /** @type {string[]} */
  const complaints = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > STDERR_LINES) complaints.shift();
  });
  child.stdin.on('error', () => {}); // a process that has ended is reported by `ended`
  const failure = (/** @type {string} */ what) =>
    new Error([`${name}: ${what}`, `  ${command.join(' ')}`, ...complaints.map((line) => `  | ${line}`)].join('\n'));

  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? `status ${code}`}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const nextObject = async () => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const expired = new Promise((resolve) => {
      timer = setTimeout(() => resolve('expired'), timeoutSeconds * 1000);
    });
    const line = await Promise.race([lines.next(), expired]);
    clearTimeout(timer);
    if (line === 'expired') {
      child.kill('SIGKILL');
      throw failure(`no answer within ${timeoutSeconds} s`);
    }
    if (line.done) throw failure(await ended);
    try {
      return JSON.parse(line.value);
    } catch {
      throw failure(`expected a line of JSON, got "${line.value}"`);
    }
  };

  const description = await nextObject();
  if (description.ready !== true) throw failure(`expected {"ready": true, …}, got ${JSON.stringify(description)}`);

  return {
    description,
    async request() {
      child.stdin.write('\n');
      const answer = await nextObject();
      // A loss that is not a number would be timed as gladly as a real one, and may cost more or less.
      const numbers = [answer.wallMs, answer.cpuMs, answer.value, answer.peakMiB];
      if (!numbers.every(Number.isFinite)) throw failure(`expected finite numbers, got ${JSON.stringify(answer)}`);
      return answer;
    },
    async stop() {
      child.stdin.end();
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(patience);
    },
  };
}
