/** @file Embeddings of utterances of a feature cache, for trials, development trials, back-ends and cohorts. */
import { openFeatureCache } from '../../features/cache/cache.js';
import type { Embedder, Reporting } from '../../tasks/model-work.js';
import type { ExtractionSpeed } from '../artifacts/embed.js';

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
