/**
 * @file Converting many audio files to 16-bit WAV in a folder, in worker threads; a run that was stopped goes on.
 *
 * `conversion.json` in the folder says how its files were made; the same settings keep what is finished, others are
 * refused, so that a folder never holds files of two kinds. An input that has changed since is converted again. Every
 * input is counted as converted, kept or failed. Where the input is a manifest and none has failed, `manifest.jsonl` is
 * written for the new files.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { throughFfmpeg } from '../../audio/ffmpeg.js';
import { hasFfmpeg } from '../../audio/run-ffmpeg.js';
import { type Utterance, writeManifest } from '../../corpus/manifest/manifest.js';
import { internal, UserError } from '../../errors.js';
import { counted, firstOf } from '../../problem-list.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { makeFolder } from '../../storage/make-folder.js';
import { clearUnfinished } from '../../storage/unfinished-files.js';
import { createThreadPool } from '../../thread-pool.js';
import type { Reporting } from '../model-work.js';
import { type ConversionInput, type ConversionInputs, listConversionInputs } from './conversion-inputs.js';
import type { ConversionPiece, ConversionResult, ConversionTask } from './conversion-task.js';

export interface ConvertFilesOptions extends Reporting {
  /** Files, folders, lists or a manifest. */
  paths: readonly string[];
  /** The folder to write to. */
  out: string;
  /** Default: each file's own. */
  sampleRate?: number;
  /** Of files that have several; a manifest says it itself. */
  channel?: number;
  /** Files that are converted at the same time; default: as many as the machine runs at once. */
  jobs?: number;
}

export interface ConversionSummary {
  folder: string;
  /** Inputs: the sum of the next three. */
  files: number;
  converted: number;
  /** Finished by an earlier run. */
  kept: number;
  failed: { file: string; error: string }[];
  /** Files with samples that were too loud for 16 bits, among those converted now. */
  clipped: number;
  /** Of all that is there now. */
  hours: number;
  manifest?: string;
}

/** Files of a task: those of one ffmpeg, where that is needed. */
const BATCH = 16;
const SETTINGS = 'conversion.json';
const MANIFEST = 'manifest.jsonl';
const FORMAT = 'acanet conversion 1';

const settingsSchema = z.strictObject({
  format: z.literal(FORMAT),
  sampleRate: z.number().nullable(),
  channel: z.number().nullable(),
  /** By id, what stands for the file and the piece of it that was converted; absent where an earlier version wrote. */
  inputs: z.record(z.string(), z.string()).optional(),
  pieces: z.string().nullish(),
});

/**
 * Converts all inputs that are not finished; goes on over those that cannot be read, and counts them.
 * @throws UserError where the inputs, the folder or ffmpeg are not as needed, or the folder cannot be written
 */
export async function convertFiles(options: ConvertFilesOptions): Promise<ConversionSummary> {
  const { paths, out, sampleRate, channel } = options;
  refuseFolderWithin(out, paths);
  const listed = await listConversionInputs(paths);
  refuseChannel(listed, channel);
  requireFfmpeg(listed.inputs);
  openFolder(out, listed, { sampleRate, channel });
  const pieceOf = ({ id, ...input }: ConversionInput): ConversionPiece => ({
    ...(channel !== undefined && { channel }),
    ...input,
    output: outputOf(out, id),
  });
  const summary: ConversionSummary = {
    ...{ folder: out, files: listed.inputs.length, converted: 0, kept: 0, failed: [], clipped: 0, hours: 0 },
  };
  const results = await convertAll(listed.inputs, pieceOf, { ...options, summary });
  if (summary.converted + summary.kept + summary.failed.length !== summary.files) {
    throw internal(`${summary.files} files to convert, ${summary.converted} + ${summary.kept} done`);
  }
  if (listed.utterances && summary.failed.length === 0) {
    summary.manifest = join(out, MANIFEST);
    writeManifest(
      summary.manifest,
      listed.utterances.map((utterance, index) => converted(utterance, out, results[index])),
    );
  }
  return summary;
}

/** @throws UserError for a channel beside a manifest that names them */
function refuseChannel({ inputs, utterances }: ConversionInputs, channel: number | undefined): void {
  const named = utterances && channel !== undefined ? inputs.filter((input) => input.channel !== undefined) : [];
  if (named.length === 0) return;
  throw new UserError(
    `--channel: the manifest names the channel of ${counted(named.length, 'utterance')} itself: ${firstOf(named.map(({ id }) => id))}`,
  );
}

const outputOf = (out: string, id: string) => join(out, `${id}.wav`);

/** Where the sound of an utterance is now, and at which rate. */
interface WrittenSound {
  frames: number;
  sampleRate: number;
}

function converted(utterance: Utterance, out: string, { frames, sampleRate }: WrittenSound): Utterance {
  const { offset: _offset, channel: _channel, ...rest } = utterance;
  const path = resolve(outputOf(out, utterance.id));
  return { ...rest, path, duration: frames / sampleRate, sampleRate, channels: 1 };
}

