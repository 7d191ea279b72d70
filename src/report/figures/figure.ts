/**
 * @file What a figure of the report is: a drawing, what it says to those who cannot see it, and its data.
 */

/** A cell of a table of data; null: nothing there. */
export type Cell = string | number | null;

export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Figure {
  /** Name of its files and its anchor: `det`. */
  readonly id: string;
  readonly title: string;
  /** How it was made and how to read it; plain sentences. */
  readonly caption: string;
  /** What there is to be seen, in a sentence or two. */
  readonly description: string;
  /** In light colours, from `drawChart`. */
  readonly svg: string;
  /** Everything drawn, as numbers: rates as fractions. Becomes the CSV file. */
  readonly data: DataTable;
  /** The part of it that a reader may want to read, as text. */
  readonly shown: DataTable;
}

/** A sentence in place of a figure that there is no data for. */
export interface NoFigure {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

/** Every n-th row, the first and the last among them, so that at most `count` remain. */
export function thinned<Row>(rows: readonly Row[], count: number): Row[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (count - 1))]);
}
