/** @file Compares score files on a trial list, without a recipe: those of any toolkit, and systems of experiments. */
import { existsSync } from 'node:fs';
import { enrolmentPathOf } from '../../corpus/trials/enrolment.js';
import { trialFingerprint } from '../../corpus/trials/trial-fingerprint.js';
import { readTrials, type Trial } from '../../corpus/trials/trials.js';
import { UserError } from '../../errors.js';
import { type Comparison, type ComparisonInput, compareSystems } from '../../report/comparison/comparison.js';
import { writeComparison } from '../../report/comparison/comparison-files.js';
import type { KnownSpeakers } from '../../report/comparison/system-measures.js';
import { speakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { tableOfTrials, type TrialTable } from '../../scoring/scores/trial-table.js';
import { describeNotes } from './read-system.js';
import { type GuestSystem, readGuest } from './guest-systems.js';
import { realLibrary } from '../../tasks/do-model-work.js';
import { COST_SECONDS } from '../artifacts/cost.js';
import { sidesFromManifest, speakersFromFile } from '../../tasks/score-files/trial-sides.js';

export interface CompareScoreFilesOptions extends Pick<ComparisonInput, 'onProgress'> {
  systems: readonly GuestSystem[];
  /** The list that all were scored on. */
  trials: string;
  /** Where the speakers are from: a manifest, or `utterance speaker` lines. */
  manifest?: string;
  speakers?: string;
  enrollMap?: string;
  /** May be left out for a single system. */
  baseline?: string;
  resamples?: number;
  seed?: number;
  /** Folder for the files of the comparison; default: none are written. */
  out?: string;
}

export async function compareScoreFiles({
  systems,
  trials: list,
  manifest,
  speakers,
  enrollMap,
  baseline,
  resamples,
  seed,
  out,
  onProgress,
}: CompareScoreFilesOptions): Promise<Comparison> {
  const names = systems.map(({ name }) => name);
  if (names.length === 0) throw new UserError('nothing to compare: name score files with --scores NAME=FILE');
  if (baseline === undefined && names.length > 1) {
    throw new UserError(`which of ${names.join(', ')} is the baseline? name it with --baseline`);
  }
  const { trials, table, speakers: pairs } = readTrialList({ trials: list, manifest, speakers, enrollMap });
  const read = [];
  for (const guest of systems) {
    read.push(await readGuest(guest, { list, trials: table, modelFigures: realLibrary.modelFigures }));
  }
  const comparison = compareSystems({
    systems: read.map(({ system }) => system),
    baseline: baseline ?? names[0],
    labels: table.labels,
    speakers: pairs,
    trialsHash: trialFingerprint(trials),
    resamples,
    seed,
    macsDuration: COST_SECONDS,
    notes: describeNotes(read),
    onProgress,
  });
  if (out !== undefined) writeComparison(out, comparison);
  return comparison;
}

/** A list of trials and the speakers of each, as far as they are known. */
export function readTrialList({
  trials: list,
  manifest,
  speakers,
  enrollMap,
}: Pick<CompareScoreFilesOptions, 'trials' | 'manifest' | 'speakers' | 'enrollMap'>): {
  trials: Trial[];
  table: TrialTable;
  speakers: KnownSpeakers;
} {
  const trials = readTrials(list, { models: enrollMap !== undefined || existsSync(enrolmentPathOf(list)) });
  if (trials.length === 0) throw new UserError(`${list}: expected trials (enroll test target|nontarget), got none`);
  const table = tableOfTrials(trials);
  const source = { trials: list, enrollMap };
  const pairs = (): KnownSpeakers => {
    if (manifest !== undefined) {
      const sides = sidesFromManifest(manifest, table, source);
      return speakerPairs(table, new Map(table.ids.map((id, number) => [id, sides[number].speaker])));
    }
    if (speakers !== undefined) return speakerPairs(table, speakersFromFile(speakers, table, source));
    return { unknown: 'which speaker said what is not known; name --manifest FILE or --speakers FILE' };
  };
  return { trials, table, speakers: pairs() };
}
