/**
 * @file The recordings that augmentation draws from: a folder, one audio file, or a list.
 *
 * A folder is searched through all its levels: `musan/noise`, `musan/music` and `musan/speech` of MUSAN
 * (openslr.org/17), `RIRS_NOISES/simulated_rirs` of the room impulse responses (openslr.org/28; its
 * `real_rirs_isotropic_noises` also holds noise: take a list of its impulse responses). A list has one path a line, or
 * `id path` as in wav.scp, or Kaldi's `--rir-id … path`; relative to the list's folder, or else to the working folder.
 * A line that is there twice is drawn twice as often. Empty lines and those with # are left out. A manifest (`.jsonl`)
 * gives the utterances of its training split, and their speakers: the others stay unheard. Every header is read at
 * once, so that a bad file stops the work before it starts and not in its middle.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { audioExtensions, readsPieces } from '../../audio/formats.js';
import { describeOthers, listAudioFiles, probeAudioFiles } from '../../corpus/readers/audio-files.js';
import { type Utterance, readManifest } from '../../corpus/manifest/manifest.js';
import { throwProblems } from '../../problem-list.js';
import { readTextLines } from '../../storage/text-lines.js';
import { UserError, messageOf } from '../../errors.js';
import { type AugmentationOptions, sceneTechniques } from './options.js';
import { LONGEST_KEPT, type SourceRecording } from './recording-reader.js';

/** A recording of speech by a known speaker; an `Utterance` is one. */
export type SpeechRecording = SourceRecording & { speaker: string };

/** No more of a manifest's line than augmentation depends on, so that copies are known by that alone. */
export function asSpeechRecording(utterance: Utterance): SpeechRecording {
  const { path, offset, duration, sampleRate, channels, channel, speaker } = utterance;
  return { path, offset, duration, sampleRate, channels, channel, speaker };
}

/** What each technique draws from; plain data, which may be sent to worker threads. */
export interface AugmentationSources {
  noise?: SourceRecording[];
  music?: SourceRecording[];
  speech?: SourceRecording[];
  /** Absent where babble is made of the training utterances. */
  babble?: SourceRecording[];
  reverberation?: SourceRecording[];
}

/**
 * Lists the recordings of all techniques that are asked for.
 * @throws UserError naming the source: missing, without audio, or with files that cannot be used (the first ten)
 */
export async function listAugmentationSources(
  options: AugmentationOptions,
  { signal }: { signal?: AbortSignal } = {},
): Promise<AugmentationSources> {
  const sources: AugmentationSources = {};
  const listed = new Map<string, SourceRecording[]>();
  for (const technique of sceneTechniques) {
    const source = options[technique]?.source;
    if (source == null) continue;
    const path = resolve(source);
    const recordings = listed.get(path) ?? (await listRecordings(source, { technique, signal }));
    listed.set(path, recordings);
    sources[technique] = recordings;
  }
  return sources;
}

/** A line for each technique, `noise: 930 recordings, 6.2 h, 16000 Hz`, and one for what will be slow to read. */
export function describeSources(sources: AugmentationSources): string[] {
  return sceneTechniques.flatMap((technique) => {
    const recordings = sources[technique];
    if (!recordings) return [];
    const hours = recordings.reduce((sum, { duration }) => sum + duration, 0) / 3600;
    const rates = [...new Set(recordings.map(({ sampleRate }) => sampleRate))].sort((a, b) => a - b);
    const slow = recordings.filter((recording) => !readsPieces(recording.path) && recording.duration > LONGEST_KEPT);
    return [
      `${technique}: ${recordings.length} recordings, ${hours.toFixed(2)} h, ${rates.join(' and ')} Hz`,
      ...(slow.length > 0
        ? [
            `${technique}: ${slow.length} recordings of more than ${LONGEST_KEPT} s are neither WAV nor FLAC: each draw decodes all of ` +
              `one; \`acanet audio convert\` makes them WAV, of which pieces are read`,
          ]
        : []),
    ];
  });
}

/**
 * The recordings of one source, in the list's order or, of a folder, in the order of their paths.
 * @param options.section of the recipe that names the source, for messages
 */
export async function listRecordings(
  source: string,
  { technique, section = 'augmentation', signal }: { technique: string; section?: string; signal?: AbortSignal },
): Promise<SourceRecording[]> {
  const path = resolve(source);
  const where = `${section}.${technique}: ${path}`;
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such folder or file' : messageOf(error);
    throw new UserError(`${where}: ${reason}; expected a folder of audio files, or a list of them`, { cause: error });
  }
  if (!isFolder && extname(path).toLowerCase() === '.jsonl') return trainingRecordings(path, where);
  const paths = isFolder ? await filesOfFolder(path, where) : filesOfList(path, where);
  const distinct = [...new Set(paths)];
  const infos = await probeAudioFiles(distinct, { where, signal });
  const recordings = new Map(
    distinct.map((file, index): [string, SourceRecording] => {
      const { duration, sampleRate, channels } = infos[index];
      return [file, { path: file, duration, sampleRate, channels }];
    }),
  );
  return paths.map((file) => recordings.get(file)!);
}

async function filesOfFolder(folder: string, where: string): Promise<string[]> {
  const listing = await listAudioFiles(folder);
  if (listing.audio.length > 0) return listing.audio.map((file) => join(folder, file));
  const [others = 'it is empty'] = describeOthers(listing);
  throw new UserError(
    `${where}: expected audio files (${audioExtensions.join(', ')}) in the folder, found none: ${others}`,
  );
}

function filesOfList(list: string, where: string): string[] {
  if (audioExtensions.includes(extname(list).toLowerCase())) return [list];
  const paths: string[] = [];
  const problems: string[] = [];
  for (const { text, number } of readTextLines(list, { what: 'the list of recordings' })) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const path = line.endsWith('|') ? undefined : findListed(line, dirname(list));
    if (path !== undefined) paths.push(path);
    else problems.push(`line ${number}: ${line.endsWith('|') ? 'a command, not a file' : 'no such file'}: ${line}`);
  }
  throwProblems(problems, { where, what: 'lines of the list do not name an audio file' });
  if (paths.length > 0) return paths;
  throw new UserError(`${where}: expected a list of audio files, one a line, got no line`);
}

/** The whole line as a path, or what comes after an id, or after Kaldi's options. */
function findListed(line: string, folder: string): string | undefined {
  const candidates = [line, line.replace(/^\S+\s+/, ''), ...(line.startsWith('--') ? [line.split(/\s+/).at(-1)!] : [])];
  const isFile = (path: string) => existsSync(path) && statSync(path).isFile();
  return candidates.flatMap((path) => [resolve(folder, path), resolve(path)]).find(isFile);
}

function trainingRecordings(manifest: string, where: string): SourceRecording[] {
  const recordings = readManifest(manifest)
    .filter(({ split }) => split === 'train')
    .map(asSpeechRecording);
  if (recordings.length > 0) return recordings;
  throw new UserError(
    `${where}: the manifest has no utterance of the training split; no other is used for augmentation`,
  );
}
