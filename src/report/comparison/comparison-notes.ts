/** @file What the reader of a comparison must know that its figures do not say, a sentence each. */

/** A training and its scores, one a trial. */
interface ScoredRun {
  readonly name: string;
  readonly scores: ArrayLike<number>;
}

/** With fewer errors, intervals know little of what other speakers would do. */
const FEW_ERRORS = 10;

/** Systems whose EER few errors decide. */
export function fewErrors(
  systems: readonly { name: string; eer: number }[],
  targets: number,
  nontargets: number,
): string[] {
  const few = systems.flatMap(({ name, eer }) => {
    const errors = Math.round(eer * Math.min(targets, nontargets));
    return errors < FEW_ERRORS ? [`${name} (${errors})`] : [];
  });
  const kind = targets < nontargets ? 'misses' : 'false alarms';
  return few.length > 0 ? [`Few ${kind} decide the EER, so its intervals are rough: ${few.join(', ')}.`] : [];
}

/** What many comparisons together leave of single p-values. */
export function manyComparisons(upheld: readonly string[], comparisons: number, measured: boolean): string[] {
  if (!measured || comparisons < 2) return [];
  const few =
    upheld.length === 1 ? `only the EER of ${upheld[0]} differs` : `only the EERs of ${upheld.join(', ')} differ`;
  const what = upheld.length === comparisons ? 'every EER differs' : upheld.length === 0 ? 'no EER differs' : few;
  return [
    `Each p is of one comparison by itself. Of all ${comparisons} together (Holm's procedure), ${what} from the baseline's.`,
  ];
}

/** Runs with the same score in every trial: the same file twice, or trainings in which the seed changed nothing. */
export function equalScores(systems: readonly { name: string; runs: readonly ScoredRun[] }[]): string[] {
  const groups: { run: ScoredRun; system: string; others: { name: string; system: string }[] }[] = [];
  for (const { name: system, runs } of systems) {
    for (const run of runs) {
      const equal = groups.find(({ run: { scores } }) => equalNumbers(scores, run.scores));
      if (equal) equal.others.push({ name: run.name, system });
      else groups.push({ run, system, others: [] });
    }
  }
  return groups.flatMap(({ run, system, others }) => {
    if (others.length === 0) return [];
    const names = [run.name, ...others.map(({ name }) => name)].join(', ');
    const seeds = others.some((other) => other.system === system);
    return [
      `These give every trial the same score: ${names}.${seeds ? ' They are not different trainings, so intervals are too narrow.' : ''}`,
    ];
  });
}

function equalNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
