/**
 * @file The same audio under two ids.
 *
 * Two utterances are duplicates if their decoded samples and their sample rate are equal, whatever their files are
 * called or however they are compressed without loss. Copies that were cut, resampled, amplified or compressed with
 * loss differ. A duplicate between two speakers is a wrong label, and one between training and test makes the test too
 * easy.
 */
import { UserError } from '../../errors.js';
import type { AudioInspection } from './audio-inspection.js';
import { SILENT } from './inspection-summary.js';
import { groupBy } from '../../group-by.js';
import type { Utterance } from '../manifest/manifest.js';
import { counted, firstOf } from '../../problem-list.js';

export interface DuplicateGroup {
  /** Two or more, in the manifest's order. */
  utterances: Utterance[];
  /** The same piece of the same file, as opposed to copies of it. */
  samePiece: boolean;
  /** More than one speaker is said to say it. */
  speakersDiffer: boolean;
  splitsDiffer: boolean;
  /** Nothing but silence, where equal audio means little. */
  silent: boolean;
}

/**
 * Groups of equal audio, in the order of their first utterance.
 * @param results of inspecting these utterances, in their order
 */
export function findDuplicates(
  utterances: readonly Utterance[],
  results: readonly AudioInspection[],
): DuplicateGroup[] {
  const unreadable = results.flatMap((result) => ('problem' in result ? [`${result.id}: ${result.problem}`] : []));
  if (unreadable.length > 0) {
    throw new UserError(
      `${counted(unreadable.length, 'utterance')} cannot be read, and so cannot be compared:\n  ${firstOf(unreadable, '\n  ')}\n` +
        'Mend them, or drop them: acanet data fix MANIFEST --out NEW --audio --drop-unreadable',
    );
  }
  const hashOf = (index: number) => {
    const result = results[index];
    return 'sha256' in result ? result.sha256 : '';
  };
  const groups = groupBy(utterances.keys(), hashOf);
  return [...groups.values()]
    .filter((indices) => indices.length > 1)
    .map((indices) => {
      const members = indices.map((index) => utterances[index]);
      const several = (values: unknown[]) => new Set(values).size > 1;
      const first = results[indices[0]];
      return {
        utterances: members,
        samePiece: !several(members.map(({ path, offset = 0, channel = 0 }) => `${path}\n${offset}\n${channel}`)),
        speakersDiffer: several(members.map(({ speaker }) => speaker)),
        splitsDiffer: several(members.map(({ split }) => split)),
        silent: 'level' in first && first.level < SILENT,
      };
    });
}

/**
 * Audio that is tested and also trained on (or developed with), found one utterance at a time; silence does not count.
 * NOTE: 52 bits of the hashes are compared, which in a million utterances are equal by chance once in 10,000 corpora.
 */
export function tallyOverlap(): {
  add(result: AudioInspection, utterance: Pick<Utterance, 'id' | 'split'>): void;
  /** `test utterance = training utterance` for each test utterance, or audio of several, that is trained on. */
  pairs(): string[];
} {
  const [trained, tested] = [new Map<number, string>(), new Map<number, string>()];
  return {
    add(result, { id, split }) {
      if ('problem' in result || result.level < SILENT) return;
      const ids = split === 'test' ? tested : trained;
      const hash = Number.parseInt(result.sha256.slice(0, 13), 16);
      if (!ids.has(hash)) ids.set(hash, id);
    },
    pairs: () =>
      [...tested].flatMap(([hash, id]) => {
        const other = trained.get(hash);
        return other === undefined ? [] : [`${id} = ${other}`];
      }),
  };
}

/** What becomes of audio that two speakers are said to say. */
export type ConflictPolicy = 'refuse' | 'first' | 'drop';

/**
 * The utterances without all but the first of each group; of a group with several speakers the first too (`drop`).
 * @throws UserError where speakers differ and the policy is to refuse
 */
export function withoutDuplicates(
  utterances: readonly Utterance[],
  groups: readonly DuplicateGroup[],
  { conflicts }: { conflicts: ConflictPolicy },
): Utterance[] {
  const disputed = groups.filter(({ speakersDiffer }) => speakersDiffer);
  if (conflicts === 'refuse' && disputed.length > 0) {
    throw new UserError(
      `the same audio under several speakers, ${disputed.length} times: ` +
        `${firstOf(disputed.map(({ utterances: members }) => members.map(({ id, speaker }) => `${id} (${speaker})`).join(' = ')))}\n` +
        'Nothing was written. Decide with --conflicts first (keep the first of each) or --conflicts drop (keep none).',
    );
  }
  const dropped = new Set<Utterance>();
  for (const { utterances: members, speakersDiffer } of groups) {
    const keepsFirst = !(speakersDiffer && conflicts === 'drop');
    for (const utterance of members.slice(keepsFirst ? 1 : 0)) dropped.add(utterance);
  }
  return utterances.filter((utterance) => !dropped.has(utterance));
}