/** Hands batches to the threads, a few at a time, and counts their results in the summary. */
async function convertAll(
  inputs: readonly ConversionInput[],
  pieceOf: (input: ConversionInput) => ConversionPiece,
  {
    sampleRate,
    jobs = availableParallelism(),
    log,
    progress,
    signal,
    summary,
  }: ConvertFilesOptions & { summary: ConversionSummary },
): Promise<WrittenSound[]> {
  const pool = createThreadPool<ConversionTask, ConversionResult[]>({
    module: new URL('./conversion-worker.js', import.meta.url),
    threads: [1, jobs],
  });
  const written = new Array<WrittenSound>(inputs.length);
  let next = 0;
  let done = 0;
  const take = (index: number, result: ConversionResult) => {
    done++;
    const { path, id } = inputs[index];
    if ('problem' in result) {
      if (result.fatal) throw new UserError(result.problem);
      summary.failed.push({ file: path, error: result.problem });
      log(`✖ ${result.problem.replace(/\s*\n\s*/g, ' ')}`);
      return;
    }
    const { frames, sampleRate: rate, clipped, kept } = result;
    summary[kept ? 'kept' : 'converted']++;
    summary.hours += frames / rate / 3600;
    written[index] = { frames, sampleRate: rate };
    if (clipped === 0) return;
    summary.clipped++;
    log(`! ${id}.wav: ${clipped} of ${frames} samples were too loud and are clipped`);
  };
  const worker = async () => {
    while (next < inputs.length) {
      signal?.throwIfAborted();
      const from = next;
      next += BATCH;
      const pieces = inputs.slice(from, next).map(pieceOf);
      const task: ConversionTask = { pieces, ...(sampleRate !== undefined && { sampleRate }) };
      const results = await pool.run(task);
      for (const [index, result] of results.entries()) take(from + index, result);
      progress('convert', done, inputs.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    await pool.destroy();
  }
  return written;
}

/** Refuses a folder that would be read too, now or when the command is given again. */
function refuseFolderWithin(out: string, paths: readonly string[]): void {
  const holder = paths.find((path) => !relative(resolve(path), resolve(out)).split(sep).includes('..'));
  if (holder === undefined) return;
  throw new UserError(`${out}: lies in ${holder}, which is read; name a folder beside it`);
}

function requireFfmpeg(inputs: readonly ConversionInput[]): void {
  const extensions = throughFfmpeg.extensions;
  const needing = inputs.filter(({ path }) => extensions.some((extension) => path.toLowerCase().endsWith(extension)));
  if (needing.length === 0 || hasFfmpeg()) return;
  throw new UserError(
    `${needing.length} of ${inputs.length} files are read through ffmpeg, which is not installed: ` +
      `${firstOf(needing.map(({ path }) => path))}\nInstall ffmpeg (apt install ffmpeg, brew install ffmpeg).`,
  );
}

/** Makes the folder, or checks that it was made with these settings. What was made of other pieces is removed. */
function openFolder(
  out: string,
  { inputs, utterances }: ConversionInputs,
  { sampleRate = null, channel = null }: { sampleRate?: number | null; channel?: number | null },
): void {
  const sources = Object.fromEntries(inputs.map(({ id, ...input }) => [id, sourceOf(input)]));
  const settings = { format: FORMAT, sampleRate, channel, inputs: sources };
  const path = join(out, SETTINGS);
  makeFolder(out);
  const before = existsSync(path) ? readSettings(path) : undefined;
  if (!before && readdirSync(out).length > 0) {
    throw new UserError(`${out}: is not empty, and not made by this command; name a new folder`);
  }
  if (before && (before.sampleRate !== sampleRate || before.channel !== channel)) {
    throw new UserError(
      `${out}: was made with ${flags(before)}, not ${flags(settings)}; use the same options, or name another folder`,
    );
  }
  clearUnfinished(out);
  // It is of what was converted before, and is written again once all is done.
  if (utterances) rmSync(join(out, MANIFEST), { force: true });
  if (before) {
    for (const { id, offset } of inputs) {
      const changed = before.inputs ? id in before.inputs && before.inputs[id] !== sources[id] : offset !== undefined;
      if (changed) rmSync(outputOf(out, id), { force: true });
    }
  }
  writeJsonAtomic(path, settings);
}

const sourceOf = ({ path, ...piece }: Omit<ConversionInput, 'id'>): string =>
  sha256Hex(stableJson({ ...piece, path: resolve(path) })).slice(0, 16);

const flags = ({ sampleRate, channel }: { sampleRate: number | null; channel: number | null }) =>
  [
    sampleRate === null ? 'no --rate' : `--rate ${sampleRate}`,
    ...(channel === null ? [] : [`--channel ${channel}`]),
  ].join(' and ');

function readSettings(path: string): z.infer<typeof settingsSchema> {
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UserError(`${path}: expected what an earlier run wrote; name another folder, or delete this one`, {
      cause: error,
    });
  }
}
