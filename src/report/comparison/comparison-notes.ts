/** @file What the reader of a comparison must know that its figures do not say, a sentence each. */

import { counted } from '../../problem-list.js';
import { type DetCurve, detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';
import type { Measure } from '../../scoring/measures/measure.js';
import { measures } from '../../scoring/measures/measure-table.js';
import { curvePoint } from '../../scoring/measures/operating-point.js';
import type { FoldRange } from '../../scoring/scores/speaker-pairs.js';

/** A training and its scores, one a trial. */
interface ScoredRun {
  readonly name: string;
  readonly scores: ArrayLike<number>;
}

/**
 * With fewer errors of a kind, intervals know little of what other speakers would do: those of minDCF hold the truth
 * clearly less often than they say (`bench/coverage.mjs`).
 */
export const FEW_ERRORS = 10;

/** Measures that are tested, of systems where few errors decide them: of a system with several trainings, of the mean. */
export function fewErrors(
  systems: readonly { name: string; runs: readonly ScoredRun[] }[],
  labels: Uint8Array,
  folds: readonly FoldRange[] = [{ name: '', speakers: { from: 0, to: 0 }, trials: { from: 0, to: labels.length } }],
): string[] {
  const decided = systems.map(({ name, runs }) => {
    const curves = runs.flatMap(({ scores }) =>
      folds.map(({ trials: { from, to } }) =>
        detCurve(
          Float64Array.from({ length: to - from }, (_, i) => scores[from + i]),
          labels.subarray(from, to),
          name,
        ),
      ),
    );
    return { name, errorsOf: (measure: Measure) => meanErrors(measure, curves, runs.length) };
  });
  return measures
    .filter(({ shown, threshold }) => shown.includes('tested') && threshold)
    .flatMap((measure) => {
      const few = decided.flatMap(({ name, errorsOf }) => {
        const { misses, falseAlarms } = errorsOf(measure);
        if (Math.min(misses, falseAlarms) >= FEW_ERRORS) return [];
        return [
          `${name} (${misses < falseAlarms ? counted(misses, 'miss', 'misses') : counted(falseAlarms, 'false alarm')})`,
        ];
      });
      if (few.length === 0) return [];
      return [
        `${measure.title} rests on few errors here, so its intervals and what is said of it are rough: ${few.join(', ')}.`,
      ];
    });
}

/** At the measure's threshold, in all folds together. */
function meanErrors({ name, threshold }: Measure, curves: readonly DetCurve[], runs: number) {
  let [misses, falseAlarms] = [0, 0];
  for (const curve of curves) {
    // The EER lies between two points where scores are equal.
    const point = curvePoint(curve, threshold!(curve));
    const eer = name === 'eer' ? curveEer(curve).eer : undefined;
    misses += (eer ?? point.miss) * curve.targets;
    falseAlarms += (eer ?? point.falseAlarm) * curve.nontargets;
  }
  return { misses: Math.round(misses / runs), falseAlarms: Math.round(falseAlarms / runs) };
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
