/** @file The table of what each training of each system measures, beside mean and deviation. */
import { measureTitles } from '../../scoring/measures/measures.js';
import { standardDeviation } from '../../statistics.js';
import type { ComparedSystem, Comparison } from './comparison.js';
import { formatMeasure } from '../text/interval-format.js';
import { formatPoints } from '../text/number-format.js';
import { type Column, formatTable, type TableOptions } from '../text/table.js';

/** EER and minDCF of each run, with mean and standard deviation. */
export function seedTable({ systems }: Comparison, style: TableOptions['style']): string {
  const most = Math.max(...systems.map(({ runs }) => runs.length));
  const columns: Column[] = [
    { title: 'by seed' },
    { title: '' },
    ...Array.from({ length: most }, (_, i): Column => ({ title: seedTitle(systems, i), align: 'right' })),
    { title: 'mean', align: 'right' },
    { title: 'deviation', align: 'right' },
  ];
  const rows = systems.flatMap((system) =>
    (['eer', 'minDcf', 'minCllr'] as const).map((measure) => {
      const values = system.runs.map((run) => run[measure]);
      const deviation = standardDeviation(values);
      return [
        measure === 'eer' ? system.name : '',
        measureTitles[measure],
        ...Array.from({ length: most }, (_, i) => (i < values.length ? formatMeasure(measure, values[i]) : '')),
        formatMeasure(measure, system[measure]),
        deviation === undefined
          ? '-'
          : measure === 'eer'
            ? formatPoints(deviation).replace('+', '')
            : deviation.toFixed(3),
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
