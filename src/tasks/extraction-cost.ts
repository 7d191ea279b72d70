/**
 * @file What embedding costs with a trained model: time and memory, measured in a process of its own, which has held
 * nothing before. The input is noise, as the cost does not depend on what is said.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { internal, UserError } from '../errors.js';
import type { EngineOptions } from '../engine/create-engine.js';

export interface ExtractionCostOptions {
  modelDir: string;
  engine: EngineOptions;
  /** Lengths of the utterances, in seconds, rising. */
  lengths: readonly number[];
  signal?: AbortSignal;
}

/** What the process measures; the terms are those of `ExtractionCost`. */
export const measuredCost = z.object({
  threads: z.number(),
  idleBytes: z.number(),
  lengths: z.array(z.object({ seconds: z.number(), realTimeFactor: z.number(), peakBytes: z.number() })).min(1),
});
export type MeasuredCost = z.infer<typeof measuredCost>;

/** What `execFile` adds to the error of a process that did not end well. */
interface Ended extends Error {
  signal?: NodeJS.Signals | null;
}

const program = fileURLToPath(new URL('./extraction-cost-process.js', import.meta.url));

/** @throws UserError where the process met one, or was ended as by a machine whose memory has run out */
export async function measureExtractionCost({ signal, ...options }: ExtractionCostOptions): Promise<MeasuredCost> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [program, JSON.stringify(options)], {
    encoding: 'utf8',
    ...(signal && { signal }),
  }).catch((error: Ended) => {
    signal?.throwIfAborted();
    if (!error.signal) throw error;
    throw new UserError(
      `${options.modelDir}: the process that measures what it costs was ended by ${error.signal}, by somebody or as memory ran out\n` +
        `  it embeds ${options.lengths.at(-1)} s of audio at once; run it where there is more memory`,
      { cause: error },
    );
  });
  // A runtime may write lines of its own.
  const line = stdout.trim().split('\n').at(-1);
  if (!line?.startsWith('{')) throw internal(`the cost of ${options.modelDir} was not measured: ${stdout}`);
  const answer = JSON.parse(line) as { refused?: string };
  if (answer.refused !== undefined) throw new UserError(answer.refused);
  return measuredCost.parse(answer);
}
