/**
 * @file Corpus `voxceleb`: VoxCeleb1 and VoxCeleb2, celebrities' interviews on YouTube, 16 kHz (Nagrani, Chung,
 * Zisserman, Interspeech 2017; Chung, Nagrani, Zisserman, Interspeech 2018).
 *
 * Description: VoxCeleb1 has 1211 dev and 40 test speakers (id10001 to id11251, the test ones id10270 to id10309),
 * VoxCeleb2 5994 and 118 (id00012 to id09272). An id is `idXXXXX/<video>/<number>`, a session is a video.
 * Licence: CC BY 4.0 for the lists and annotations; the copyright of the recordings stays with their owners.
 * Layout: any folders around `idXXXXX/<video>/<number>.{wav,m4a,flac}`: as unpacked (`vox1_dev_wav/wav`, `dev/aac`) or
 * merged. `source` may hold both corpora; `source2` is a second folder. Genders and, for merged VoxCeleb2, dev and test
 * come from `vox1_meta.csv` and `vox2_meta.csv`, in the sources or in `lists`.
 * Split: training is `train` (default VoxCeleb2 dev); the test is what the trial list names; all else is left out.
 * Trials: `O`, `E`, `H`, each also `-cleaned` (see voxceleb-trials.ts), or a file.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { describeOthers } from './audio-files.js';
import { refuseSecondWithin, requireSource, type CorpusReader } from './corpus-reader.js';
import { parseGender, type Gender } from '../manifest/gender.js';
import { groupBy } from '../../group-by.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import { compareIds, type Split } from '../manifest/manifest.js';
import { firstOf } from '../../problem-list.js';
import { formatsOption, listRecordings, refuseTwins } from './recording-files.js';
import { readVoxcelebTrials, voxcelebId } from './voxceleb-trials.js';

const trainPart = z.enum(['vox2-dev', 'vox1-dev']);

const voxcelebOptions = z.strictObject({
  type: z.literal('voxceleb'),
  /** A folder above VoxCeleb1, VoxCeleb2 or both. */
  source: z.string().optional(),
  /** A second such folder. */
  source2: z.string().optional(),
  /** Where the trial lists and vox*_meta.csv are; default: the sources and their folders meta, lists, trials. */
  lists: z.string().optional(),
  /** What to train on: vox2-dev, vox1-dev, or a list of both. */
  train: z.union([trainPart, z.array(trainPart).min(1)]).default('vox2-dev'),
  /** O, O-cleaned, E, E-cleaned, H, H-cleaned, or the file of a trial list. */
  trials: z.string().min(1).default('O-cleaned'),
  formats: formatsOption,
});
type VoxcelebOptions = z.infer<typeof voxcelebOptions>;

type Part = 'vox1-dev' | 'vox1-test' | 'vox2-dev' | 'vox2-test' | 'vox2';

interface Recording extends ListedUtterance {
  part: Part;
}

const PLACES = { source: 'the folder of VoxCeleb1, VoxCeleb2 or both' };

export const voxcelebReader: CorpusReader<typeof voxcelebOptions> = {
  type: 'voxceleb',
  language: 'mostly English',
  options: voxcelebOptions,
  places: PLACES,
  async prepare(options, context) {
    const source = resolve(requireSource(options.source, PLACES.source));
    if (options.source2 !== undefined) refuseSecondWithin(source, options.source2);
    const sources = options.source2 === undefined ? [source] : [source, resolve(options.source2)];
    const where = sources.join(' and ');
    const folders = options.lists
      ? [resolve(options.lists)]
      : sources.flatMap((folder) => ['', 'meta', 'lists', 'trials'].map((below) => join(folder, below)));
    const speakers = readMetadata([...folders, ...(options.lists ? sources : [])]);
    const found = await findRecordings(sources, speakers, options);
    const list = await readVoxcelebTrials(options.trials, {
      folders,
      ids: new Set(found.recordings.map(({ id }) => id)),
      where,
    });
    const split = splitRecordings(found.recordings, { ...list, train: [options.train].flat(), where });
    const { utterances, notes } = await toUtterances(split.listed, { corpus: 'voxceleb', where, context });
    return {
      utterances,
      trials: list.trials,
      ...(list.partial === undefined ? {} : { partial: list.partial }),
      notes: [...split.notes, ...list.notes, ...found.notes, ...describeGenders(speakers), ...notes],
    };
  },
};

interface Speaker {
  gender?: Gender;
  set?: 'dev' | 'test';
}

/**
 * Genders and sets of `vox1_meta.csv` (tabs) and `vox2_meta.csv` (commas), by column name; empty where there is none.
 */
function readMetadata(folders: readonly string[]): Map<string, Speaker> {
  const speakers = new Map<string, Speaker>();
  for (const file of ['vox1_meta.csv', 'vox2_meta.csv']) {
    const path = folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
    if (path === undefined) continue;
    let columns: { gender: number; set: number } | undefined;
    for (const { text, number } of readTextLines(path, { what: 'the speakers' })) {
      if (text.trim() === '') continue;
      const fields = text.split(/[,\t]/).map((field) => field.trim());
      const where = `${path}:${number}`;
      if (!columns) {
        const names = fields.map((field) => field.toLowerCase());
        columns = { gender: names.indexOf('gender'), set: names.indexOf('set') };
        if (columns.gender < 0) {
          throw new UserError(`${where}: expected a header with a column Gender, got ${JSON.stringify(text)}`);
        }
        continue;
      }
      if (!/^id\d{5}$/.test(fields[0])) {
        throw new UserError(`${where}: expected a speaker such as id10001 first, got ${JSON.stringify(text)}`);
      }
      const gender = parseGender(fields[columns.gender], where);
      const set = fields[columns.set];
      speakers.set(fields[0], {
        ...(gender ? { gender } : {}),
        ...(set === 'dev' || set === 'test' ? { set } : {}),
      });
    }
  }
  return speakers;
}

