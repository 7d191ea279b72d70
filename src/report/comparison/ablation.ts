/**
 * @file Variants of a system, one axis of changes at a time: what `ablation.json` holds.
 *
 * Choices are made by the EER of the development trials. The EER of the test trials, where they were scored at all, is
 * there to be seen; whoever chooses by it must not report it. A system's EER is the mean over its runs (trainings with
 * different seeds). Changes are relative to the base: (EER − the base's) / the base's. Intervals and p-values are those
 * of `scoring/intervals/paired-difference.ts`; with many variants, one in twenty differs by p < 0.05 without any cause.
 */
import { compareRuns } from '../../scoring/intervals/paired-difference.js';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { mean } from '../../statistics.js';
import { relativeChange } from './relative-change.js';

/** Trials, and the scores that each system's runs gave them. */
export interface AblationTrials {
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  readonly speakers: SpeakerPairs;
  /** By system, for each run one score a trial. */
  readonly scores: ReadonlyMap<string, readonly Float64Array[]>;
}

export interface AblationInput {
  /** Of the recipe. */
  readonly name: string;
  readonly base: string;
  readonly axes: readonly { readonly name: string; readonly variants: readonly { label: string; system: string }[] }[];
  readonly models: ReadonlyMap<string, { readonly title: string; readonly parameters: number; readonly macs: number }>;
  readonly development: AblationTrials;
  readonly test?: AblationTrials;
  /** Length in seconds of the utterance for which MACs are counted. */
  readonly macsDuration: number;
  readonly seed?: number;
  readonly notes?: readonly string[];
  readonly partial?: string;
}

/** How a system did on one set of trials. */
export interface AblationFigures {
  /** The mean over runs, a fraction. */
  readonly eer: number;
  /** Of each run, the first seed's first. */
  readonly runs: readonly number[];
  readonly interval?: Interval;
  /** Against the base; absent for the base itself. ±∞ (in JSON: null) where the base makes no errors. */
  readonly change?: number;
  readonly changeInterval?: Interval;
  /** Two-sided, that both EERs are equal. */
  readonly pValue?: number;
}

export interface AblationRow {
  readonly label: string;
  readonly system: string;
  /** It is the system that is varied. */
  readonly base: boolean;
  /** Its development EER is the lowest of its axis. */
  readonly best: boolean;
  /** Such as `ACA-Net (64 latents, …)`. */
  readonly model: string;
  readonly parameters: number;
  readonly macs: number;
  readonly development: AblationFigures;
  readonly test?: AblationFigures;
}

export interface AblationSet {
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  readonly speakers: number;
  /** Why there are no intervals. */
  readonly noIntervals?: string;
}

export interface Ablation {
  readonly name: string;
  readonly base: string;
  readonly confidence: number;
  readonly macsDuration: number;
  readonly development: AblationSet;
  /** Absent where the test trials were kept back. */
  readonly test?: AblationSet;
  readonly axes: readonly { readonly name: string; readonly rows: readonly AblationRow[] }[];
  readonly notes: readonly string[];
  readonly partial?: string;
}

const CONFIDENCE = 0.95;

export function createAblation({ name, base, axes, models, seed, ...input }: AblationInput): Ablation {
  const { macsDuration, notes = [], partial } = input;
  const development = measure(input.development, base, seed);
  const test = input.test && measure(input.test, base, seed);
  return {
    name,
    base,
    confidence: CONFIDENCE,
    macsDuration,
    development: development.set,
    ...(test && { test: test.set }),
    axes: axes.map(({ name, variants }) => {
      const lowest = Math.min(...variants.map(({ system }) => development.figures.get(system)!.eer));
      const rows = variants.map(({ label, system }): AblationRow => {
        const { title, parameters, macs } = models.get(system)!;
        const figures = development.figures.get(system)!;
        return {
          ...{ label, system, base: system === base, best: figures.eer === lowest },
          ...{ model: title, parameters, macs },
          development: figures,
          ...(test && { test: test.figures.get(system)! }),
        };
      });
      return { name, rows };
    }),
    notes,
    ...(partial !== undefined && { partial }),
  };
}

function measure(
  { labels, speakers, scores }: AblationTrials,
  base: string,
  seed?: number,
): { set: AblationSet; figures: Map<string, AblationFigures> } {
  const targets = labels.reduce((sum, label) => sum + label, 0);
  const noIntervals = whyNoIntervals(speakers);
  const set = {
    trials: labels.length,
    targets,
    nontargets: labels.length - targets,
    speakers: speakers.names.length,
    ...(noIntervals !== undefined && { noIntervals }),
  };
  const systems = Array.from(scores, ([name, runs]) => ({ name, runs }));
  if (noIntervals !== undefined) {
    const eers = systems.map(({ name, runs }) => [name, runs.map((run) => evaluateLabelled(run, labels).eer)] as const);
    const plain = new Map(eers.map(([name, runs]) => [name, { eer: mean(runs), runs }]));
    const baseEer = plain.get(base)!.eer;
    const figures = Array.from(plain, ([name, own]): [string, AblationFigures] => [
      name,
      { ...own, ...(name !== base && { change: relativeChange(own.eer, baseEer) }) },
    ]);
    return { set, figures: new Map(figures) };
  }
  const options = { measures: ['eer'], seed, confidence: CONFIDENCE } as const;
  const compared = compareRuns({ speakers, systems, baseline: base, ...options });
  const figures = compared.systems.map(({ name, figures: { eer } }): [string, AblationFigures] => {
    const { value, seedValues, interval } = eer!;
    const difference = name === base ? undefined : compared.differences[name].eer!;
    return [
      name,
      {
        eer: value,
        runs: seedValues,
        interval,
        ...(difference && {
          change: difference.relative,
          changeInterval: difference.relativeInterval,
          pValue: difference.pValue,
        }),
      },
    ];
  });
  return { set, figures: new Map(figures) };
}
