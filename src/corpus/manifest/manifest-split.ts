/**
 * @file Dividing the speakers of a manifest into training, development and test: no speaker is on two sides.
 *
 * The draw is seeded and depends on the set of speakers alone, not on their order in the manifest. Where genders are
 * known each part gets the same share of them. Held-out speakers have two utterances or more, as a target trial needs
 * two.
 */
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import { groupBy } from '../../group-by.js';
import { bySpeaker, compareIds, type Split, type Utterance } from './manifest.js';

/** How many speakers: a number of them (`speakers`), or a share of all. */
export type PartSize = { speakers: number } | { fraction: number };

export interface SplitOptions {
  test: PartSize;
  /** Default: none. */
  dev?: PartSize;
  seed: number;
}

/** The utterances, in their order, with new splits. Throws UserError where too few speakers can be held out or stay. */
export function splitBySpeaker(utterances: readonly Utterance[], { test, dev, seed }: SplitOptions): Utterance[] {
  const utterancesOf = bySpeaker(utterances);
  const countOf = (size: PartSize) =>
    'speakers' in size ? size.speakers : Math.max(2, Math.round(size.fraction * utterancesOf.size));
  const wanted = { test: countOf(test), dev: dev === undefined ? 0 : countOf(dev) };
  const heldOut = wanted.test + wanted.dev;
  const candidates = [...utterancesOf.keys()]
    .filter((speaker) => utterancesOf.get(speaker)!.length >= 2)
    .sort(compareIds);
  if (candidates.length < heldOut) {
    throw new UserError(
      `expected ${heldOut} speakers with two utterances or more to hold out, found ${candidates.length} of ` +
        `${utterancesOf.size}\nAsk for fewer (--speakers, --fraction); a target trial needs two utterances of its speaker.`,
    );
  }
  if (utterancesOf.size - heldOut < 2) {
    throw new UserError(
      `${utterancesOf.size - heldOut} of ${utterancesOf.size} speakers would stay in training, expected 2 or more; hold out fewer`,
    );
  }
  const ranked = rankWithinGender(candidates, utterancesOf, seed);
  const splitOf = new Map<string, Split>();
  // The development speakers are dealt out from the test speakers' neighbours in rank, so that both have all genders.
  ranked.slice(0, wanted.test).forEach((speaker) => splitOf.set(speaker, 'test'));
  ranked.slice(wanted.test, heldOut).forEach((speaker) => splitOf.set(speaker, 'dev'));
  return utterances.map((utterance) => ({ ...utterance, split: splitOf.get(utterance.speaker) ?? 'train' }));
}

/**
 * The utterances with splits for each of `folds` folds: every speaker of two utterances or more is a test speaker in one
 * of them, and trains in the others. Throws UserError where a fold would have fewer than two speakers on a side.
 */
export function splitIntoFolds(
  utterances: readonly Utterance[],
  { folds, seed }: { folds: number; seed: number },
): Utterance[][] {
  const utterancesOf = bySpeaker(utterances);
  const candidates = [...utterancesOf.keys()]
    .filter((speaker) => utterancesOf.get(speaker)!.length >= 2)
    .sort(compareIds);
  if (folds < 2 || candidates.length < 2 * folds) {
    throw new UserError(
      `expected 2 folds or more, with two speakers each that have two utterances or more; got ${folds} folds and ${candidates.length} such speakers`,
    );
  }
  const ranked = rankWithinGender(candidates, utterancesOf, seed);
  const foldOf = new Map(ranked.map((speaker, rank) => [speaker, Math.floor((rank * folds) / ranked.length)]));
  return Array.from({ length: folds }, (_, fold) =>
    utterances.map((utterance) => ({ ...utterance, split: foldOf.get(utterance.speaker) === fold ? 'test' : 'train' })),
  );
}

/** Seeded order in which any prefix, and any stretch, has the genders in nearly their shares. */
function rankWithinGender(
  candidates: readonly string[],
  utterancesOf: ReadonlyMap<string, readonly Utterance[]>,
  seed: number,
): string[] {
  const shuffled = keyedRandom(seed, 'split').shuffle([...candidates]);
  const genderOf = (speaker: string) =>
    utterancesOf.get(speaker)!.find(({ gender }) => gender !== undefined)?.gender ?? 'unknown';
  const groups = groupBy(shuffled, genderOf);
  const rank = new Map(
    [...groups.values()].flatMap((group) => group.map((speaker, i) => [speaker, (i + 0.5) / group.length])),
  );
  return shuffled.sort((a, b) => rank.get(a)! - rank.get(b)! || compareIds(a, b));
}
