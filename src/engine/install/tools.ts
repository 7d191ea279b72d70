/**
 * @file The programs that an installation calls: npm, Python's pip and the C++ compiler, with the user's own settings.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { UserError } from '../../errors.js';

/**
 * The exit code where what an installation needs is not there: a tool, room, a registry (EX_UNAVAILABLE of sysexits.h).
 */
export const UNAVAILABLE = 69;

/** What each tool is asked to see that it is there, and what brings it. */
const TOOLS = {
  npm: { command: ['npm', '--version'], remedy: 'it comes with Node; on Debian and Ubuntu: apt install npm' },
  python: { command: ['python3', '--version'], remedy: 'on Debian and Ubuntu: apt install python3' },
  pip: { command: ['python3', '-m', 'pip', '--version'], remedy: 'on Debian and Ubuntu: apt install python3-pip' },
  compiler: { command: ['g++', '--version'], remedy: 'on Debian and Ubuntu: apt install g++' },
} as const;
export type Tool = keyof typeof TOOLS;

/** @throws UserError naming every tool that is not there, and the package that brings it */
export function requireTools(tools: Iterable<Tool>): void {
  const missing = [...new Set(tools)].filter((tool) => {
    const [command, ...args] = TOOLS[tool].command;
    return spawnSync(command, args, { stdio: 'ignore' }).status !== 0;
  });
  if (missing.length === 0) return;
  const lines = missing.map(
    (tool) => `${TOOLS[tool].command.slice(0, -1).join(' ')} does not run: ${TOOLS[tool].remedy}`,
  );
  throw new UserError(lines.join('\n'), { exitCode: UNAVAILABLE });
}

export interface ToolRun {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What did not succeed if it fails, as the message begins. */
  readonly failed: string;
  readonly exitCode?: number;
}

/**
 * Runs a tool to its end; on a terminal its progress is shown.
 * @throws UserError with the tool's last words, and the command
 */
export async function runTool({ command, cwd, env, failed, exitCode }: ToolRun): Promise<void> {
  const [program, ...args] = command;
  const progress = process.stderr.isTTY ? process.stderr : 'ignore';
  const child: ChildProcess = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', progress, 'pipe'],
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? String(code)));
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)));
  const status = await ended;
  if (status === '0') return;
  throw new UserError(
    `${failed}: ${lastWords(said) ?? `${program} ended with ${status}`}\nthe command was: ${command.join(' ')}`,
    {
      exitCode,
    },
  );
}

/** The line that says most: the first about a connection, else the first that is called an error, else the last. */
function lastWords(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim()).filter(Boolean); // prettier-ignore
  const connection = /establish a new connection|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|timed out|resolve host/i;
  const line = lines.find((each) => connection.test(each)) ?? lines.find((each) => /error/i.test(each)) ?? lines.at(-1);
  // pip says no more of an index that does not answer.
  return line?.replace(
    /\(from versions: none\)/,
    '(no version was found: perhaps the package index cannot be reached)',
  );
}
