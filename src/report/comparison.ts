/**
 * @file The comparison of systems with a baseline, as figures: what `compare.json` holds.
 *
 * A system has one or more runs (trainings with different seeds); its figures are means over them. Every relative figure
 * is (system − baseline) / baseline, so -0.05 of EER means 5 % fewer errors. Intervals and p-values come from speakers and
 * seeds (`scoring/compare-runs.ts`). What is not known of a system, as of scores from elsewhere, is left out.
 */
import { UserError } from '../errors.js';
import { compareRuns, type MeasuredDifferences, type MeasuredFigures } from '../scoring/compare-runs.js';
import type { Interval } from '../scoring/confidence-interval.js';
import { evaluateLabelled, type Evaluation } from '../scoring/evaluation.js';
import { calibrationMeasures, discriminationMeasures, type MeasureName } from '../scoring/measures.js';
import { type SpeakerPairs, whyNoIntervals } from '../scoring/speaker-pairs.js';
import { equalScores, fewErrors, manyComparisons } from './comparison-notes.js';
import type { Robustness } from './robustness.js';
import { type Claim, reachVerdict, type Verdict } from './verdict.js';

/** What embedding costs, measured in a process of its own: the network only, features being ready. */
export interface ExtractionCost {
  readonly machine: string;
  /** `onnx on cpu` */
  readonly engine: string;
  /** Threads asked for. */
  readonly threads: number;
  /** For one utterance of each length; the first is the comparison's `macsDuration`. */
  readonly lengths: readonly {
    readonly seconds: number;
    /** Seconds of computing for a second of speech: the median of some repetitions. */
    readonly realTimeFactor: number;
    /** Highest resident memory of the whole process up to here, Node and engine included. */
    readonly peakBytes: number;
  }[];
  /** The same before the model was loaded. */
  readonly idleBytes: number;
}

/** How a run was trained, as far as its stage recorded it. */
export interface TrainingCost {
  readonly seconds: number;
  /** It was interrupted: `seconds` are those since it went on. */
  readonly resumed?: boolean;
  /** So many trainings ran side by side: alone it takes less than `seconds`. */
  readonly beside?: number;
  /** ISO 8601. */
  readonly finished: string;
  /** Highest resident memory of the process while it trained. */
  readonly peakBytes?: number;
  readonly machine?: string;
}

/** What is known of a system besides its scores. */
export interface SystemFacts {
  readonly name: string;
  /** Architecture, such as `aca-net`. */
  readonly model?: string;
  /** How an ACA-Net encodes time: `time`, `none` or `reference`. Absent for models without such a choice. */
  readonly positional?: string;
  /** What made scores of embeddings: `cosine`, `plda, as-norm`. */
  readonly backend?: string;
  readonly parameters?: number;
  /** Multiply-accumulate operations for one utterance of the comparison's `macsDuration`. */
  readonly macs?: number;
  /** Size of the weights file. */
  readonly bytes?: number;
  readonly extraction?: ExtractionCost;
}

/** One training, or one score file. */
export interface RunFacts {
  /** `aca-net`, `aca-net@2` */
  readonly name: string;
  readonly seed?: number;
  readonly training?: TrainingCost;
}

export interface RunInput extends RunFacts {
  /** One a trial. */
  readonly scores: ArrayLike<number>;
  /** The same scores as natural log-likelihood ratios, in the same order from lowest to highest. */
  readonly llrs?: ArrayLike<number>;
}

export interface SystemInput extends SystemFacts {
  readonly runs: readonly RunInput[];
}

export interface ComparisonInput {
  /** What is compared: the name of a recipe. */
  readonly name?: string;
  readonly systems: readonly SystemInput[];
  /** Name of one of the systems. */
  readonly baseline: string;
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  /** The speakers of the trials; without them there are no intervals, for the reason given. */
  readonly speakers: SpeakerPairs | { readonly unknown: string };
  /** Fingerprint of the trial list, as `acanet trials check` shows it. */
  readonly trialsHash?: string;
  /** Default 1000. */
  readonly resamples?: number;
  /** Of the resamples. */
  readonly seed?: number;
  /** Default 0.95. */
  readonly confidence?: number;
  /** Length in seconds of the utterance for which MACs are counted; default 3. */
  readonly macsDuration?: number;
  /** What is said of one of the systems, to be held against the result. */
  readonly claim?: Claim;
  /** What the reader must know, one sentence each: how models were selected, what was measured where. */
  readonly notes?: readonly string[];
  /** Set where this is less than a published protocol: one sentence, shown above everything. */
  readonly partial?: string;
}

/** Means over the runs of a system; the last four only where all of its runs are calibrated. */
export type MeanFigures = Pick<Evaluation, MeasureName>;

export interface ComparedRun extends RunFacts, Omit<Evaluation, 'trials' | 'targets' | 'nontargets' | 'partial'> {}

