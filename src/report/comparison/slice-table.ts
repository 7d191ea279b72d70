/** @file The table of the EERs on each part of the trials. */
import { formatTable, type TableOptions } from '../text/table.js';
import type { Comparison } from './comparison.js';
import { conditionsTable } from './robustness-table.js';
import type { ComparedSlice } from './slice-figures.js';

/** EERs on each part; the parts that could not be compared are listed below. */
export function slicesTable(
  slices: readonly ComparedSlice[],
  compared: Pick<Comparison, 'baseline' | 'confidence'>,
  { style = 'plain' }: TableOptions = {},
): string {
  const shown = slices.filter(({ systems }) => systems.length > 0);
  const rest = slices.filter(({ systems }) => systems.length === 0);
  const left = rest.map(({ by, name, trials, targets, why = '' }) => [
    `${by}: ${name}`,
    `${trials}`,
    `${targets}`,
    why,
  ]);
  const columns = [{ title: 'not compared' }, { title: 'trials' }, { title: 'targets' }, { title: 'because' }];
  return [
    ...(shown.length > 0
      ? [
          conditionsTable(
            'parts: EER',
            shown.map(({ by, name, systems }) => ({ name: `${by}: ${name}`, systems })),
            compared,
            { style },
          ),
        ]
      : []),
    ...(left.length > 0 ? [formatTable(columns, left, { style })] : []),
  ].join('\n');
}
