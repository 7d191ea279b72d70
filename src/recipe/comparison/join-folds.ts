/** @file Comparisons of the same systems in several folds as one: a training's scores are those of all folds in turn. */
import { internal } from '../../errors.js';
import type { ComparisonInput } from '../../report/comparison/comparison.js';
import type { RunInput, SystemInput, TrainingCost } from '../../report/comparison/system-facts.js';
import { joined, joinFolds } from '../../scoring/scores/folds.js';
import type { Slice } from '../../scoring/scores/slices.js';
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
    ...(first.slices && { slices: joinSlices(reads) }),
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

/** Costs of embedding are those of the first fold; the time of a training is the mean over the folds. */
function joinSystem(folds: readonly SystemInput[], first: SystemInput): SystemInput {
  const trainings = (system: SystemInput) => [system.name, ...system.runs.map(({ name }) => name)].join(', ');
  const other = folds.find((system) => trainings(system) !== trainings(first));
  if (other) throw internal(`folds differ: ${trainings(first)}; ${trainings(other)}`);
  const runs = first.runs.map((run, r) =>
    joinRun(
      folds.map(({ runs }) => runs[r]),
      run,
    ),
  );
  return { ...first, runs };
}

function joinRun(folds: readonly RunInput[], first: RunInput): RunInput {
  const calibrated = folds.every(({ llrs }) => llrs);
  const { llrs: _, training: __, ...facts } = first;
  const costs = folds.flatMap(({ training }) => training ?? []);
  return {
    ...facts,
    ...(costs.length === folds.length && { training: joinCosts(costs) }),
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

/** What holds of the training of one fold (that it was resumed, or beside others) holds of all. */
function joinCosts(costs: readonly TrainingCost[]): TrainingCost {
  const most = (numbers: readonly (number | undefined)[]) => {
    const known = numbers.filter((number) => number !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  };
  const beside = most(costs.map((cost) => cost.beside));
  const peakBytes = most(costs.map((cost) => cost.peakBytes));
  const [last] = costs
    .map(({ finished }) => finished)
    .sort()
    .reverse(); // ISO 8601
  const machines = [...new Set(costs.flatMap(({ machine }) => machine ?? []))];
  return {
    seconds: mean(costs.map(({ seconds }) => seconds)),
    ...(costs.some(({ resumed }) => resumed) && { resumed: true }),
    ...(beside !== undefined && { beside }),
    finished: last,
    ...(peakBytes !== undefined && { peakBytes }),
    ...(machines.length > 0 && { machine: machines.join('; ') }),
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

/** Parts of the same name are one part of all folds. */
function joinSlices(folds: readonly ReadComparison[]): Slice[] {
  const parts = new Map<string, { by: string; name: string; trials: number[] }>();
  let before = 0;
  for (const { slices = [], labels } of folds) {
    for (const { by, name, trials } of slices) {
      const part = parts.get(`${by}: ${name}`) ?? { by, name, trials: [] };
      for (const trial of trials) part.trials.push(before + trial);
      parts.set(`${by}: ${name}`, part);
    }
    before += labels.length;
  }
  return Array.from(parts.values(), ({ trials, ...part }) => ({ ...part, trials: Uint32Array.from(trials) }));
}