async function findRecordings(
  sources: readonly string[],
  speakers: ReadonlyMap<string, Speaker>,
  { formats }: VoxcelebOptions,
): Promise<{ recordings: Recording[]; notes: string[] }> {
  const recordings: Recording[] = [];
  const elsewhere: string[] = [];
  const others = new Map<string, number>();
  for (const source of sources) {
    const listing = await listRecordings(source, formats);
    for (const [extension, count] of listing.others) others.set(extension, (others.get(extension) ?? 0) + count);
    for (const file of listing.audio) {
      const path = join(source, file);
      const id = voxcelebId(`${basename(source)}/${file}`);
      // A file such as idXXXXX-<video>-<number>.wav is not in VoxCeleb's layout, though a list may name it so.
      if (id === undefined || !path.includes(id)) {
        elsewhere.push(path);
        continue;
      }
      const [speaker, video] = id.split('/');
      const { gender, set } = speakers.get(speaker) ?? {};
      const part = partOf(speaker, set ?? setOfFolder(`${basename(source)}/${file}`));
      recordings.push({ id, speaker, path, session: `${speaker}/${video}`, part, ...(gender ? { gender } : {}) });
    }
  }
  const where = sources.join(' and ');
  if (recordings.length === 0) {
    throw new UserError(
      `${where}: expected idXXXXX/<video>/<number>.wav (or .m4a, .flac) below it, found no such file`,
    );
  }
  refuseTwins(
    recordings.map(({ path }) => path),
    (path) => voxcelebId(path)!,
    where,
  );
  const left = elsewhere.length;
  return {
    recordings,
    notes: [
      ...(left > 0
        ? [`left out ${left} audio files that are not idXXXXX/<video>/<number>: ${firstOf(elsewhere)}`]
        : []),
      ...describeOthers({ others }),
    ],
  };
}

function partOf(speaker: string, set: 'dev' | 'test' | undefined): Part {
  const number = Number(speaker.slice(2));
  if (number > 10_000) return number >= 10_270 && number <= 10_309 ? 'vox1-test' : 'vox1-dev';
  return set === undefined ? 'vox2' : `vox2-${set}`;
}

/** `dev` and `test` in the names of the folders, as in vox2_dev_aac/dev/aac; the nearest to the file counts. */
function setOfFolder(file: string): 'dev' | 'test' | undefined {
  for (const folder of file.split('/').slice(0, -3).reverse()) {
    const words = folder.toLowerCase().split(/[^a-z0-9]+/);
    if (words.includes('test')) return 'test';
    if (words.includes('dev') || words.includes('train')) return 'dev';
  }
  return undefined;
}

function splitRecordings(
  recordings: readonly Recording[],
  {
    name,
    trials,
    train,
    where,
  }: { name: string; trials: { enroll: string; test: string }[]; train: Part[]; where: string },
): { listed: (Recording & { split: Split })[]; notes: string[] } {
  const tested = new Set<string>();
  for (const { enroll, test } of trials) tested.add(enroll).add(test);
  // Where nothing tells dev and test of VoxCeleb2 apart, all of it is for training: no trial list names its speakers.
  const parts = new Set<Part>([...train, ...(train.includes('vox2-dev') ? (['vox2'] as const) : [])]);
  const testSpeakers = new Set(recordings.filter(({ id }) => tested.has(id)).map(({ speaker }) => speaker));
  const both = new Set(
    recordings
      .filter(({ speaker, part }) => parts.has(part) && testSpeakers.has(speaker))
      .map(({ speaker }) => speaker),
  );
  if (both.size > 0) {
    throw new UserError(
      `${name}: ${both.size} speakers are both in training (${train.join(', ')}) and in test: ` +
        `${firstOf([...both].sort(compareIds))}\n` +
        'Vox1-E and Vox1-H test the speakers of VoxCeleb1 dev: train on vox2-dev alone, or test with O.',
    );
  }
  const listed = recordings.flatMap((recording): (Recording & { split: Split })[] => {
    if (tested.has(recording.id)) return [{ ...recording, split: 'test' }];
    return parts.has(recording.part) ? [{ ...recording, split: 'train' }] : [];
  });
  const kept = new Set(listed.map(({ id }) => id));
  const left = groupBy(
    recordings.filter(({ id }) => !kept.has(id)),
    ({ part }) => part,
  );
  const unknown = listed.filter(({ part }) => part === 'vox2').length;
  if (!listed.some(({ split }) => split === 'train')) {
    const found = [...new Set(recordings.map(({ part }) => part))].sort(compareIds).join(', ');
    throw new UserError(
      `${where}: expected recordings of ${train.join(', ')} to train on, found only ${found}\n` +
        'Set corpus.train, or point corpus.source2 at the other corpus.',
    );
  }
  return {
    listed,
    notes: [
      `training: ${train.join(', ')}; test: the utterances of the trials`,
      ...(unknown > 0
        ? [
            `${unknown} recordings of VoxCeleb2 are in no folder dev or test and in no vox2_meta.csv: all are trained on`,
          ]
        : []),
      ...[...left]
        .sort(([a], [b]) => compareIds(a, b))
        .map(([part, own]) => `left out ${own.length} recordings of ${part}: in neither training nor the trials`),
    ],
  };
}

function describeGenders(speakers: ReadonlyMap<string, Speaker>): string[] {
  return speakers.size > 0 ? [] : ['no vox1_meta.csv or vox2_meta.csv: genders are not known'];
}
