/** @file The table of what each training of each system measures, beside mean and deviation. */
import { measures } from '../../scoring/measures/measure-table.js';
import { standardDeviation } from '../../statistics.js';
import type { ComparedSystem, Comparison } from './comparison.js';
import { formatDifference, formatMeasure } from '../text/interval-format.js';
import { type Column, formatTable, type TableOptions } from '../text/table.js';

/** The measures of each run that comparisons test, with mean and standard deviation. */
export function seedTable({ systems }: Comparison, style: TableOptions['style']): string {
  const most = Math.max(...systems.map(({ runs }) => runs.length));
  const columns: Column[] = [
    { title: 'by seed' },
    { title: '' },
    ...Array.from({ length: most }, (_, i): Column => ({ title: seedTitle(systems, i), align: 'right' })),
    { title: 'mean', align: 'right' },
    { title: 'deviation', align: 'right' },
  ];
  const tested = measures.filter(({ shown }) => shown.includes('tested'));
  const rows = systems.flatMap((system) =>
    tested.map((measure, row) => {
      const values = system.runs.flatMap((run) => run[measure.name] ?? []);
      const deviation = standardDeviation(values);
      return [
        row === 0 ? system.name : '',
        measure.title,
        ...Array.from({ length: most }, (_, i) => (i < values.length ? formatMeasure(measure, values[i]) : '')),
        formatMeasure(measure, system[measure.name]),
        deviation === undefined ? '-' : formatDifference(measure, deviation).replace(/^\+| points$/g, ''),
      ];
    }),
  );
  return formatTable(columns, rows, { style });
}

/** `seed 2` where all systems have the same, as far as known, else `run 2`. */
function seedTitle(systems: readonly ComparedSystem[], index: number): string {
  const seeds = new Set(systems.flatMap(({ runs }) => runs[index]?.seed ?? []));
  return seeds.size === 1 ? `seed ${[...seeds][0]}` : `run ${index + 1}`;
}
