/**
 * @file The comparison of systems with a baseline, as figures; `comparison-files.ts` prints and writes it.
 *
 * Every relative figure is (system − baseline) / baseline, so -0.05 of EER means 5 % fewer errors. Intervals come from
 * resampling speakers (`scoring/bootstrap.ts`); for differences the resamples are paired.
 */
import { UserError } from '../errors.js';
import { pairedDifference, percentileInterval, type SpeakerBootstrap } from '../scoring/bootstrap.js';
import type { Interval } from '../scoring/confidence-interval.js';
import type { Evaluation } from '../scoring/evaluation.js';

/** What is known of one system: its size, its cost and its figures on the trials. */
export interface ComparedSystem extends Evaluation {
  readonly name: string;
  /** Architecture, such as `aca-net`. */
  readonly model: string;
  /** How an ACA-Net encodes time: `time`, `none` or `reference`. Absent for models without such a choice. */
  readonly positional?: string;
  readonly parameters: number;
  /** Multiply-accumulate operations for one utterance of the comparison's `macsDuration`. */
  readonly macs: number;
  /** Size of the weights file. */
  readonly bytes: number;
  /** Seconds of speech embedded in one second. */
  readonly extractionRate: number;
}

export interface ComparisonInput {
  readonly systems: readonly ComparedSystem[];
  /** Name of one of the systems. */
  readonly baseline: string;
  /** Resamples of the systems, in their order; without them there are no intervals. */
  readonly bootstrap?: SpeakerBootstrap;
  /** Default 0.95. */
  readonly confidence?: number;
  /** Length in seconds of the utterance for which MACs are counted; default 3. */
  readonly macsDuration?: number;
  /** What the reader must know, one sentence each: how models were selected, what was measured where. */
  readonly notes?: readonly string[];
  /** Set where this is less than a published protocol: one sentence, shown above everything. */
  readonly partial?: string;
}

/** A system's figures against the baseline's, as fractions of the baseline's; ±∞ (in JSON: null) where that is 0. */
export interface RelativeFigures {
  readonly eer: number;
  readonly minDcf: number;
  readonly minDcf005: number;
  readonly minDcf0001: number;
  readonly parameters: number;
  readonly macs: number;
  readonly bytes: number;
  readonly extractionRate: number;
  readonly eerInterval?: Interval;
  /** Two-sided, for the hypothesis that both EERs are equal. */
  readonly eerPValue?: number;
}

export interface Comparison {
  readonly baseline: string;
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  readonly macsDuration: number;
  readonly confidence: number;
  readonly bootstrap?: { readonly unit: 'speaker'; speakers: number; resamples: number; seed: number };
  readonly systems: readonly (ComparedSystem & { readonly eerInterval?: Interval })[];
  /** By name, for every system but the baseline. */
  readonly relative: Readonly<Record<string, RelativeFigures>>;
  readonly notes: readonly string[];
  readonly partial?: string;
}

const RELATIVE_FIGURES = [
  'eer',
  'minDcf',
  'minDcf005',
  'minDcf0001',
  'parameters',
  'macs',
  'bytes',
  'extractionRate',
] as const;

/**
 * Compares systems that were scored on the same trials.
 * @throws UserError if the baseline is not among them, names repeat, or the numbers of trials differ.
 */
export function compareSystems({
  systems,
  baseline,
  bootstrap,
  confidence = 0.95,
  macsDuration = 3,
  notes = [],
  partial,
}: ComparisonInput): Comparison {
  const base = checkSystems(systems, baseline);
  const eersOf = (system: ComparedSystem) => bootstrap?.systems[systems.indexOf(system)].measures.eer;
  const relativeTo = (system: ComparedSystem): RelativeFigures => {
    const figures = RELATIVE_FIGURES.map((figure) => [figure, relativeChange(system[figure], base[figure])]);
    const paired = bootstrap && pairedDifference(eersOf(system)!, eersOf(base)!, confidence);
    return {
      ...(Object.fromEntries(figures) as Record<(typeof RELATIVE_FIGURES)[number], number>),
      ...(paired && { eerInterval: paired.relative, eerPValue: paired.pValue }),
    };
  };
  const { trials, targets, nontargets } = base;
  return {
    ...(partial !== undefined && { partial }),
    baseline,
    trials,
    targets,
    nontargets,
    macsDuration,
    confidence,
    ...(bootstrap && {
      bootstrap: {
        unit: 'speaker',
        speakers: bootstrap.speakers,
        resamples: bootstrap.resamples,
        seed: bootstrap.seed,
      },
    }),
    systems: systems.map((system) => ({
      ...system,
      ...(bootstrap && { eerInterval: percentileInterval(eersOf(system)!, confidence) }),
    })),
    relative: Object.fromEntries(
      systems.filter((system) => system !== base).map((system) => [system.name, relativeTo(system)]),
    ),
    notes,
  };
}

/** (value − base) / base; 0 where both are 0. */
export function relativeChange(value: number, base: number): number {
  return value === base ? 0 : (value - base) / base;
}

function checkSystems(systems: readonly ComparedSystem[], baseline: string): ComparedSystem {
  const names = systems.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new UserError(`two systems are named "${repeated}"; a comparison needs distinct names`);
  const base = systems.find(({ name }) => name === baseline);
  if (!base) throw new UserError(`the baseline "${baseline}" is not among the systems: ${names.join(', ')}`);
  for (const { name, targets, nontargets } of systems) {
    if (targets !== base.targets || nontargets !== base.nontargets) {
      throw new UserError(
        `${name} was scored on ${targets} target and ${nontargets} nontarget trials, the baseline ${baseline} on ` +
          `${base.targets} and ${base.nontargets}: score both on the same trials first`,
      );
    }
  }
  return base;
}
