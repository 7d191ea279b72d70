/**
 * @file What embedding costs with a trained model: time and memory, measured in a process of its own, which has held
 * nothing before. The input is noise, as the cost does not depend on what is said.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { internal } from '../errors.js';
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

const program = fileURLToPath(new URL('./extraction-cost-process.js', import.meta.url));

export async function measureExtractionCost({ signal, ...options }: ExtractionCostOptions): Promise<MeasuredCost> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [program, JSON.stringify(options)], {
    encoding: 'utf8',
    ...(signal && { signal }),
  });
  // A runtime may write lines of its own.
  const line = stdout.trim().split('\n').at(-1);
  if (!line?.startsWith('{')) throw internal(`the cost of ${options.modelDir} was not measured: ${stdout}`);
  return measuredCost.parse(JSON.parse(line));
}
