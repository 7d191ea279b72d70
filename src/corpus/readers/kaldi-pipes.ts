/**
 * @file The commands that a Kaldi `wav.scp` may hold in place of files (`utt sph2pipe -f wav x.wv1 |`).
 *
 * They are run by the shell, as in Kaldi, so they may do anything: only where the user allows it. What a command writes
 * is kept as a file, as audio is read by pieces and more than once. The file's name is made of the command, so that it
 * is run once; its exit status must be 0.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { allOrNone } from '../../all-or-none.js';
import { UserError, messageOf } from '../../errors.js';
import { sha256Hex } from '../../storage/hashing.js';
import { makeFolder } from '../../storage/make-folder.js';
import { asideName, clearUnfinished } from '../../storage/unfinished-files.js';
import type { PrepareContext } from './corpus-reader.js';
import { counted, throwProblems } from '../../problem-list.js';

export interface PipeCommand {
  /** The recording's id, for messages and the file's name. */
  id: string;
  /** Without the bar at its end. */
  command: string;
  /** `file:line`. */
  where: string;
}

/** What of the end of a command's complaint is shown. */
const SHOWN_ERROR = 300;

/**
 * Runs the commands, several at a time, in the working directory.
 * @returns each recording's audio file, and a note
 * @throws UserError listing the commands that failed
 */
export async function runPipeCommands(
  commands: readonly PipeCommand[],
  { audioDir, onProgress, signal }: PrepareContext,
): Promise<{ files: Map<string, string>; notes: string[] }> {
  const folder = resolve(audioDir, 'kaldi-pipes');
  const files = new Map(commands.map((command) => [command.id, join(folder, fileName(command))]));
  const waiting = commands.filter(({ id }) => !existsSync(files.get(id)!));
  if (commands.length > 0) {
    makeFolder(folder);
    clearUnfinished(folder);
  }
  const problems: string[] = [];
  let next = 0;
  let done = commands.length - waiting.length;
  const worker = async (either: AbortSignal) => {
    while (next < waiting.length) {
      either.throwIfAborted();
      const command = waiting[next++];
      const problem = await runToFile(command, files.get(command.id)!, either);
      if (problem !== undefined) problems.push(`${command.where}: ${command.id}: ${problem}`);
      onProgress?.(++done, commands.length);
    }
  };
  // What keeps one from being made, a full disk, say, would keep all.
  await allOrNone(
    Array.from({ length: availableParallelism() }, () => worker),
    signal,
  );
  throwProblems(problems, { where: 'wav.scp', what: `of ${commands.length} commands failed` });
  const kept = commands.length - waiting.length;
  const again = kept > 0 ? `, ${kept} of them earlier; delete that folder to run them again` : '';
  return {
    files,
    notes:
      commands.length > 0 ? [`${counted(commands.length, 'recording')} made by commands into ${folder}${again}`] : [],
  };
}

function fileName({ id, command }: PipeCommand): string {
  const readable = id.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-80);
  return `${readable}-${sha256Hex(process.cwd(), '\n', id, '\n', command).slice(0, 16)}.wav`;
}

/** Returns what went wrong, if anything. */
async function runToFile({ command }: PipeCommand, path: string, signal: AbortSignal): Promise<string | undefined> {
  const draft = asideName(path);
  let complaint = '';
  try {
    const child: ChildProcess = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'], signal });
    const ended = new Promise<string | undefined>((settle, fail) => {
      child.once('error', fail);
      child.once('close', (code, killed) => settle(code === 0 ? undefined : `exit status ${code ?? killed}`));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-SHOWN_ERROR);
    });
    const written = child.stdout ? pipeline(child.stdout, createWriteStream(draft)) : undefined;
    const [status] = await Promise.all([ended, written]);
    if (status !== undefined) return `${status}${complaint ? `: ${complaint.trim().replace(/\s*\n\s*/g, ' / ')}` : ''}`;
    if (statSync(draft).size === 0) return 'the command wrote nothing';
    renameSync(draft, path);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    throw new UserError(`${path}: cannot be made: ${messageOf(error)}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}
