/**
 * @file A manifest in the forms of others: a table (CSV), and lhotse's recordings and supervisions.
 *
 * The table has one line an utterance and a column for each field; `csv` reads it again, other tools find their columns
 * by name. lhotse wants files of recordings, which are whole audio files, so their headers are read. A Kaldi folder is
 * written by `kaldi-folder-writer.ts`.
 */
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { probeAudioFiles } from '../readers/audio-files.js';
import { groupBy } from '../../group-by.js';
import { splits, type Utterance } from '../manifest/manifest.js';
import { throwProblems } from '../../problem-list.js';
import { toCsv } from '../../storage/csv.js';

const COLUMNS = [
  'id',
  'speaker',
  'path',
  'offset',
  'duration',
  'sampleRate',
  'channels',
  'channel',
  'gender',
  'session',
  'repeats',
  'trailingSilence',
  'corpus',
  'split',
] as const satisfies (keyof Utterance)[];

/** Writes a table; columns that no utterance fills are left out. */
export function writeUtteranceTable(path: string, utterances: readonly Utterance[]): void {
  const columns = COLUMNS.filter((name) => utterances.some((utterance) => utterance[name] !== undefined));
  writeFileAtomic(path, toCsv([...utterances], { header: true, columns: [...columns] }));
}

/**
 * Writes `<corpus>_recordings_<split>.jsonl.gz` and `<corpus>_supervisions_<split>.jsonl.gz` for each split.
 * @returns the files written
 * @throws UserError for audio that cannot be read, or what lhotse's manifests cannot say
 */
export async function writeLhotseManifests(
  folder: string,
  utterances: readonly Utterance[],
  { onProgress, signal }: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<string[]> {
  const corpora = [...new Set(utterances.map(({ corpus }) => corpus))];
  const name = corpora.length === 1 ? corpora[0].replace(/[^\p{L}\p{N}.-]+/gu, '-') : 'corpus';
  if (utterances.length === 0) throw new UserError(`${folder}: no utterances to write`);
  throwProblems(
    utterances.flatMap(({ id, repeats = 1, trailingSilence = 0 }) => [
      ...(repeats > 1 ? [`${id}: counts ${repeats} times`] : []),
      ...(trailingSilence > 0 ? [`${id}: has ${trailingSilence} s of silence that is not in its file`] : []),
    ]),
    {
      where: folder,
      what: 'things that lhotse cannot be told',
      remedy: 'Prepare the corpus without repeats and silence.',
    },
  );
  const written: string[] = [];
  for (const split of splits) {
    const members = utterances.filter((utterance) => utterance.split === split);
    if (members.length === 0) continue;
    const byPath = groupBy(members, ({ path }) => resolve(path));
    const paths = [...byPath.keys()];
    const infos = await probeAudioFiles(paths, { where: folder, onProgress, signal });
    const recordingOf = new Map([...byPath].map(([path, own]) => [path, own[0].id]));
    const recordings = paths.map((path, index) => {
      const { channels, sampleRate, frames, duration } = infos[index];
      const all = Array.from({ length: channels }, (_, channel) => channel);
      return {
        id: recordingOf.get(path),
        sources: [{ type: 'file', channels: all, source: path }],
        sampling_rate: sampleRate,
        num_samples: frames,
        duration,
        channel_ids: all,
      };
    });
    const supervisions = members.map(({ id, speaker, path, offset = 0, duration, channel = 0, gender, session }) => ({
      id,
      recording_id: recordingOf.get(resolve(path)),
      start: offset,
      duration,
      channel,
      speaker,
      ...(gender && { gender: gender === 'f' ? 'female' : 'male' }),
      ...(session !== undefined && { custom: { session } }),
    }));
    for (const [kind, rows] of [
      ['recordings', recordings],
      ['supervisions', supervisions],
    ] as const) {
      const path = join(folder, `${name}_${kind}_${split}.jsonl.gz`);
      writeFileAtomic(path, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
      written.push(path);
    }
  }
  return written;
}
