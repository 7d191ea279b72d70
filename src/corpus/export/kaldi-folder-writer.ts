/**
 * @file Writing a Kaldi data folder: `wav.scp`, `utt2spk`, `spk2utt`, `utt2dur`, and `segments`, `spk2gender`, `trials`
 * where they apply, such that Kaldi's `utils/validate_data_dir.sh --no-text --no-feats` is content.
 *
 * Everything is sorted by bytes (LC_ALL=C). Kaldi wants utt2spk sorted by utterance and by speaker at once, which holds
 * where every id begins with its speaker; where it does not, all ids become `<speaker>-<id>`, in the trials too. With
 * pieces of files (`offset`) all utterances go through `segments`, and the files are recordings named after the first
 * utterance in them. Kaldi reads WAV only: other files are read through the commands of its recipes. Kaldi's segments
 * have no channels, so only first channels can be written.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { makeFolder } from '../../storage/make-folder.js';
import { groupBy } from '../../group-by.js';
import type { Utterance } from '../manifest/manifest.js';
import { counted, throwProblems } from '../../problem-list.js';
import { kaldiCommand } from './kaldi-command.js';
import { labelOf } from '../trials/trial-formats.js';
import type { Trial } from '../trials/trials.js';

export interface WrittenKaldiFolder {
  /** Names of the files, in the order written. */
  files: string[];
  /** Id in the folder of each utterance. */
  idOf: Map<string, string>;
  /** Whether ids were changed. */
  renamed: boolean;
  notes: string[];
}

/**
 * Writes utterances (one split, as Kaldi keeps splits in folders of their own) and trials among them.
 * Throws UserError where the folder has files already, or where an utterance cannot be said in Kaldi's files.
 * @param options.aside the folder to write into, which is to become `folder`; default: `folder`
 */
export function writeKaldiFolder(
  folder: string,
  utterances: readonly Utterance[],
  { trials, aside = folder }: { trials?: readonly Trial[]; aside?: string } = {},
): WrittenKaldiFolder {
  if (utterances.length === 0) throw new UserError(`${folder}: no utterances to write`);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new UserError(`${folder}: is not empty; name a new folder, or delete this one first`);
  }
  refuseUnsayable(folder, utterances);
  const { idOf, renamed } = kaldiIds(folder, utterances);
  const sorted = utterances
    .map((utterance) => ({ ...utterance, id: idOf.get(utterance.id)! }))
    .sort((a, b) => compareBytes(a.id, b.id));
  const bySpeaker = [...groupBy(sorted, ({ speaker }) => speaker)].sort(([a], [b]) => compareBytes(a, b));
  const genders = bySpeaker.map(([speaker, own]) => ({ speaker, gender: own.find(({ gender }) => gender)?.gender }));
  const known = genders.filter(({ gender }) => gender);

  const contents: Record<string, string[]> = {
    ...audioFiles(sorted),
    utt2spk: sorted.map(({ id, speaker }) => `${id} ${speaker}`),
    spk2utt: bySpeaker.map(([speaker, own]) => `${speaker} ${own.map(({ id }) => id).join(' ')}`),
    utt2dur: sorted.map(({ id, duration }) => `${id} ${duration}`),
    // Kaldi wants all speakers in it, or no such file.
    ...(known.length === genders.length
      ? { spk2gender: genders.map(({ speaker, gender }) => `${speaker} ${gender ?? ''}`) }
      : {}),
    ...(trials ? { trials: trials.map((trial) => trialLine(trial, idOf)) } : {}),
  };
  makeFolder(aside);
  for (const [file, lines] of Object.entries(contents)) writeFileAtomic(join(aside, file), `${lines.join('\n')}\n`);
  const piped = contents['wav.scp'].filter((line) => line.endsWith('|')).length;
  const noGender = genders.length - known.length;
  return {
    files: Object.keys(contents),
    idOf,
    renamed,
    notes: [
      ...(piped > 0 ? [`${counted(piped, 'line')} of wav.scp read through a command, as Kaldi reads WAV only`] : []),
      ...(renamed ? ['ids were made to begin with their speaker, as Kaldi sorts utterances and speakers at once'] : []),
      ...(known.length > 0 && noGender > 0
        ? [`no spk2gender: the genders of ${noGender} of ${genders.length} speakers are not known`]
        : []),
    ],
  };
}

