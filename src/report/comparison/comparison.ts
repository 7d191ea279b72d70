/**
 * @file The comparison of systems with a baseline, as figures: what `compare.json` holds.
 *
 * A system has one or more runs (trainings with different seeds); its figures are means over them. Every relative
 * figure is (system − baseline) / baseline, so -0.05 of EER means 5 % fewer errors. Intervals and p-values come from
 * speakers and seeds (`scoring/intervals/paired-difference.ts`). What is not known of a system, as of scores from
 * elsewhere, is left out.
 */
import { UserError } from '../../errors.js';
import type {
  CompareRunsInput,
  MeasuredDifferences,
  MeasuredFigures,
} from '../../scoring/intervals/paired-difference.js';
import type { Interval, MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import type { Evaluation } from '../../scoring/measures/evaluation.js';
import { type MeasureName, measures, measuresOf } from '../../scoring/measures/measure-table.js';
import type { SpeakerPairs } from '../../scoring/scores/speaker-pairs.js';
import type { Slice } from '../../scoring/scores/slices.js';
import { type ComparedSlice, measureSlices } from './slice-figures.js';
import { aboveChance } from '../../scoring/measures/above-chance.js';
import { equalScores, fewErrors, manyComparisons } from './comparison-notes.js';
import { relativeChange } from './relative-change.js';
import { measureRobustness, type Robustness, type RobustnessInput } from './robustness.js';
import type { RunFacts, SystemFacts, SystemInput } from './system-facts.js';
import { foldRanges, foldsCompared, type FoldFigures } from './folds.js';
import {
  evaluateFolds,
  evaluateRun,
  type KnownSpeakers,
  meanFolds,
  type MeanFigures,
  meanFigures,
  measureWherePossible,
} from './system-measures.js';
import { type Claim, whyUntested } from './claim.js';
import { type JudgedDifference, reachVerdict, type Verdict } from './verdict.js';

export interface ComparisonInput extends Pick<CompareRunsInput, 'onProgress'> {
  /** What is compared: the name of a recipe. */
  readonly name?: string;
  readonly systems: readonly SystemInput[];
  /** Name of one of the systems. */
  readonly baseline: string;
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  readonly speakers: KnownSpeakers;
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
  /** The published protocol that the trials are of, such as `wsj0-1talker`. */
  readonly protocol?: string;
  /** What the reader must know, one sentence each: how models were selected, what was measured where. */
  readonly notes?: readonly string[];
  /** Set where this is less than a published protocol: one sentence, shown above everything. */
  readonly partial?: string;
  /** Parts of the trials on which the systems are compared too. */
  readonly slices?: readonly Slice[];
}

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
export interface RelativeFigures extends Partial<Record<MeasureName | (typeof COSTS)[number], number>> {
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
  /** Each system was trained and tested in each of these; its figures are means over them. */
  readonly folds?: readonly FoldFigures[];
  readonly systems: readonly ComparedSystem[];
  /** By name, for every system but the baseline. */
  readonly relative: Readonly<Record<string, RelativeFigures>>;
  /** The same with intervals and p-values, by measure; empty where speakers are not known. */
  readonly differences: Readonly<Record<string, MeasuredDifferences>>;
  /** One for every system but the baseline. */
  readonly verdicts: readonly Verdict[];
  /** The same on parts of the trials, where the recipe has `slices`. */
  readonly slices?: readonly ComparedSlice[];
  /** The same trials under worse conditions, for systems that were tested so. */
  readonly robustness?: Robustness;
  readonly notes: readonly string[];
}

const COSTS = ['parameters', 'macs', 'bytes', 'extractionRate'] as const;

/**
 * Compares systems by their scores of the same trials.
 * @throws UserError if the baseline is not among them, names repeat, a score is not finite, or trials are all of one
 *   kind
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
  protocol,
  notes = [],
  partial,
  slices = [],
  onProgress,
}: ComparisonInput): Comparison {
  checkNames(given, baseline);
  const folds = foldRanges(speakers);
  const byFold = given.map(({ runs }) => (folds ? runs.map((run) => evaluateFolds(run, labels, folds)) : []));
  const evaluated = folds
    ? byFold.map((runs) => runs.map(meanFolds))
    : given.map(({ runs }) => runs.map((run) => evaluateRun(run, labels)));
  const drawn = { resamples, seed, confidence, onProgress };
  const { measured, noIntervals } = measureWherePossible(given, speakers, { baseline, ...drawn });
  const systems = given.map((system, i) => comparedSystem(system, evaluated[i], measured?.figures[i]));
  const base = systems.find((system) => system.name === baseline)!;
  const others = systems.filter((system) => system !== base);
  const differences = measured?.differences ?? {};
  const judged = judgedTogether(differences, confidence);
  const upheld = Object.keys(judged).filter((name) => judged[name].eer?.upheld);
  const targets = labels.reduce((sum, label) => sum + label, 0);
  const nontargets = labels.length - targets;
  return {
    ...(name !== undefined && { name }),
    ...(partial !== undefined && { partial }),
    baseline,
    trials: labels.length,
    targets,
    nontargets,
    ...(trialsHash !== undefined && { trialsHash }),
    macsDuration,
    confidence,
    ...(folds && { folds: foldsCompared(given, { folds, labels, byFold }) }),
    ...(measured ? { bootstrap: measured.bootstrap } : { noIntervals }),
    systems,
    relative: Object.fromEntries(
      others.map((system) => [system.name, relativeFigures(system, base, differences[system.name]?.eer)]),
    ),
    differences,
    ...(slices.length > 0 &&
      !('unknown' in speakers) && {
        slices: measureSlices(given, slices, { labels, speakers, baseline, resamples, seed, confidence }),
      }),
    verdicts: others.map((system) =>
      reachVerdict({
        system,
        baseline: base,
        differences: judged[system.name],
        noIntervals,
        confidence,
        speakers:
          measured && (folds ? folds.map(({ speakers: { from, to } }) => to - from) : measured.bootstrap.speakers),
        comparisons: others.length,
        ...(claim?.system === system.name &&
          claim.baseline === baseline && { claim, untested: whyUntested(claim, { protocol, partial }) }),
      }),
    ),
    notes: [
      ...systems.flatMap(({ name: system, eer }) => aboveChance(system, eer)),
      ...manyComparisons(upheld, others.length, measured !== undefined),
      ...(measured && slices.length > 1 ? ['Each p of a part of the trials is of that part by itself.'] : []),
      ...equalScores(given),
      ...(measured ? fewErrors(given, labels, folds) : []),
      ...notes,
    ],
  };
}

/** What is known of a system, means over its runs, and the runs with the measures of each. */
function comparedSystem(
  { runs, ...facts }: SystemInput,
  evaluations: readonly ReturnType<typeof evaluateRun>[],
  figures: MeasuredFigures | undefined,
): ComparedSystem {
  const realTimeFactor = facts.extraction?.lengths[0]?.realTimeFactor;
  return {
    ...facts,
    ...meanFigures(evaluations),
    ...(figures?.eer && { eerInterval: figures.eer.interval }),
    ...(realTimeFactor !== undefined && { realTimeFactor, extractionRate: 1 / realTimeFactor }),
    ...(figures && { figures }),
    runs: runs.map(({ scores: _, llrs: __, ...run }, r) => ({ ...run, ...evaluations[r] })),
  };
}

/** The comparison with what its systems do under worse conditions; intervals where it has some. */
export function addRobustness(
  comparison: Comparison,
  input: RobustnessInput,
  { labels, speakers, seed }: { labels: Uint8Array; speakers: SpeakerPairs; seed: number },
): Comparison {
  const { baseline, confidence, bootstrap } = comparison;
  const robustness = measureRobustness(input, {
    ...{ labels, baseline, seed, confidence },
    ...(bootstrap && { speakers }),
  });
  return { ...comparison, robustness };
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

/** Of the measures of any scores, and of costs. */
function relativeFigures(system: ComparedSystem, base: ComparedSystem, eer?: MeasuredDifference): RelativeFigures {
  const ofMeasures = measuresOf({ calibrated: false }).map(({ name }) => name);
  const changes = [...ofMeasures, ...COSTS].flatMap((figure) => {
    const [value, reference] = [system[figure], base[figure]];
    return value === undefined || reference === undefined ? [] : [[figure, relativeChange(value, reference)]];
  });
  return {
    ...Object.fromEntries(changes),
    ...(eer && { eerInterval: eer.relativeInterval, eerPValue: eer.pValue }),
  };
}

/**
 * The differences that verdicts are about. Of many comparisons some come out below 0.05 by chance: with several
 * systems, each measure's say whether Holm's procedure upholds them (Scand. J. Stat. 6, 1979).
 */
function judgedTogether(
  differences: Readonly<Record<string, MeasuredDifferences>>,
  confidence: number,
): Record<string, Partial<Record<MeasureName, JudgedDifference>>> {
  const judged: Record<string, Partial<Record<MeasureName, JudgedDifference>>> = {};
  for (const { name: measure } of measures.filter(({ shown }) => shown.includes('tested'))) {
    const ranked = Object.entries(differences)
      .flatMap(([name, { [measure]: difference }]) => (difference ? [{ name, difference }] : []))
      .sort((a, b) => a.difference.pValue - b.difference.pValue);
    const lost = ranked.findIndex(({ difference }, i) => difference.pValue * (ranked.length - i) >= 1 - confidence);
    ranked.forEach(({ name, difference }, i) => {
      const upheld = ranked.length > 1 && { upheld: lost < 0 || i < lost };
      judged[name] = { ...judged[name], [measure]: { ...difference, ...upheld } };
    });
  }
  return judged;
}
