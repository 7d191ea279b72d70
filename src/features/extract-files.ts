/** @file Features of a few audio files into one Kaldi archive, outside of any corpus: `acanet features extract`. */
import { basename, extname, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { throwProblems } from '../problem-list.js';
import { createArchiveWriter, writeScp } from '../storage/kaldi-archive.js';
import { normalizeFeatures } from './normalization.js';
import type { FeatureOptions } from './options.js';
import { byFlag, createUtteranceFeatures } from './utterance-features.js';

export interface ExtractFilesOptions {
  options: FeatureOptions;
  /** The archive; an scp of the same name is written beside it. */
  out: string;
  /** Required where files have several channels. */
  channel?: number;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Extracts one record a file, in the order given; the key is the file's name without folder and extension.
 * @throws UserError listing all files that cannot be used; nothing is written then
 */
export async function extractFiles(
  files: string[],
  { options, out, channel, onProgress }: ExtractFilesOptions,
): Promise<{ out: string; scp: string; records: number; frames: number; audioSeconds: number }> {
  if (files.length === 0) throw new UserError('no audio files were given');
  if (!out.endsWith('.ark')) throw new UserError(`${out}: expected a name that ends in .ark`);
  if (options.normalize === 'global') {
    throw new UserError('normalize: global needs a training set; choose none, mean, meanvar or windowed');
  }
  const keys = files.map((file) => basename(file, extname(file)));
  checkKeys(files, keys);
  const extract = createUtteranceFeatures(options, { remedy: byFlag });
  const writer = createArchiveWriter(out, { compression: options.compression });
  const problems: string[] = [];
  let [frames, samplesRead] = [0, 0];
  try {
    for (const [i, file] of files.entries()) {
      try {
        const features = await extract({ path: file, channel });
        normalizeFeatures(features, options.normalize);
        writer.writeMatrix(keys[i], features.frames, features.bins, features.data);
        frames += features.frames;
        samplesRead += features.samples;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error.message.startsWith(file) ? error.message : `${file}: ${error.message}`);
      }
      onProgress?.(i + 1, files.length);
    }
    throwProblems(problems, { where: out, what: 'files without features; nothing was written' });
  } catch (error) {
    writer.abort();
    throw error;
  }
  const scp = `${out.replace(/\.ark$/, '')}.scp`;
  const { entries } = writer.close();
  writeScp(
    scp,
    entries.map((entry) => ({ ...entry, path: resolve(entry.path) })),
  );
  return { out, scp, records: entries.length, frames, audioSeconds: samplesRead / options.sampleRate };
}

function checkKeys(files: string[], keys: string[]): void {
  const first = new Map<string, string>();
  for (const [i, key] of keys.entries()) {
    const other = first.get(key);
    if (other !== undefined) {
      throw new UserError(`${files[i]} and ${other} would both get the key "${key}"; rename one or extract them apart`);
    }
    first.set(key, files[i]);
  }
}