function refuseUnsayable(folder: string, utterances: readonly Utterance[]): void {
  const problems = utterances.flatMap(({ id, path, channel = 0, trailingSilence = 0, repeats = 1 }) => [
    ...(channel > 0 ? [`${id}: is channel ${channel} of ${path}`] : []),
    ...(/[\n\r]|^~|^\s|\s$|\|$/.test(path) ? [`${id}: its path would be read as something else: ${path}`] : []),
    ...(trailingSilence > 0 ? [`${id}: has ${trailingSilence} s of silence that is not in its file`] : []),
    ...(repeats > 1 ? [`${id}: counts ${repeats} times`] : []),
  ]);
  throwProblems(problems, {
    where: folder,
    what: "things that Kaldi's files cannot say",
    one: "thing that Kaldi's files cannot say",
    remedy:
      'Make files of single channels with `acanet audio convert`; prepare the corpus without repeats and silence.',
  });
}

/** Unchanged ids if they sort by speaker too, else ids that begin with their speaker. */
function kaldiIds(folder: string, utterances: readonly Utterance[]): { idOf: Map<string, string>; renamed: boolean } {
  const same = utterances.map(({ id, speaker }) => ({ id, speaker, name: id }));
  const prefixed = same.map((item) => ({ ...item, name: `${item.speaker}-${item.id}` }));
  const chosen = [same, prefixed].find((candidate) => firstDisorder(candidate) === undefined);
  if (chosen) return { idOf: new Map(chosen.map(({ id, name }) => [id, name])), renamed: chosen === prefixed };
  const [a, b] = firstDisorder(prefixed) ?? [];
  throw new UserError(
    `${folder}: speakers ${a} and ${b} sort differently by themselves and with their utterances; rename one of them`,
  );
}

/** Two speakers whose utterances, sorted by id, are not in the speakers' order. */
function firstDisorder(items: readonly { speaker: string; name: string }[]): [string, string] | undefined {
  const sorted = items.toSorted((a, b) => compareBytes(a.name, b.name));
  const at = sorted.findIndex((item, index) => index > 0 && compareBytes(sorted[index - 1].speaker, item.speaker) > 0);
  return at < 0 ? undefined : [sorted[at - 1].speaker, sorted[at].speaker];
}

/** `wav.scp`, and `segments` where an utterance is a piece of its file or shares it. */
function audioFiles(sorted: readonly Utterance[]): Record<string, string[]> {
  const byPath = groupBy(sorted, ({ path }) => resolve(path));
  const whole = byPath.size === sorted.length && sorted.every(({ offset }) => offset === undefined);
  if (whole) return { 'wav.scp': sorted.map((utterance) => `${utterance.id} ${readByKaldi(utterance)}`) };
  const recordingOf = new Map([...byPath].map(([path, own]) => [path, own[0].id]));
  const firsts = [...byPath.values()].map(([first]) => first);
  const decimals = (seconds: number) => String(Number(seconds.toFixed(9)));
  return {
    'wav.scp': firsts
      .sort((a, b) => compareBytes(a.id, b.id))
      .map((utterance) => `${utterance.id} ${readByKaldi(utterance)}`),
    segments: sorted.map(({ id, path, offset = 0, duration }) =>
      [id, recordingOf.get(resolve(path)), decimals(offset), decimals(offset + duration)].join(' '),
    ),
  };
}

/** A WAV file by its path, others as a command that writes WAV. */
function readByKaldi({ path, sampleRate }: Utterance): string {
  const absolute = resolve(path);
  const command = kaldiCommand(absolute, sampleRate);
  return command === undefined ? absolute : `${command} |`;
}

function trialLine({ enroll, test, target }: Trial, idOf: ReadonlyMap<string, string>): string {
  return `${idOf.get(enroll) ?? enroll} ${idOf.get(test) ?? test} ${labelOf(target)}`;
}

/** The order of `LC_ALL=C sort`: by UTF-8 bytes, which is that of code points. */
function compareBytes(a: string, b: string): number {
  // UTF-16 order differs only where surrogates are involved.
  if (!/[\ud800-\uffff]/.test(a) || !/[\ud800-\uffff]/.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
