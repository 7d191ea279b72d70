/**
 * @file What `acanet embed` takes: audio files, a manifest (`.jsonl`), a `wav.scp`, a `feats.scp` or a feature archive
 * (`.ark`), or a folder of audio files, named by their paths in it without extension. Every one of them becomes a list
 * of named inputs that are read one at a time.
 *
 * A `.scp` is told by its first line: a place in an archive (`path:offset`, a path that ends in .ark, or a range of
 * rows) means features, anything else audio.
 */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { listAudioFiles } from '../../corpus/readers/audio-files.js';
import { UserError } from '../../errors.js';
import type { Features } from '../../features/fbank/fbank.js';
import type { AudioPiece } from '../../features/utterance-features.js';
import { stableJson } from '../../storage/hashing.js';
import { listArchive, readMatrix, readScp, shownRanges, type EntryLocation } from '../../storage/kaldi-archive.js';
import { readTextLines } from '../../storage/text-lines.js';

/** One utterance to embed. */
export type EmbeddingInput = {
  key: string;
  /** Where it lies, for messages. */
  where: string;
  /** Who speaks, where a manifest says it. */
  speaker?: string;
} & (
  | { kind: 'audio'; piece: AudioPiece }
  | {
      kind: 'features';
      archive: string;
      /** Archive and offset. */
      source: string;
      /** `cut`: the range that asks for rows beyond the end, and how many there are. */ read(): Features & {
        cut?: string;
      };
    }
);

/** What tells one list of utterances from another: keys and where each lies. Not what is recorded there. */
export function hashOfInputs(inputs: readonly EmbeddingInput[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const source = input.kind === 'audio' ? input.piece : input.source;
    hash.update(`${stableJson([input.key, source])}\n`);
  }
  return hash.digest('hex');
}

/** The files that inputs lie in. */
export const filesOfInputs = (inputs: readonly EmbeddingInput[]): string[] => [
  ...new Set(inputs.map((input) => (input.kind === 'audio' ? input.piece.path : input.archive))),
];

/** All inputs, in the order given. @throws UserError for unknown kinds of input, and for keys that come twice */
export async function listEmbeddingInputs(paths: readonly string[]): Promise<EmbeddingInput[]> {
  const inputs = (await Promise.all(paths.map(listOne))).flat();
  if (inputs.length === 0) throw new UserError(`${paths.join(', ')}: no utterances to embed`);
  const seen = new Map<string, string>();
  for (const { key, where } of inputs) {
    if (/\s/.test(key)) {
      throw new UserError(
        `${where}: the key "${key}" would hold white space\n  rename the file, or give it a key of its own in a wav.scp`,
      );
    }
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      throw new UserError(
        `the key "${key}" comes twice: ${earlier} and ${where}\n  give such files keys of their own in a wav.scp`,
      );
    }
    seen.set(key, where);
  }
  return inputs;
}

async function listOne(path: string): Promise<EmbeddingInput[]> {
  if (!existsSync(path))
    throw new UserError(`${path}: no such file${path === '-' ? '; the standard input is not read' : ''}`);
  if (statSync(path).isDirectory()) return listFolder(path);
  switch (extname(path.replace(/\.(jsonl|scp|ark)\.gz$/, '.$1'))) {
    case '.jsonl':
      return readManifest(path).map((utterance) => ({
        key: utterance.id,
        where: utterance.path,
        kind: 'audio',
        piece: utterance,
        speaker: utterance.speaker,
      }));
    case '.ark':
      return listArchive(path).map((entry) => features(entry.key, `${path}: ${entry.key}`, entry));
    case '.scp':
      return listScp(path);
    default:
      return [{ key: basename(path, extname(path)), where: path, kind: 'audio', piece: { path } }];
  }
}

async function listFolder(folder: string): Promise<EmbeddingInput[]> {
  const { audio } = await listAudioFiles(folder);
  if (audio.length === 0) throw new UserError(`${folder}: no audio files in this folder`);
  return audio.map((file) => {
    const path = join(folder, file);
    return { key: file.slice(0, file.length - extname(file).length), where: path, kind: 'audio', piece: { path } };
  });
}

function listScp(path: string): EmbeddingInput[] {
  const rows = [...readTextLines(path)]
    .map(({ text, number }) => ({ text: text.trim(), where: `${path}:${number}` }))
    .filter(({ text }) => text !== '');
  if (rows.length === 0) throw new UserError(`${path}: expected \`key path\` lines, got an empty file`);
  if (/(:\d+|\.ark|\[[\d\s:,]+\])$/.test(rows[0].text)) {
    return readScp(path).map((entry) => features(entry.key, `${path}: ${entry.key}`, entry));
  }
  return rows.map(({ text, where }) => {
    const match = /^(\S+)\s+(.+)$/.exec(text);
    if (!match) throw new UserError(`${where}: expected \`key path\`, got ${JSON.stringify(text)}`);
    const [, key, target] = match;
    if (target.endsWith('|')) {
      throw new UserError(
        `${where}: expected the path of an audio file, got a command\n  run it and name the file that it makes`,
      );
    }
    const file = locate(target, path);
    if (!existsSync(file)) throw new UserError(`${where}: no such file: ${target}`);
    return { key, where: `${where}: ${file}`, kind: 'audio', piece: { path: file } };
  });
}

/** As Kaldi, relative to the working folder; else beside the scp. */
function locate(target: string, scp: string): string {
  return isAbsolute(target) || existsSync(target) ? resolve(target) : resolve(dirname(scp), target);
}

function features(key: string, where: string, entry: EntryLocation): EmbeddingInput {
  return {
    key,
    where,
    kind: 'features',
    archive: resolve(entry.path),
    source: `${resolve(entry.path)}:${entry.offset}${shownRanges(entry)}`,
    read: () => {
      const { rows, cols, data, rowsInFile } = readMatrix(entry);
      const cut = rowsInFile === undefined ? undefined : `[${shownRanges(entry)}] of ${rowsInFile} rows`;
      return { frames: rows, bins: cols, data, ...(cut !== undefined && { cut }) };
    },
  };
}
