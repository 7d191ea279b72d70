/**
 * @file What a figure of the report is: a drawing, what it says to those who cannot see it, and its data; and the kinds
 * of figures, each of which makes one from what the report has for it. `registry.ts` lists the kinds.
 */
import type { Ablation } from '../comparison/ablation.js';
import type { Compared } from '../comparison/report-view.js';
import type { EmbeddingMapInput } from './embedding-plane.js';
import type { SystemStyles } from './palette.js';
import type { ScoredTrials } from './scored-systems.js';
import type { TrainingRecord } from './training-record.js';

/** A cell of a table of data; null: nothing there. */
export type Cell = string | number | null;

export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What a kind of figure makes. */
export interface Drawing {
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
  /** What of the whole it does not show, in a sentence below it. */
  readonly partial?: string;
  /** What holds of all that it shows, as a list below it. */
  readonly notes?: readonly string[];
}

export interface Figure extends Drawing {
  /** Name of its files and its anchor: `det`. */
  readonly id: string;
  readonly title: string;
}

/** A sentence in place of a figure that there is no data for. */
export interface NoFigure {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

/** What a report has for its figures. Systems stand in the order in which they have their colours. */
export interface FigureSource {
  /** The recipe's own system. */
  readonly model: string;
  readonly trainings: readonly TrainingRecord[];
  /** Variants of a system, where the recipe makes such. */
  readonly ablation?: Ablation;
  /** What the test trials say; absent where the recipe keeps them back. */
  readonly tested?: {
    readonly compared: Compared;
    readonly trials: ScoredTrials;
    readonly embeddings: EmbeddingMapInput;
  };
}

/** One kind of figure, such as the DET plot. */
export interface FigureKind<Needs> {
  /** Name of its files and its anchor. */
  readonly id: string;
  title(needs: Needs): string;
  /** What it is drawn from; undefined where it does not apply, and the report is silent about it. */
  needs(source: FigureSource): Needs | undefined;
  /** @returns the drawing, or in a sentence why there is none */
  draw(needs: Needs, styles: SystemStyles): Drawing | Pick<NoFigure, 'why'>;
}

/** The figure of a kind; undefined where it does not apply. */
export function makeFigure<Needs>(
  kind: FigureKind<Needs>,
  source: FigureSource,
  styles: SystemStyles,
): Figure | NoFigure | undefined {
  const needs = kind.needs(source);
  return needs === undefined ? undefined : { id: kind.id, title: kind.title(needs), ...kind.draw(needs, styles) };
}

/** The ends of an interval as cells. */
export const endsOf = (interval: readonly [number, number] | undefined): readonly [Cell, Cell] =>
  interval ?? [null, null];

/** Every n-th row, the first and the last among them, so that at most `count` remain. */
export function thinned<Row>(rows: readonly Row[], count: number): Row[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (count - 1))]);
}
