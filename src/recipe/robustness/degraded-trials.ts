/** @file Which utterances of a trial list a condition is applied to, and the trials with what it made of them. */
import { type Enrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import type { Trial } from '../../corpus/trials/trials.js';
import type { EmbeddingMap } from '../../scoring/backend/pair-scorer.js';
import type { RobustnessOptions } from '../definition/robustness-options.js';

type Sides = RobustnessOptions['sides'];

/** The ids of the utterances on the sides that a condition is applied to. */
export function degradedIds(trials: readonly Trial[], enrolment: Enrolment | undefined, sides: Sides): Set<string> {
  return sides === 'test' ? new Set(trials.map(({ test }) => test)) : utterancesOfTrials(trials, enrolment);
}

export interface DegradedTrialsInput {
  readonly trials: readonly Trial[];
  readonly sides: Sides;
  /** Of all utterances as they are. */
  readonly clean: EmbeddingMap;
  /** Of those that the condition changes. */
  readonly degraded: EmbeddingMap;
  readonly manifest: readonly Utterance[];
}

/**
 * What is to be scored, in the trials' order. Where only test sides are degraded, these get names of their own, as the
 * same utterance may be enrolled in another trial and is then heard as it is; the names hold a space, which no id does.
 */
export function degradedTrials({ trials, sides, clean, degraded, manifest }: DegradedTrialsInput): {
  trials: readonly Trial[];
  embeddings: EmbeddingMap;
  manifest: readonly Utterance[];
} {
  if (sides === 'both') return { trials, embeddings: new Map([...clean, ...degraded]), manifest };
  const heard = (id: string) => `${id} (degraded)`;
  const changed = manifest.filter(({ id }) => degraded.has(id));
  return {
    trials: trials.map((trial) => (degraded.has(trial.test) ? { ...trial, test: heard(trial.test) } : trial)),
    embeddings: new Map([...clean, ...Array.from(degraded, ([id, embedding]) => [heard(id), embedding] as const)]),
    manifest: [...manifest, ...changed.map((utterance) => ({ ...utterance, id: heard(utterance.id) }))],
  };
}
