/**
 * @file What stages `robustness/<run>` write: a score file a condition, named by it
 * (`definition/robustness-options.ts`), and a record that grows with each condition.
 */
import { z } from 'zod';
import type { Evaluation } from '../../scoring/measures/evaluation.js';
import type { RobustnessOptions } from '../definition/robustness-options.js';
import { jsonArtifact, reliedOn, runAgain } from './json-artifact.js';

/** One condition in `robustness.json`. */
export interface TestedCondition extends Evaluation {
  /** `1 s`, `20 dB` */
  readonly condition: string;
  readonly kind: 'duration' | 'snr';
  /** Seconds or dB. */
  readonly value: number;
  /** Name of the score file beside it. */
  readonly scores: string;
  /** How many of the utterances were no longer than the cut, and stayed whole. */
  readonly whole: number;
}

export interface RunRobustness {
  readonly sides: RobustnessOptions['sides'];
  /** Utterances on the sides that are cut and get noise. */
  readonly utterances: number;
  /** What the noise is made of. */
  readonly noise?: string;
  readonly conditions: readonly TestedCondition[];
}

const testedCondition = z.object({
  condition: z.string(),
  kind: z.enum(['duration', 'snr']),
  value: z.number(),
  scores: z.string(),
  whole: z.number(),
  eer: z.number(),
});

export const robustnessRecord = jsonArtifact('robustness.json', {
  schema: reliedOn<RunRobustness>(
    z.object({
      sides: z.enum(['test', 'both']),
      utterances: z.number(),
      noise: z.string().optional(),
      conditions: z.array(testedCondition),
    }),
  ),
  remedy: runAgain('robustness'),
});

/** What one of several processes has found of a condition, until all are put together. */
export const testedRecord = ({ scores }: Pick<TestedCondition, 'scores'>) =>
  jsonArtifact(`${scores.replace(/\.txt$/, '')}.json`, {
    schema: reliedOn<TestedCondition>(testedCondition),
    remedy: () => 'remove the file, and give the command again',
    seal: true,
  });
