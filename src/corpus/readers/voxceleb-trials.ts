/**
 * @file The trial lists of VoxCeleb1 by name: Vox1-O, -E and -H, each as first published and cleaned of wrong labels.
 *
 * Papers quote one and run the other, and the files' names do not say which is which (`veri_test.txt` is Vox1-O,
 * `veri_test2.txt` Vox1-O cleaned). So a list is named in the recipe, and its number of trials is compared with the
 * published one. O compares the 40 test speakers; E compares all speakers, H those of one nationality and gender, so
 * that both test speakers of VoxCeleb1 dev.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { throwProblems } from '../../problem-list.js';
import { describeTrialList } from '../trials/test-trials.js';
import { readTrials, type Trial } from '../trials/trials.js';

interface NamedList {
  file: string;
  /** Number of trials, as published. */
  trials: number;
}

const voxcelebLists: Readonly<Record<string, NamedList>> = {
  O: { file: 'veri_test.txt', trials: 37_720 },
  'O-cleaned': { file: 'veri_test2.txt', trials: 37_611 },
  E: { file: 'list_test_all.txt', trials: 581_480 },
  'E-cleaned': { file: 'list_test_all2.txt', trials: 579_818 },
  H: { file: 'list_test_hard.txt', trials: 552_536 },
  'H-cleaned': { file: 'list_test_hard2.txt', trials: 550_894 },
};

/**
 * `idXXXXX/<video>/<number>` with folders before it and an extension, or two (`.m4a.wav`, of a converter); or Kaldi's
 * `idXXXXX-<video>-<number>`.
 */
const PATH_ID = /(id\d{5}\/[^/]+\/[^/]+?)(?:\.m4a)?(?:\.[A-Za-z0-9]+)?$/;
const KALDI_ID = /^(id\d{5})-(.+)-(\d{5})$/;

/** The id of an utterance as its file or a list names it; undefined for what is not VoxCeleb's. */
export function voxcelebId(name: string): string | undefined {
  const path = PATH_ID.exec(name)?.[1];
  if (path !== undefined) return path;
  const [, speaker, video, number] = KALDI_ID.exec(name) ?? [];
  return speaker === undefined ? undefined : `${speaker}/${video}/${number}`;
}

export interface VoxcelebTrials {
  name: string;
  trials: Trial[];
  notes: string[];
  /** Set where a named list is not the published one. */
  partial?: string;
}

/**
 * Reads the list that `trials` names (`O-cleaned`, … or a file). Throws UserError where it is not there, or names an
 * utterance that is not among `ids`.
 * @param folders where named lists are looked for @param where names the corpus
 */
export async function readVoxcelebTrials(
  trials: string,
  { folders, ids, where }: { folders: readonly string[]; ids: ReadonlySet<string>; where: string },
): Promise<VoxcelebTrials> {
  const known = Object.keys(voxcelebLists).find((name) => name.toLowerCase() === trials.toLowerCase());
  const path = known === undefined ? trials : findList(known, folders);
  if (!existsSync(path)) {
    throw new UserError(
      `corpus.trials: expected ${Object.keys(voxcelebLists).join(', ')} or the file of a trial list, got "${trials}", which is no file`,
    );
  }
  // One string for each utterance, however often the list names it.
  const idOf = new Map<string, string>();
  const resolve = (name: string) => {
    const found = idOf.get(name) ?? voxcelebId(name) ?? name;
    idOf.set(name, found);
    return found;
  };
  const listed = readTrials(path);
  const read = listed.map((trial) => ({
    ...trial,
    enroll: resolve(trial.enroll),
    test: resolve(trial.test),
  }));
  const missing = [...new Set(idOf.values())].filter((id) => !ids.has(id));
  const isVoxceleb = [...idOf.values()].some((id) => PATH_ID.test(id));
  throwProblems(missing, {
    where: path,
    what: `of its ${new Set(idOf.values()).size} utterances are not in ${where}`,
    remedy: isVoxceleb
      ? 'O needs VoxCeleb1 test; E and H need VoxCeleb1 dev too. Point corpus.source or corpus.source2 at them.'
      : 'This is not a list of VoxCeleb1: expected names such as id10270/x6uYqmx31kE/00001.wav.',
  });
  const name = known === undefined ? undefined : `Vox1-${known}`;
  const { notes, partial } = compareCount(known, read.length);
  return {
    name: name ?? path,
    trials: read,
    notes: [describeTrialList(path, listed, name), ...notes],
    ...(partial === undefined ? {} : { partial }),
  };
}

function findList(name: string, folders: readonly string[]): string {
  const { file } = voxcelebLists[name];
  const candidates = folders.flatMap((folder) => [join(folder, file), join(folder, `${file}.gz`)]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UserError(
    `corpus.trials: Vox1-${name} is the list ${file}; it is not in ${folders.join(', ')}\n` +
      "Download it from VoxCeleb's page into the source, pass --lists DIR, or name another list or a file with corpus.trials.",
  );
}

/** Says whether the list is as long as the published one, and which one it is instead. */
function compareCount(known: string | undefined, count: number): { notes: string[]; partial?: string } {
  const sameLength = Object.keys(voxcelebLists).find((name) => voxcelebLists[name].trials === count);
  if (known === undefined) {
    return { notes: sameLength === undefined ? [] : [`the trial list is as long as Vox1-${sameLength} as published`] };
  }
  if (sameLength === known) return { notes: [`Vox1-${known} has as many trials as published`] };
  const instead = sameLength === undefined ? '' : `, which is the length of Vox1-${sameLength}`;
  const partial = `Vox1-${known} was published with ${voxcelebLists[known].trials} trials, this list has ${count}${instead}`;
  return { notes: [`WARNING: ${partial}; do not compare the result with published ones`], partial };
}
