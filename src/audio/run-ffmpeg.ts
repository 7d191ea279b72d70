/**
 * @file Running ffmpeg and ffprobe. They are started without a shell, may open files only (no network; no playlist can
 * begin with the bytes that `ffmpeg.ts` looks for), and whatever they complain about is an error.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf, UserError } from '../errors.js';

/**
 * The first audio stream of a file as interleaved float32.
 * @throws UserError naming `path`
 */
export function decodeByFfmpeg(path: string, format: string): Promise<Buffer<ArrayBuffer>> {
  return runTool('ffmpeg', ['-nostdin', '-xerror', ...inputOf(path), ...outputOf(0, 'pipe:1')], path, format);
}

/**
 * The same of several files in one process, as starting it takes longer than decoding some seconds of speech; undefined
 * if it complains about any of them.
 */
export async function decodeTogether(paths: readonly string[]): Promise<Buffer<ArrayBuffer>[] | undefined> {
  const inputs = paths.flatMap(inputOf);
  // Descriptors 0 to 2 are the standard ones.
  const outputs = paths.flatMap((_, index) => outputOf(index, `pipe:${3 + index}`));
  const child: ChildProcess = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-xerror', ...inputs, ...outputs], {
    stdio: ['ignore', 'ignore', 'pipe', ...paths.map(() => 'pipe' as const)],
  });
  const ended = new Promise<number | null>((done) => {
    child.on('error', () => done(null));
    child.on('close', done);
  });
  let complained = false;
  child.stderr?.on('data', () => (complained = true));
  const collected = paths.map((_, index) => collect(pipesOf(child)[3 + index]));
  const status = await ended;
  return status === 0 && !complained ? collected.map(joined) : undefined;
}

/** Whether ffmpeg can be started. */
export const hasFfmpeg = (): boolean => spawnSync('ffmpeg', ['-version']).status === 0;

/** What ffprobe answers. @throws UserError naming `path` */
export function probeByFfprobe(options: readonly string[], path: string, format: string): Promise<Buffer> {
  return runTool('ffprobe', [...options, ...inputOf(path)], path, format);
}

/** An absolute path behind a protocol: no name can be taken for an option or an address. */
const inputOf = (path: string) => ['-protocol_whitelist', 'file,pipe', '-i', `file:${resolve(path)}`];

const outputOf = (input: number, pipe: string) => ['-map', `${input}:a:0`, '-f', 'f32le', '-c:a', 'pcm_f32le', pipe];

/** A process that could not be started, for want of descriptors, has none. */
const pipesOf = ({ stdio }: { stdio?: ChildProcess['stdio'] }) => (stdio ?? []) as (Readable | undefined)[];

function collect(stream: Readable | null | undefined): Buffer[] {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A process that cannot be started, or ends early, says so by its status.
  stream?.on('error', () => undefined);
  return chunks;
}

/** What the tool writes to stdout. @throws UserError with its last line, if it is not there or complains */
function runTool(tool: string, options: string[], path: string, format: string): Promise<Buffer<ArrayBuffer>> {
  return new Promise((done, fail) => {
    const child: ChildProcess = spawn(tool, ['-v', 'error', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'ENOENT'
          ? `${tool} is not installed. Install ffmpeg (apt install ffmpeg, brew install ffmpeg), or convert the file ` +
            'to WAV or FLAC elsewhere.'
          : `${tool} cannot be started: ${messageOf(error)}`;
      fail(new UserError(`${path}: a ${format} file is read through ffmpeg, but ${reason}`, { cause: error }));
    });
    const output = collect(child.stdout);
    let complaints = '';
    child.stderr?.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4096)));
    child.on('close', (status, signal) => {
      const last = complaints.trim().split('\n').pop();
      if (status === 0 && !last) done(joined(output));
      else {
        fail(
          new UserError(
            `${path}: ${tool} cannot read this ${format} file: ${last || `it ended with ${signal ?? status}`}`,
          ),
        );
      }
    });
  });
}

/** In a buffer of its own, for typed arrays to be aligned. */
function joined(chunks: readonly Buffer[]): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(chunks.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(bytes, at);
  return bytes;
}