export interface ComparedSystem extends SystemFacts, MeanFigures {
  readonly eerInterval?: Interval;
  /** Of the extraction at `macsDuration`; and its reciprocal, seconds of speech embedded in a second. */
  readonly realTimeFactor?: number;
  readonly extractionRate?: number;
  /** Values with intervals and standard errors, where speakers are known. */
  readonly figures?: MeasuredFigures;
  readonly runs: readonly ComparedRun[];
}

/** A system's figures against the baseline's, as fractions of the baseline's; ±∞ (in JSON: null) where that is 0. */
export interface RelativeFigures extends Partial<Record<(typeof RELATIVE_FIGURES)[number], number>> {
  readonly eerInterval?: Interval;
  /** Two-sided, for the hypothesis that both EERs are equal. */
  readonly eerPValue?: number;
}

export interface Comparison {
  readonly name?: string;
  readonly partial?: string;
  readonly baseline: string;
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  /** Fingerprint of the trial list, as `acanet trials check` shows it. */
  readonly trialsHash?: string;
  readonly macsDuration: number;
  readonly confidence: number;
  readonly bootstrap?: { readonly unit: 'speaker'; speakers: number; groups: number; resamples: number; seed: number };
  /** Why there are no intervals. */
  readonly noIntervals?: string;
  readonly systems: readonly ComparedSystem[];
  /** By name, for every system but the baseline. */
  readonly relative: Readonly<Record<string, RelativeFigures>>;
  /** The same with intervals and p-values, by measure; empty where speakers are not known. */
  readonly differences: Readonly<Record<string, MeasuredDifferences>>;
  /** One for every system but the baseline. */
  readonly verdicts: readonly Verdict[];
  /** The same trials under worse conditions, for systems that were tested so. */
  readonly robustness?: Robustness;
  readonly notes: readonly string[];
}

const RELATIVE_FIGURES = [
  'eer',
  'minDcf',
  'minDcf005',
  'minDcf0001',
  'minCllr',
  'parameters',
  'macs',
  'bytes',
  'extractionRate',
] as const;

/**
 * Compares systems by their scores of the same trials.
 * @throws UserError if the baseline is not among them, names repeat, a score is not finite, or trials are all of one kind
 */
export function compareSystems({
  name,
  systems: given,
  baseline,
  labels,
  speakers,
  trialsHash,
  resamples = 1000,
  seed = 0,
  confidence = 0.95,
  macsDuration = 3,
  claim,
  notes = [],
  partial,
}: ComparisonInput): Comparison {
  checkNames(given, baseline);
  const evaluated = given.map(({ runs }) => runs.map((run) => evaluateRun(run, labels)));
  const { measured, noIntervals } = measureWherePossible(given, speakers, { baseline, resamples, seed, confidence });
  const systems = given.map((system, i): ComparedSystem => {
    const { runs: inputs, ...facts } = system;
    const evaluations = evaluated[i];
    const figures = measured?.figures[i];
    const realTimeFactor = facts.extraction?.lengths[0]?.realTimeFactor;
    return {
      ...facts,
      ...meanFigures(evaluations),
      ...(figures?.eer && { eerInterval: figures.eer.interval }),
      ...(realTimeFactor !== undefined && { realTimeFactor, extractionRate: 1 / realTimeFactor }),
      ...(figures && { figures }),
      runs: inputs.map(({ scores: _, llrs: __, ...run }, r) => ({ ...run, ...evaluations[r] })),
    };
  });
  const base = systems.find((system) => system.name === baseline)!;
  const others = systems.filter((system) => system !== base);
  const differences = measured?.differences ?? {};
  const upheld = upheldTogether(differences, confidence);
  const targets = labels.reduce((sum, label) => sum + label, 0);
  return {
    ...(name !== undefined && { name }),
    ...(partial !== undefined && { partial }),
    baseline,
    trials: labels.length,
    targets,
    nontargets: labels.length - targets,
    ...(trialsHash !== undefined && { trialsHash }),
    macsDuration,
    confidence,
    ...(measured ? { bootstrap: measured.bootstrap } : { noIntervals }),
    systems,
    relative: Object.fromEntries(
      others.map((system) => {
        const eer = differences[system.name]?.eer;
        return [
          system.name,
          {
            ...relativeFigures(system, base),
            ...(eer && { eerInterval: eer.relativeInterval, eerPValue: eer.pValue }),
          },
        ];
      }),
    ),
    differences,
    verdicts: others.map((system) =>
      reachVerdict({
        system,
        baseline: base,
        difference: differences[system.name]?.eer,
        confidence,
        speakers: measured?.bootstrap.speakers,
        claim: claim?.system === system.name && claim.baseline === baseline ? claim : undefined,
        ...(others.length > 1 && { together: { comparisons: others.length, upheld: upheld.includes(system.name) } }),
      }),
    ),
    notes: [
      ...manyComparisons(upheld, others.length, measured !== undefined),
      ...equalScores(given),
      ...(measured ? fewErrors(systems, targets, labels.length - targets) : []),
      ...notes,
    ],
  };
}

/** (value − base) / base; 0 where both are 0. */
export function relativeChange(value: number, base: number): number {
  return value === base ? 0 : (value - base) / base;
}

