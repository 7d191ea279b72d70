/** @file The utterances that a training hears: those of all training speakers, or of so many of them (`training.speakers`). */
import { inGenderShares } from '../corpus/manifest/gender-shares.js';
import { compareIds, type Utterance } from '../corpus/manifest/manifest.js';
import { UserError } from '../errors.js';
import { keyedRandom } from '../random.js';

/**
 * The speakers are drawn by the training's seed, in the genders' shares; of one seed, fewer speakers are among more.
 * @throws UserError where there are not so many
 */
export function trainingUtterances(
  manifest: readonly Utterance[],
  { speakers: wanted }: { readonly speakers?: number | null },
  seed: number,
): Utterance[] {
  const utterances = manifest.filter(({ split }) => split === 'train');
  if (wanted === undefined || wanted === null) return utterances;
  const genderOf = new Map(utterances.map(({ speaker, gender }) => [speaker, gender]));
  if (wanted > genderOf.size) {
    throw new UserError(
      `training.speakers: expected at most the ${genderOf.size} speakers of the training set, got ${wanted}; leave it out to train on all`,
    );
  }
  const shuffled = keyedRandom(seed, 'training speakers').shuffle([...genderOf.keys()].sort(compareIds));
  const chosen = new Set(inGenderShares(shuffled, (speaker) => genderOf.get(speaker)).slice(0, wanted));
  return utterances.filter(({ speaker }) => chosen.has(speaker));
}
