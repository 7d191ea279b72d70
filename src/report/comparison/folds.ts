/** @file The folds of a comparison: what was tested in each, and what each system measures there. */
import { measures } from '../../scoring/measures/measure-table.js';
import type { FoldRange } from '../../scoring/scores/speaker-pairs.js';
import { formatMeasure } from '../text/interval-format.js';
import { formatTable, type TableOptions } from '../text/table.js';
import type { Comparison } from './comparison.js';
import type { SystemInput } from './system-facts.js';
import { type KnownSpeakers, type MeanFigures, meanFigures, type RunFigures } from './system-measures.js';

export interface FoldFigures {
  readonly name: string;
  readonly speakers: number;
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  /** Means over the trainings in this fold, by system. */
  readonly systems: Readonly<Record<string, MeanFigures>>;
}

export const foldRanges = (speakers: KnownSpeakers): readonly FoldRange[] | undefined =>
  'unknown' in speakers ? undefined : speakers.folds;

/** @param byFold the measures of each system, of each of its trainings, in each fold */
export function foldsCompared(
  systems: readonly SystemInput[],
  { folds, labels, byFold }: { folds: readonly FoldRange[]; labels: Uint8Array; byFold: RunFigures[][][] },
): FoldFigures[] {
  return folds.map(({ name, speakers, trials: { from, to } }, fold) => {
    const targets = labels.subarray(from, to).reduce((sum, label) => sum + label, 0);
    const figures = byFold.map((runs, i) => [systems[i].name, meanFigures(runs.map((parts) => parts[fold]))]);
    return {
      name,
      speakers: speakers.to - speakers.from,
      trials: to - from,
      targets,
      nontargets: to - from - targets,
      systems: Object.fromEntries(figures) as Record<string, MeanFigures>,
    };
  });
}

/** The tested measures of each system in each fold, with the mean that stands in the other tables. */
export function foldTable({ systems, folds = [] }: Comparison, style: TableOptions['style']): string {
  const tested = measures.filter(({ shown }) => shown.includes('tested'));
  const rows = systems.flatMap((system) =>
    tested.map((measure, row) => [
      row === 0 ? system.name : '',
      measure.title,
      ...folds.map((fold) => formatMeasure(measure, fold.systems[system.name][measure.name])),
      formatMeasure(measure, system[measure.name]),
    ]),
  );
  const columns = [{ title: 'by fold' }, { title: '' }];
  const values = [...folds.map(({ name }) => name), 'mean'].map((title) => ({ title, align: 'right' as const }));
  return formatTable([...columns, ...values], rows, { style });
}
