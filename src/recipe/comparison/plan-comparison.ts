/** @file What the test trials of a recipe, or any list, could show of two systems before they are compared. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import type { Comparison } from '../../report/comparison/comparison.js';
import {
  assumedSpread,
  type ListPower,
  listPower,
  measuredSpreads,
  type MeasureSpread,
  type PlannedList,
} from '../../report/comparison/list-power.js';
import type { DescribedListPower } from '../../report/comparison/list-power-text.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { formatPercent } from '../../report/text/number-format.js';
import { compareFiles, comparisonRecord } from '../artifacts/compare.js';

export interface PlannedPair {
  readonly system: string;
  readonly baseline: string;
  /** Of each, in each fold. */
  readonly trainings: readonly [number, number];
}

export interface SpreadWanted {
  /** Folder of a finished comparison, or the standard deviation of the EERs' difference over speakers. */
  readonly spread?: string | number;
  /** The baseline's, where none is measured; default 0.05. */
  readonly eer?: number;
  /** Folders where a finished comparison of the pair may be. */
  readonly finished?: readonly string[];
}

export interface ComparisonPlan extends DescribedListPower {
  readonly lists: readonly ListPower[];
  readonly spreads: readonly MeasureSpread[];
  readonly measuredIn?: string;
}

/** How much two systems' difference scatters over speakers, and where that is from. */
export interface FoundSpreads {
  readonly spreads: readonly MeasureSpread[];
  readonly spreadFrom: string;
  readonly measuredIn?: string;
}

export interface PlanComparisonOptions {
  readonly pair: PlannedPair;
  readonly spreads: FoundSpreads;
  readonly lists: readonly PlannedList[];
  readonly change?: number;
  readonly claimedBy?: string;
}

const CONFIDENCE = 0.95;
const POWER = 0.8;

export function planComparison({
  pair,
  lists,
  change,
  claimedBy,
  spreads: found,
}: PlanComparisonOptions): ComparisonPlan {
  const { spreads, spreadFrom, measuredIn } = found;
  const { system, baseline, trainings } = pair;
  const input = {
    lists,
    spreads,
    trainings,
    power: POWER,
    confidence: CONFIDENCE,
    ...(change !== undefined && { change }),
  };
  return {
    ...{ system, baseline, trainings, power: POWER, confidence: CONFIDENCE },
    ...(change !== undefined && { change }),
    ...(claimedBy !== undefined && { claimedBy }),
    lists: listPower(input),
    spreads,
    spreadFrom,
    ...(measuredIn !== undefined && { measuredIn }),
    seedsKnown: spreads.every(({ perTraining }) => perTraining),
  };
}

/** @param pairs the speakers of each trial. @throws UserError where they can show nothing */
export function plannedList(pairs: SpeakerPairs, labels: Uint8Array, name?: string): PlannedList {
  const targets = labels.reduce((sum, label) => sum + label, 0);
  const nontargets = labels.length - targets;
  const where = name === undefined ? '' : `fold ${name}: `;
  const lacking = targets === 0 ? 'no target trials' : nontargets === 0 ? 'no nontarget trials' : whyNoIntervals(pairs);
  if (lacking !== undefined) throw new UserError(`${where}these trials can show no difference: ${lacking}`);
  return { ...(name !== undefined && { name }), speakers: pairs.names.length, targets, nontargets };
}

/**
 * Needs no trials, so it can be asked before any are made.
 * @throws UserError for a folder without a comparison of the pair
 */
export function findSpreads(
  { system, baseline }: Pick<PlannedPair, 'system' | 'baseline'>,
  { spread, eer, finished = [] }: SpreadWanted,
): FoundSpreads {
  if (typeof spread === 'string') {
    if (eer !== undefined) {
      throw new UserError(
        `--eer: the comparison in ${spread} has the EER of its baseline; leave out --eer, or give --spread a number`,
      );
    }
    const comparison = readFinished(spread);
    return measured(spread, comparison, pairIn(spread, comparison, { system, baseline }));
  }
  if (spread === undefined && eer === undefined) {
    for (const folder of finished) {
      const comparison = comparisonRecord.readIfThere(folder);
      if (comparison?.baseline === baseline && measuredSpreads(comparison, system).length > 0)
        return measured(folder, comparison, system);
    }
  }
  const assumed = assumedSpread(eer ?? 0.05, spread);
  const told = spread === undefined ? 'Assumed' : 'As given';
  return {
    spreads: [assumed],
    spreadFrom:
      `${told}: the differences of single speakers scatter by ${(100 * assumed.perSpeaker).toFixed(1)} points` +
      `${spread === undefined ? ' (0.2 · √EER)' : ''}, at an EER of the baseline of ${formatPercent(assumed.baseline)}. ` +
      '--spread FOLDER takes them from a finished comparison, which also tells those of minDCF and minCllr; --spread and --eer set them.',
  };
}

function measured(folder: string, comparison: Comparison, system: string) {
  const spreads = measuredSpreads(comparison, system);
  const [{ perSpeaker }] = spreads;
  const speakers = comparison.bootstrap!.speakers;
  return {
    spreads,
    spreadFrom:
      `Measured in ${folder}, ${system} against ${comparison.baseline}: the EERs' differences of single speakers ` +
      `scatter by ${(100 * perSpeaker).toFixed(1)} points (${speakers} speakers).`,
    measuredIn: folder,
  };
}

function readFinished(folder: string): Comparison {
  if (!existsSync(compareFiles(folder).comparison)) {
    throw new UserError(
      `--spread ${folder}: expected a number such as 0.04, or the folder of a finished comparison, such as ` +
        `${join('exp', 'NAME', 'compare')}; it has no compare.json`,
    );
  }
  return comparisonRecord.read(folder);
}

/** The system of that comparison that is meant: the same pair, or the only one. */
function pairIn(
  folder: string,
  comparison: Comparison,
  { system, baseline }: Pick<PlannedPair, 'system' | 'baseline'>,
): string {
  const usable = Object.keys(comparison.differences).filter((name) => measuredSpreads(comparison, name).length > 0);
  if (comparison.baseline === baseline && usable.includes(system)) return system;
  if (usable.length === 1) return usable[0];
  if (usable.length === 0) {
    throw new UserError(`--spread ${folder}: that comparison has no intervals, so it tells no spread`);
  }
  throw new UserError(
    `--spread ${folder}: which pair? It compares ${usable.join(', ')} with ${comparison.baseline}, not ${system} with ` +
      `${baseline}; take a comparison of two systems, or give --spread a number`,
  );
}
