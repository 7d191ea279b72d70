/**
 * @file Features of many pieces of audio, made in worker threads while the network embeds those before them. They are
 * handed out in order, and only a few are ahead, whatever the number of pieces.
 */
import { availableParallelism } from 'node:os';
import { createThreadPool } from '../../thread-pool.js';
import { extractFeatures, type Extracted, type ExtractionTask } from './feature-extraction.js';

/** For fewer pieces the start of the threads takes longer than they save. */
const FEWEST = 24;
/** Pieces that are worked on for each thread. */
const AHEAD = 3;

/** One result a task, in the order of the tasks. */
export async function* featuresOf(tasks: readonly ExtractionTask[]): AsyncGenerator<Extracted, void> {
  if (tasks.length < FEWEST) {
    for (const task of tasks) yield await extractFeatures(task);
    return;
  }
  const threads = Math.min(availableParallelism(), tasks.length);
  const pool = createThreadPool<ExtractionTask, Extracted>({
    module: new URL('./feature-worker.js', import.meta.url),
    threads: [threads, threads],
  });
  try {
    const begin = (task: ExtractionTask) => {
      const result = pool.run(task);
      result.catch(() => undefined); // what is not waited for any more, because something else has failed
      return result;
    };
    const running = tasks.slice(0, threads * AHEAD).map(begin);
    for (let i = 0; i < tasks.length; i++) {
      const next = tasks[i + threads * AHEAD];
      const features = await running.shift()!;
      if (next) running.push(begin(next));
      yield features;
    }
  } finally {
    await pool.destroy();
  }
}
