/** @file The process that `extraction-cost.ts` starts: measures, and prints one line of JSON: the cost, or what is refused. */
import { physicalCores } from '../engine/create-engine.js';
import { inWords, UserError } from '../errors.js';
import { keyedRandom } from '../random.js';
import type { ExtractionCostOptions, MeasuredCost } from './extraction-cost.js';
import { peakMemory } from './peak-memory.js';
import { realLibrary } from './do-model-work.js';

const FRAMES_PER_SECOND = 100;
/** Repetitions of each length: at least 3, then until a second is full, 50 at most. */
const [FEWEST, MOST, FOR_SECONDS] = [3, 50, 1];

async function measure({ modelDir, engine, lengths }: ExtractionCostOptions): Promise<MeasuredCost> {
  const idleBytes = peakMemory();
  const embedder = await realLibrary.openEmbedder({ modelDir, engine });
  /** Rows a second: frames, or of audio samples. */
  const rate = embedder.features?.type === 'audio' ? embedder.features.sampleRate : FRAMES_PER_SECOND;
  const measured: MeasuredCost['lengths'][number][] = [];
  for (const seconds of lengths) {
    const frames = Math.max(embedder.minFrames, Math.round(seconds * rate));
    const random = keyedRandom('extraction-cost', frames);
    const data = Float32Array.from({ length: frames * embedder.bins }, () => 2 * random.uniform() - 1);
    const features = { frames, bins: embedder.bins, data };
    await embedder.embed(features); // the first one of a length also prepares
    const times: number[] = [];
    const began = performance.now();
    while (times.length < FEWEST || (times.length < MOST && performance.now() - began < 1000 * FOR_SECONDS)) {
      const since = performance.now();
      await embedder.embed(features);
      times.push((performance.now() - since) / 1000);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    measured.push({ seconds, realTimeFactor: (median * rate) / frames, peakBytes: peakMemory() });
  }
  await embedder.close();
  return { threads: engine.threads ?? physicalCores(), idleBytes, lengths: measured };
}

const answer = await measure(JSON.parse(process.argv[2]) as ExtractionCostOptions).catch((error: unknown) => {
  const said = inWords(error);
  if (said instanceof UserError) return { refused: said.message };
  throw error;
});
process.stdout.write(`${JSON.stringify(answer)}\n`);
