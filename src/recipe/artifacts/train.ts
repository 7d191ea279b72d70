/** @file What stages `train/<run>` write: checkpoints (`training/checkpoint.ts`) and the log of what was measured. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listCheckpoints } from '../../training/checkpoint.js';
import { readMetricsLog, type MetricsRow } from '../../training/metrics-log.js';

/** The weights of each checkpoint, oldest first, relative to the folder. */
export const checkpointWeights = (folder: string): string[] =>
  listCheckpoints(folder).map(({ dir }) => join(dir, 'model.safetensors').slice(folder.length + 1));

/** What the training measured; undefined where it left no log. */
export function readTrainingLog(folder: string): MetricsRow[] | undefined {
  const path = join(folder, 'metrics.jsonl');
  return existsSync(path) ? readMetricsLog(path) : undefined;
}
