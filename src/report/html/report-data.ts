/** @file All that a report is made of, gathered by stage `report`. */
import type { Figure, FigureSource, NoFigure } from '../figures/figure.js';

export interface ReportData extends FigureSource {
  /** Name of the recipe. */
  readonly recipe: string;
  /** What `model` is held against; the two stand first. */
  readonly baseline: string;
  readonly corpus: CorpusSummary;
  readonly tested?: TestedData;
  /** Where the model looks: pictures of chosen utterances, or why there are none. */
  readonly attention: readonly (Figure | NoFigure)[];
  readonly provenance: Provenance;
}

export interface TestedData extends NonNullable<FigureSource['tested']> {
  readonly worst: WorstTrials;
}

export interface CorpusSummary {
  /** Reader: `synth`, `librispeech`. */
  readonly type: string;
  readonly utterances: number;
  readonly speakers: number;
  readonly hours: number;
}

export interface WorstTrials {
  readonly system: string;
  /** Of the equal error rate. */
  readonly threshold: number;
  readonly trials: readonly WorstTrial[];
  /** Why there is no audio, or what was left out of it. */
  readonly audioNote: string;
}

export interface WorstTrial {
  readonly target: boolean;
  readonly score: number;
  readonly enroll: WorstSide;
  readonly test: WorstSide;
}

export interface WorstSide {
  readonly id: string;
  readonly speaker: string;
  readonly gender?: 'f' | 'm';
  /** Seconds. */
  readonly duration: number;
  /** A WAV file as a data URI. */
  readonly clip?: string;
}

/** Labels and values in reading order, and the commands that led here. */
export interface Provenance {
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly commands: readonly { readonly time: string; readonly command: string; readonly sets: readonly string[] }[];
  readonly stages: readonly {
    readonly stage: string;
    readonly finished: string;
    readonly seconds: number;
    /** Of what it wrote. */
    readonly outputHash: string;
  }[];
}
