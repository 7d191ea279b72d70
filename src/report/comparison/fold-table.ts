/** @file The table of what each system measures in each fold, beside the mean. */
import { measures } from '../../scoring/measures/measure-table.js';
import { formatMeasure } from '../text/interval-format.js';
import { formatTable, type TableOptions } from '../text/table.js';
import type { Comparison } from './comparison.js';

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
