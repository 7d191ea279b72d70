/** @file Comparisons of the same systems in several folds as one: a training's scores are those of all folds in turn. */
import { internal } from '../../errors.js';
import type { ComparisonInput } from '../../report/comparison/comparison.js';
import type { RunInput, SystemInput } from '../../report/comparison/system-facts.js';
import { joined, joinFolds } from '../../scoring/scores/folds.js';
import { mean } from '../../statistics.js';
import type { ReadComparison } from './read-comparison.js';

export interface FoldComparison {
  readonly fold: string;
  readonly read: ReadComparison;
}

/** The systems and baseline of all folds are the same, and so are the trainings of each. */
export function joinFoldComparisons(folds: readonly FoldComparison[]): ComparisonInput {
  const reads = folds.map(({ read }) => read);
  const { trials: _, trialsHash: __, partial: ___, protocol, ...first } = reads[0];
  const trials = folds.map(({ fold, read: { labels, speakers } }) => ({ name: fold, labels, speakers }));
  const partial = [...new Set(reads.flatMap((read) => read.partial ?? []))].join('; ');
  return {
    ...first,
    ...joinFolds(trials),
    systems: first.systems.map((system, i) =>
      joinSystem(
        reads.map(({ systems }) => systems[i]),
        system,
      ),
    ),
    ...(protocol !== undefined && reads.every((read) => read.protocol === protocol) && { protocol }),
    ...(partial !== '' && { partial }),
    notes: joinNotes(folds),
  };
}

/** Costs are those of the first fold; the time of a training is the mean over the folds. */
function joinSystem(folds: readonly SystemInput[], first: SystemInput): SystemInput {
  const runs = first.runs.map((run, r) => {
    const same = folds.map(({ name, runs }) => {
      if (name !== first.name || runs[r]?.name !== run.name) throw internal(`folds differ: ${name}, ${first.name}`);
      return runs[r];
    });
    return joinRun(same, run);
  });
  return { ...first, runs };
}

function joinRun(folds: readonly RunInput[], first: RunInput): RunInput {
  const seconds = folds.flatMap(({ training }) => training?.seconds ?? []);
  const calibrated = folds.every(({ llrs }) => llrs);
  const { training, llrs: _, ...facts } = first;
  return {
    ...facts,
    ...(training && seconds.length === folds.length && { training: { ...training, seconds: mean(seconds) } }),
    scores: joined(
      Float64Array,
      folds.map(({ scores }) => scores),
    ),
    ...(calibrated && {
      llrs: joined(
        Float64Array,
        folds.map(({ llrs }) => llrs!),
      ),
    }),
  };
}

/** What is said in every fold is said once, and of the rest in which fold it holds. */
function joinNotes(folds: readonly FoldComparison[]): string[] {
  const all = new Set(folds.flatMap(({ read }) => read.notes ?? []));
  return [...all].map((note) => {
    const where = folds.filter(({ read }) => read.notes?.includes(note)).map(({ fold }) => fold);
    return where.length === folds.length ? note : `In ${where.join(', ')}: ${note}`;
  });
}
