/**
 * @file Writes a comparison as its readers get it: `compare.json` (the whole `Comparison`), `compare.csv` (a row a
 * system), `compare.txt` and `compare.md`; with worse conditions `robustness.csv` too (a row a condition and system).
 * The files for machines hold fractions, seconds and bytes.
 */
import { join } from 'node:path';
import { measures } from '../../scoring/measures/measure-table.js';
import { writeFileAtomic, writeJsonAtomic } from '../../storage/atomic-write.js';
import type { Comparison, RelativeFigures } from './comparison.js';
import { formatComparison } from './comparison-table.js';
import { trainingSeconds } from './training-cost.js';
import { robustnessCsv } from './robustness-table.js';
import { toCsv } from '../../storage/csv.js';

/** All that may be written into a folder. */
export const comparisonPaths = (dir: string): string[] =>
  ['compare.json', 'compare.csv', 'compare.txt', 'compare.md', 'robustness.csv'].map((name) => join(dir, name));

/** Writes the files into a folder; returns their paths. */
export function writeComparison(dir: string, comparison: Comparison): string[] {
  const [json, csv, text, markdown, conditions] = comparisonPaths(dir);
  writeJsonAtomic(json, comparison);
  writeFileAtomic(csv, comparisonCsv(comparison));
  writeFileAtomic(text, formatComparison(comparison));
  writeFileAtomic(markdown, formatComparison(comparison, { style: 'markdown' }));
  if (!comparison.robustness) return [json, csv, text, markdown];
  writeFileAtomic(conditions, robustnessCsv(comparison.robustness));
  return [json, csv, text, markdown, conditions];
}

/** One row a system, with a header; empty cells where a figure does not apply. */
export function comparisonCsv({ systems, relative, differences, verdicts, baseline, partial }: Comparison): string {
  const rows = systems.map((system) => {
    const change: RelativeFigures = relative[system.name] ?? {};
    const difference = differences[system.name] ?? {};
    const figures = measures.flatMap(({ name }): [string, unknown][] => [
      [name, system[name]],
      [`${name}Low`, system.figures?.[name]?.interval[0]],
      [`${name}High`, system.figures?.[name]?.interval[1]],
    ]);
    const tested = measures.filter(({ shown }) => shown.includes('tested'));
    const differing = tested.flatMap(({ name }): [string, unknown][] => {
      const title = `${name[0].toUpperCase()}${name.slice(1)}`;
      const { relativeInterval, pValue } = difference[name] ?? {};
      return [
        [`relative${title}`, finite(change[name])],
        [`relative${title}Low`, finite(relativeInterval?.[0])],
        [`relative${title}High`, finite(relativeInterval?.[1])],
        [`relative${title}PValue`, pValue],
      ];
    });
    return {
      name: system.name,
      model: system.model,
      baseline: system.name === baseline ? 'yes' : 'no',
      positional: system.positional,
      backend: system.backend,
      seeds: system.runs.length,
      parameters: system.parameters,
      macs: system.macs,
      bytes: system.bytes,
      ...Object.fromEntries(figures),
      realTimeFactor: system.realTimeFactor,
      extractionRate: system.extractionRate,
      extractionBytes: system.extraction?.lengths[0]?.peakBytes,
      trainingSeconds: trainingSeconds(system),
      trainingBytes: system.runs[0].training?.peakBytes,
      relativeParameters: finite(change.parameters),
      relativeMacs: finite(change.macs),
      ...Object.fromEntries(differing),
      outcome: verdicts.find((verdict) => verdict.system === system.name)?.outcome,
      ...(partial !== undefined && { partial }),
    };
  });
  return toCsv(rows, { header: true });
}

/** A change from 0 has no size. */
const finite = (value: number | undefined) => (Number.isFinite(value) ? value : undefined);
