/** @file Stage `features`: manifest → feature cache. An interrupted cache is continued, not started again. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../corpus/manifest.js';
import { physicalCores } from '../engine/create-engine.js';
import { buildFeatureCache } from '../features/cache.js';
import { gigabytes } from '../features/disk-space.js';
import { fileSha256, sha256Hex, stableJson } from '../storage/hashing.js';
import type { Recipe } from './schema.js';
import type { Stage } from './stage-runner.js';

export function featuresStage({ features, engine }: Recipe): Stage {
  return {
    name: 'features',
    needs: ['prep'],
    settings: { features },
    version: 1,
    // The cache checks by itself what of it is still good.
    whenChanged: 'keep',
    resumable: true,
    async run({ folder, folderOf, log, progress, signal }) {
      const manifest = join(folderOf('prep'), 'manifest.jsonl');
      const utterances = readManifest(manifest);
      const summary = await buildFeatureCache({
        utterances,
        options: features,
        dir: folder,
        workers: engine.threads ?? physicalCores(),
        onPlan: ({ missing, total, bytes, freeBytes }) =>
          log(
            `  ${missing} of ${total} utterances to extract: about ${gigabytes(bytes)}, ${gigabytes(freeBytes)} free`,
          ),
        onProgress: ({ done, total, utterancesPerSecond, realTimeFactor }) =>
          progress('features', done, total, describeRate(utterancesPerSecond, realTimeFactor)),
        signal,
      });
      const hours = (summary.audioSeconds / 3600).toFixed(2);
      const megabytes = (summary.bytes / 1e6).toFixed(0);
      const reused = summary.reusedShards > 0 ? `, ${summary.reusedShards} of ${summary.shards} shards were there` : '';
      return {
        // Features are a function of these two: the archives need not be read again to know that they are the same.
        outputHash: sha256Hex(await fileSha256(manifest), stableJson(features)),
        outputs: ['cache.json', ...readdirSync(folder).filter((file) => /^(feats|stats)-\d+\.ark$/.test(file))],
        summary: `${summary.utterances} utterances, ${hours} h, ${megabytes} MB${reused}`,
      };
    },
  };
}

/** `312 utterances/s, real-time factor 0.0011`; nothing before there is something to count. */
function describeRate(utterancesPerSecond: number, realTimeFactor: number): string {
  if (utterancesPerSecond === 0) return '';
  return `${utterancesPerSecond.toPrecision(3)} utterances/s, real-time factor ${realTimeFactor.toPrecision(2)}`;
}
