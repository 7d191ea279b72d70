/** @file One shard of a feature cache: audio in, two archives and an index out. Runs in a worker thread. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodedAhead } from '../../audio/decode-ahead.js';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { sealed } from '../../storage/sealed-json.js';
import { createArchiveWriter } from '../../storage/kaldi-archive.js';
import { type ShardIndex, type ShardPlan, shardFiles } from './cache-format.js';
import { featureStatistics } from '../normalization.js';
import { type FeatureOptions, featureSize } from '../options.js';
import { createUtteranceFeatures } from '../utterance-features.js';
import { type CachedAugmentation, openCachedAugmentation, type TrainingVariant, variationOf } from '../variants.js';

export interface ShardTask extends ShardPlan {
  dir: string;
  options: FeatureOptions;
  utterances: TrainingVariant[];
  /** What augmented copies among the utterances are made with. */
  augmentation?: CachedAugmentation;
}

/** Either the finished shard, or what is wrong with its audio (nothing is written then). */
export type ShardResult = { index: ShardIndex } | { problems: string[] } | { failure: string };

/** Extracts a shard. Mistakes of the user's come back as text, because an error loses its class between threads. */
export async function extractShard(task: ShardTask): Promise<ShardResult> {
  try {
    return await extract(task);
  } catch (error) {
    if (error instanceof UserError) return { failure: error.message };
    throw error;
  }
}

async function extract({ dir, name, input, utterances, options, augmentation }: ShardTask): Promise<ShardResult> {
  const files = shardFiles(name);
  const extractUtterance = createUtteranceFeatures(options);
  const augment = augmentation && (await openCachedAugmentation(augmentation, options));
  const bins = featureSize(options);
  const features = createArchiveWriter(join(dir, files.features), { compression: options.compression });
  const statistics = createArchiveWriter(join(dir, files.statistics));
  const problems: string[] = [];
  const entries: ShardIndex['utterances'] = [];
  const sum = new Float64Array(bins);
  let [frames, trainingFrames, samples] = [0, 0, 0];
  try {
    for await (const utterance of decodedAhead(utterances)) {
      const variation = variationOf(utterance, augment);
      const extracted = await extractUtterance(utterance, variation).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        problems.push(`${utterance.id}: ${error.message}`);
      });
      // Once there is a problem the shard cannot be finished; the rest is only checked for more of them.
      if (!extracted || problems.length > 0) continue;
      const { mean, std } = featureStatistics(extracted);
      const { id } = utterance;
      const record = features.writeMatrix(id, extracted.frames, bins, extracted.data);
      const ofStatistics = statistics.writeMatrix(id, 2, bins, Float32Array.of(...mean, ...std));
      const checksums = [record.crc32, ofStatistics.crc32];
      entries.push([id, record.offset, extracted.frames, ofStatistics.offset, ...checksums]);
      frames += extracted.frames;
      samples += extracted.samples;
      // The training set's mean is that of the clean utterances.
      if (utterance.split !== 'train' || utterance.variant) continue;
      trainingFrames += extracted.frames;
      for (let bin = 0; bin < bins; bin++) sum[bin] += mean[bin] * extracted.frames;
    }
  } finally {
    if (entries.length < utterances.length) {
      features.abort();
      statistics.abort();
    }
  }
  if (problems.length > 0) return { problems };
  // An index of other features must not outlive its archives: of the same size, these would be taken for its own.
  rmSync(join(dir, files.index), { force: true });
  const index: ShardIndex = {
    input,
    features: closed(features.close(), files.features),
    statistics: closed(statistics.close(), files.statistics),
    frames,
    audioSeconds: samples / options.sampleRate,
    training: { frames: trainingFrames, sum: [...sum] },
    utterances: entries,
  };
  writeFileAtomic(join(dir, files.index), `${JSON.stringify(sealed(index))}\n`);
  return { index };
}

function closed({ bytes, sha256 }: { bytes: number; sha256: string }, file: string) {
  return { file, bytes, sha256 };
}
