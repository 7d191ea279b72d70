/** @file The recipe's `robustness` section: the conditions under which the finished systems are tested once more. */
import { z } from 'zod';
import { sourceIdentity, type SourceIdentity } from '../../features/augmentation/augmentation-identity.js';
import { listRecordings } from '../../features/augmentation/sources.js';
import type { Degradation, TestNoise } from '../../features/degraded-speech.js';
import { formatDuration } from '../../report/text/number-format.js';

const different = (values: readonly number[]) => new Set(values).size === values.length;

/** The recipe's `robustness` section. */
export const robustnessOptions = z
  .strictObject({
    /** Seconds that are left of an utterance; shorter ones stay whole. */
    durations: z.array(z.number().min(0.1)).refine(different, 'expected durations that differ').default([]),
    /** From speech to noise, dB. */
    snr: z.array(z.number().min(-50).max(100)).refine(different, 'expected ratios that differ').default([]),
    /** `white`, or a folder or list of recordings, as `augmentation.noise.source` takes it. */
    noise: z.union([z.literal('white'), z.strictObject({ source: z.string().min(1) })]).optional(),
    /** What is cut and gets noise: the test side of each trial, while enrolment stays as it is, or both sides. */
    sides: z.enum(['test', 'both']).default('test'),
  })
  .superRefine(({ durations, snr, noise }, context) => {
    const complain = (message: string, path: string[]) => context.addIssue({ code: 'custom', path, message });
    if (durations.length + snr.length === 0) {
      complain('expected durations or snr; for neither, leave robustness out (null)', []);
    }
    if (snr.length > 0 && noise === undefined) {
      complain('robustness.snr needs robustness.noise: { source: FOLDER }, or white', ['snr']);
    }
    if (snr.length === 0 && noise !== undefined) complain('robustness.noise needs robustness.snr', ['noise']);
  });
export type RobustnessOptions = z.output<typeof robustnessOptions>;

/** A condition, with its names for people and for files. */
export interface Condition {
  readonly degradation: Degradation;
  /** `1 s`, `20 dB` */
  readonly name: string;
  /** `scores_1s.txt` */
  readonly scores: string;
}

/** The conditions of a recipe, in its order, durations first. */
export function listConditions({ durations, snr }: RobustnessOptions): Condition[] {
  const condition = (degradation: Degradation, unit: string): Condition => ({
    degradation,
    name: `${degradation.value} ${unit}`,
    scores: `scores_${degradation.value}${unit}.txt`,
  });
  return [
    ...durations.map((value) => condition({ kind: 'duration', value }, 's')),
    ...snr.map((value) => condition({ kind: 'snr', value }, 'dB')),
  ];
}

/** What decides whether results are out of date: recordings by name and size, not by where they lie. */
export function noiseIdentity({ noise }: RobustnessOptions): 'white' | SourceIdentity | undefined {
  return typeof noise === 'object' ? sourceIdentity('robustness.noise', noise.source) : noise;
}

/** What test noise is made of, and what it is called. @throws UserError where the recordings cannot be used */
export async function openTestNoise(
  { noise }: RobustnessOptions,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ noise: TestNoise; where: string } | undefined> {
  if (noise === undefined) return undefined;
  if (noise === 'white') return { noise, where: 'robustness.noise' };
  const recordings = await listRecordings(noise.source, { technique: 'noise', section: 'robustness', signal });
  return { noise: recordings, where: `robustness.noise: ${noise.source}` };
}

/** `40 recordings (3.3 min)` */
export function describeTestNoise(noise: TestNoise): string {
  if (noise === 'white') return 'white noise';
  const seconds = noise.reduce((sum, { duration }) => sum + duration, 0);
  return `${noise.length} recording${noise.length === 1 ? '' : 's'} (${formatDuration(seconds)})`;
}
