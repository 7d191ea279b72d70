/** @file The speakers of each trial, as numbers. */
import { counted, firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import type { TrialTable } from './trial-table.js';

export interface SpeakerPairs {
  /** Speaker by number. */
  readonly names: readonly string[];
  /** Numbers of speakers; equal in target trials only. [trials] */
  readonly enroll: Uint32Array;
  readonly test: Uint32Array;
  /** Set where these are trials of several folds, one after the other; their measures are means over the folds. */
  readonly folds?: readonly FoldRange[];
}

/** Where a fold's speakers and trials are among those of all folds: from `from`, before `to`. */
export interface FoldRange {
  readonly name: string;
  readonly speakers: { readonly from: number; readonly to: number };
  readonly trials: { readonly from: number; readonly to: number };
}

/**
 * Numbers the speakers of the trials in order of appearance.
 * @param speakerOf speaker by utterance id, and by model where the trials enroll models
 * @throws UserError if a speaker is unknown, a label contradicts the speakers, or there are fewer than 2 speakers
 */
export function speakerPairs(trials: TrialTable, speakerOf: ReadonlyMap<string, string>): SpeakerPairs {
  const { ids, labels } = trials;
  const unknown = ids.filter((id) => !speakerOf.has(id));
  if (unknown.length > 0) {
    throw new UserError(
      `the speaker of ${counted(unknown.length, 'id')} in the trials is not known: ${firstOf(unknown)}\n  whoever speaks in the trials is to be in the manifest, or in the list of --speakers`,
    );
  }
  const numbers = new Map<string, number>();
  const speakerOfId = ids.map((id) => {
    const speaker = speakerOf.get(id)!;
    const number = numbers.get(speaker) ?? numbers.size;
    numbers.set(speaker, number);
    return number;
  });
  const enroll = trials.enroll.map((id) => speakerOfId[id]);
  const test = trials.test.map((id) => speakerOfId[id]);
  const contradicted: string[] = [];
  labels.forEach((label, i) => {
    if (Boolean(label) !== (enroll[i] === test[i]))
      contradicted.push(`${ids[trials.enroll[i]]} ${ids[trials.test[i]]}`);
  });
  if (contradicted.length > 0) {
    throw new UserError(`${contradicted.length} trial labels contradict the speakers: ${firstOf(contradicted)}`);
  }
  if (numbers.size < 2) throw new UserError(`resampling speakers needs at least 2 of them, got ${numbers.size}`);
  return { names: [...numbers.keys()], enroll, test };
}

/** With fewer speakers, figures without each of them are so alike that their spread means nothing. */
const FEWEST_SPEAKERS = 5;

/** Why the speakers cannot be resampled for intervals, or undefined where they can. */
export function whyNoIntervals(speakers: SpeakerPairs): string | undefined {
  const whyNot = speakers.folds?.map((fold) => [fold.name, whyNoIntervals(pairsOfFold(speakers, fold))] as const);
  const lacking = whyNot?.find(([, reason]) => reason !== undefined);
  if (lacking) return `fold ${lacking[0]}: ${lacking[1]}`;
  if (whyNot) return undefined;
  const { names, enroll, test } = speakers;
  const needed = `too few to resample, at least ${FEWEST_SPEAKERS} are needed`;
  if (names.length < FEWEST_SPEAKERS) return `${names.length} speakers are ${needed}`;
  const withTargets = new Set(enroll.filter((speaker, i) => speaker === test[i]));
  if (withTargets.size < FEWEST_SPEAKERS) return `${withTargets.size} speakers with target trials are ${needed}`;
  const nontargets = enroll.map((_, i) => i).filter((i) => enroll[i] !== test[i]);
  if (nontargets.length === 0) return undefined; // a mistake that every measure names
  const [first] = nontargets;
  const inAll = [enroll[first], test[first]].find((speaker) =>
    nontargets.every((i) => enroll[i] === speaker || test[i] === speaker),
  );
  return inAll === undefined ? undefined : `speaker ${names[inAll]} is in every nontarget trial`;
}

/** Some of the trials, in their order, with the speakers that are in them. */
export function partOfPairs(pairs: SpeakerPairs, trials: Uint32Array): SpeakerPairs {
  const present = new Uint8Array(pairs.names.length);
  for (const trial of trials) present[pairs.enroll[trial]] = present[pairs.test[trial]] = 1;
  const numbers = new Uint32Array(pairs.names.length + 1);
  present.forEach((is, speaker) => (numbers[speaker + 1] = numbers[speaker] + is));
  const side = (of: Uint32Array) => Uint32Array.from(trials, (trial) => numbers[of[trial]]);
  const placeOf = (trial: number) => trials.findIndex((each) => each >= trial);
  const place = (trial: number) => (placeOf(trial) < 0 ? trials.length : placeOf(trial));
  return {
    names: pairs.names.filter((_, speaker) => present[speaker] === 1),
    enroll: side(pairs.enroll),
    test: side(pairs.test),
    ...(pairs.folds && {
      folds: pairs.folds.map(({ name, speakers, trials: range }) => ({
        name,
        speakers: { from: numbers[speakers.from], to: numbers[speakers.to] },
        trials: { from: place(range.from), to: place(range.to) },
      })),
    }),
  };
}

/** The trials of one fold, with its own speakers. */
export function pairsOfFold({ names, enroll, test }: SpeakerPairs, { speakers, trials }: FoldRange): SpeakerPairs {
  const own = (side: Uint32Array) => side.subarray(trials.from, trials.to).map((speaker) => speaker - speakers.from);
  return { names: names.slice(speakers.from, speakers.to), enroll: own(enroll), test: own(test) };
}