function checkNames(systems: readonly SystemInput[], baseline: string): void {
  const names = systems.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new UserError(`two systems are named "${repeated}"; a comparison needs distinct names`);
  if (!names.includes(baseline)) {
    throw new UserError(`the baseline "${baseline}" is not among the systems: ${names.join(', ')}`);
  }
}

interface MeasureOptions extends Record<'resamples' | 'seed' | 'confidence', number> {
  baseline: string;
}

/** Intervals and differences, or why there are none. */
function measureWherePossible(
  systems: readonly SystemInput[],
  speakers: ComparisonInput['speakers'],
  options: MeasureOptions,
): { measured?: ReturnType<typeof measure>; noIntervals?: string } {
  if ('unknown' in speakers) return { noIntervals: speakers.unknown };
  const noIntervals = whyNoIntervals(speakers);
  if (noIntervals !== undefined) return { noIntervals };
  try {
    return { measured: measure(systems, { ...options, speakers }) };
  } catch (error) {
    // The scores have been evaluated, so it is the trials that cannot be resampled.
    if (error instanceof UserError) return { noIntervals: error.message };
    throw error;
  }
}

/** Intervals and differences of all measures; those of calibrated scores for systems that have them in all runs. */
function measure(
  systems: readonly SystemInput[],
  { baseline, ...options }: MeasureOptions & { speakers: SpeakerPairs },
) {
  const calibrated = systems.filter(({ runs }) => runs.every(({ llrs }) => llrs));
  const llrsOf = ({ name, runs }: SystemInput) => ({ name, runs: runs.map(({ llrs }) => llrs!) });
  if (calibrated.length === systems.length) {
    // Both orders are the same, so these say what the scores would.
    const { systems: all, ...rest } = compareRuns({
      ...options,
      baseline,
      systems: systems.map(llrsOf),
      calibrated: true,
    });
    return { ...rest, figures: all.map(({ figures }) => figures) };
  }
  const { systems: all, ...rest } = compareRuns({
    ...options,
    baseline,
    systems: systems.map(({ name, runs }) => ({ name, runs: runs.map(({ scores }) => scores) })),
  });
  if (calibrated.length === 0) return { ...rest, figures: all.map(({ figures }) => figures) };
  const more = compareRuns({
    ...options,
    ...(calibrated.some(({ name }) => name === baseline) && { baseline }),
    systems: calibrated.map(llrsOf),
    calibrated: true,
    measures: calibrationMeasures,
  });
  return {
    ...rest,
    figures: all.map(({ name, figures }) => ({
      ...figures,
      ...more.systems.find((system) => system.name === name)?.figures,
    })),
    differences: Object.fromEntries(
      Object.entries(rest.differences).map(([name, own]) => [name, { ...own, ...more.differences[name] }]),
    ),
  };
}

function evaluateRun({ name, scores, llrs }: RunInput, labels: Uint8Array) {
  const { trials: _, targets: __, nontargets: ___, ...figures } = evaluateLabelled(scores, labels, { where: name });
  if (!llrs) return figures;
  const calibrated = evaluateLabelled(llrs, labels, { calibrated: true, where: name });
  // Intervals are of the ratios, so they must be of these scores. Roundings may join two of them.
  if (Math.abs(calibrated.eer - figures.eer) > 1e-4) {
    throw new UserError(
      `${name}: the log-likelihood ratios are not of these scores: they have an EER of ${calibrated.eer}, the scores one of ${figures.eer}\n  calibrate again`,
    );
  }
  return { ...figures, ...Object.fromEntries(calibrationMeasures.map((measure) => [measure, calibrated[measure]])) };
}

function meanFigures(runs: readonly Partial<Record<MeasureName, number>>[]): MeanFigures {
  const known = [...discriminationMeasures, ...calibrationMeasures].filter((measure) =>
    runs.every((run) => run[measure] !== undefined),
  );
  return Object.fromEntries(
    known.map((measure) => [measure, runs.reduce((sum, run) => sum + run[measure]!, 0) / runs.length]),
  ) as unknown as MeanFigures;
}

function relativeFigures(system: ComparedSystem, base: ComparedSystem): RelativeFigures {
  return Object.fromEntries(
    RELATIVE_FIGURES.flatMap((figure) => {
      const [value, reference] = [system[figure], base[figure]];
      return value === undefined || reference === undefined ? [] : [[figure, relativeChange(value, reference)]];
    }),
  );
}

/** Of many comparisons some come out below 0.05 by chance: those that Holm's procedure upholds (Scand. J. Stat. 6, 1979). */
function upheldTogether(differences: Readonly<Record<string, MeasuredDifferences>>, confidence: number): string[] {
  const ranked = Object.entries(differences)
    .map(([name, { eer }]) => ({ name, pValue: eer!.pValue }))
    .sort((a, b) => a.pValue - b.pValue);
  const firstNot = ranked.findIndex(({ pValue }, i) => pValue * (ranked.length - i) >= 1 - confidence);
  return ranked.slice(0, firstNot < 0 ? ranked.length : firstNot).map(({ name }) => name);
}
