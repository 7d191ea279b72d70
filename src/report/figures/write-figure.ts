/** @file The files of figures: `<id>.svg`, `.png` and `.csv`. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { toCsv } from '../../storage/csv.js';
import type { Compared } from '../comparison/report-view.js';
import { forFile } from './chart.js';
import { eerByCostFigure } from './eer-by-cost.js';
import { eerBySpeakersFigure, linesOf } from './eer-by-speakers.js';
import type { Figure } from './figure.js';
import { systemStyles } from './palette.js';
import { loadRasteriser, type Rasteriser } from './rasterise.js';

/** @returns the paths of what was written */
export function writeFigure(folder: string, figure: Figure, rasteriser: Rasteriser): string[] {
  const { id, svg, data } = figure;
  const files: [string, string | Uint8Array][] = [
    ['svg', forFile(svg, figure)],
    ['csv', toCsv([[...data.columns], ...data.rows.map((row) => [...row])])],
    ...('draw' in rasteriser ? [['png', rasteriser.draw(svg)] satisfies [string, Uint8Array]] : []),
  ];
  return files.map(([type, content]) => {
    const path = join(folder, `${id}.${type}`);
    writeFileAtomic(path, content);
    return path;
  });
}

/** The figures that need nothing but a comparison, for one that has no report. @returns their paths */
export async function writeComparedFigures(folder: string, compared: Compared): Promise<string[]> {
  const styles = systemStyles(compared.systems.map(({ name }) => name));
  const lines = linesOf(compared);
  const kinds = [
    { kind: eerByCostFigure, drawing: eerByCostFigure.draw(compared, styles) },
    ...(lines ? [{ kind: eerBySpeakersFigure, drawing: eerBySpeakersFigure.draw(lines, styles) }] : []),
  ];
  const rasteriser = await loadRasteriser();
  return kinds.flatMap(({ kind, drawing }) =>
    'svg' in drawing ? writeFigure(folder, { id: kind.id, title: kind.title(), ...drawing }, rasteriser) : [],
  );
}
