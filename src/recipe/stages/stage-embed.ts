/**
 * @file Stage `embed/<run>`: one embedding for each utterance of the test trials and of their models, from whole utterances.
 *
 * Writes `embeddings.ark` and `.scp` (Kaldi vectors) and `speed.json` (time in the network; `compare` has its
 * speed from stage `cost`, which measures nothing else).
 */
import { join } from 'node:path';
import { findEnrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { openFeatureCache } from '../../features/cache/cache.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { fileSha256 } from '../../storage/hashing.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';
import type { Embedder, Library, Reporting } from '../../tasks/model-work.js';
import type { Recipe } from '../definition/schema.js';
import type { Stage } from '../running/stage-runner.js';
import { systemSettings } from '../definition/system-settings.js';
import type { TrainingRun } from '../definition/training-runs.js';

/** Time in the network for so many frames. */
export interface ExtractionSpeed {
  utterances: number;
  frames: number;
  seconds: number;
}

export function embedStage(recipe: Recipe, run: TrainingRun, { openEmbedder }: Pick<Library, 'openEmbedder'>): Stage {
  const { name, system } = run;
  const { featuresStage } = systemSettings(recipe, system);
  return {
    name: `embed/${name}`,
    needs: ['prep', featuresStage, `average/${name}`],
    settings: { engine: recipe.engine.name },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const list = join(folderOf('prep'), 'trials.txt');
      const trials = readTrials(list);
      const ids = [...utterancesOfTrials(trials, findEnrolment(list, trials)?.enrolment)].sort();
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine: recipe.engine });
      const { embeddings, speed } = await embedCached({
        ...reporting,
        embedder,
        cacheDir: folderOf(featuresStage),
        ids,
      });
      await embedder.close();
      writeEmbeddings(join(folder, 'embeddings.ark'), embeddings);
      writeJsonAtomic(join(folder, 'speed.json'), speed);
      const rate = speed.frames / 100 / speed.seconds;
      return {
        outputHash: await fileSha256(join(folder, 'embeddings.ark')),
        outputs: ['embeddings.ark', 'embeddings.scp', 'speed.json'],
        summary: `${ids.length} embeddings, ${rate.toFixed(0)} s of speech a second`,
      };
    },
  };
}

/** Embeds utterances of a feature cache, whole and one at a time: a result never depends on its neighbours. */
export async function embedCached({
  embedder,
  cacheDir,
  ids,
  progress,
  signal,
}: Pick<Reporting, 'progress' | 'signal'> & { embedder: Embedder; cacheDir: string; ids: readonly string[] }): Promise<{
  embeddings: Map<string, Float32Array>;
  speed: ExtractionSpeed;
}> {
  const cache = openFeatureCache(cacheDir);
  const embeddings = new Map<string, Float32Array>();
  const speed: ExtractionSpeed = { utterances: ids.length, frames: 0, seconds: 0 };
  for (const id of ids) {
    signal?.throwIfAborted();
    const features = cache.read(id);
    const since = performance.now();
    embeddings.set(id, await embedder.embed(features));
    speed.seconds += (performance.now() - since) / 1000;
    speed.frames += features.frames;
    progress('embed', embeddings.size, ids.length);
  }
  return { embeddings, speed };
}
