/**
 * @file EERs of systems against the length of the speech, as slices of the trials (`scoring/scores/slices.ts`).
 *
 * A trial is as hard as its shorter side, so that is what the trials are divided by; the bands hold about as many
 * trials each. Intervals come from the speakers of the band.
 */
import { compareRuns } from '../../scoring/intervals/paired-difference.js';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import { sliceTrials, type TrialSide } from '../../scoring/scores/slices.js';
import { type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { createNumbering, type TrialTable } from '../../scoring/scores/trial-table.js';
import { mean } from '../../statistics.js';
import type { ScoredTrials } from './scored-systems.js';

export interface DurationBand {
  readonly name: string;
  readonly targets: number;
  readonly nontargets: number;
  /** By system. */
  readonly eers: readonly { readonly name: string; readonly eer: number; readonly interval?: Interval }[];
}

const BANDS = 5;
/** With fewer target trials a band's EER says nothing. */
const FEWEST_TARGETS = 20;

/** EERs of the bands that hold enough trials of both kinds. */
export function durationBands(trials: ScoredTrials): DurationBand[] {
  const { table, sides, systems, speakers, seed } = trials;
  return sliceTrials(table, 'duration', sides, durationEdges(table, sides)).flatMap(({ name, trials: members }) => {
    const labels = Uint8Array.from(members, (trial) => table.labels[trial]);
    const targets = labels.reduce((sum, label) => sum + label, 0);
    const nontargets = labels.length - targets;
    if (targets < FEWEST_TARGETS || nontargets < FEWEST_TARGETS) return [];
    const runs = systems.map((system) => ({
      name: system.name,
      runs: system.runs.map((scores) => Float64Array.from(members, (trial) => scores[trial])),
    }));
    const own = speakersOf(speakers, members);
    if (whyNoIntervals(own) !== undefined) {
      const eers = runs.map((system) => ({
        name: system.name,
        eer: mean(system.runs.map((scores) => evaluateLabelled(scores, labels).eer)),
      }));
      return [{ name, targets, nontargets, eers }];
    }
    const { systems: measured } = compareRuns({ speakers: own, systems: runs, measures: ['eer'], seed });
    const eers = measured.map((system) => ({
      name: system.name,
      eer: system.figures.eer!.value,
      interval: system.figures.eer!.interval,
    }));
    return [{ name, targets, nontargets, eers }];
  });
}

/** Inner edges, in seconds, that cut the trials into about equal parts; rounded so that they read well. */
export function durationEdges({ enroll, test }: TrialTable, sides: readonly TrialSide[]): number[] {
  const shorter = Float64Array.from(enroll, (side, i) =>
    Math.min(sides[side].duration, sides[test[i]].duration),
  ).sort();
  const at = (share: number) => shorter[Math.min(shorter.length - 1, Math.floor(share * shorter.length))];
  const range = at(0.95) - at(0.05);
  const grain = range > 20 ? 1 : range > 8 ? 0.5 : range > 2 ? 0.2 : 0.1;
  const edges = Array.from({ length: BANDS - 1 }, (_, i) => Math.round(at((i + 1) / BANDS) / grain) * grain);
  return [...new Set(edges.map((edge) => Number(edge.toFixed(1))))].filter((edge) => edge > 0);
}

/** The speakers of some of the trials, numbered anew, as only they are resampled. */
function speakersOf({ names, enroll, test }: SpeakerPairs, members: Uint32Array): SpeakerPairs {
  const numbering = createNumbering();
  const renumber = (of: Uint32Array) => members.map((trial) => numbering.numberOf(names[of[trial]]));
  const own = { enroll: renumber(enroll), test: renumber(test) };
  return { names: numbering.ids, ...own };
}
