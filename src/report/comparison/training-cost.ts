/** @file What a system's trainings took, as far as their stages recorded it. */
import type { ComparedSystem } from './comparison.js';

/** Seconds: the mean over the runs that took it alone and in one go. */
export function trainingSeconds({ runs }: ComparedSystem): number | undefined {
  const known = runs.flatMap(({ training }) =>
    training && !training.resumed && !training.beside ? [training.seconds] : [],
  );
  return known.length > 0 ? known.reduce((sum, seconds) => sum + seconds, 0) / known.length : undefined;
}

/** Bytes of memory: the highest of the runs that recorded it. */
export function trainingBytes({ runs }: ComparedSystem): number | undefined {
  const known = runs.flatMap(({ training }) => training?.peakBytes ?? []);
  return known.length > 0 ? Math.max(...known) : undefined;
}
