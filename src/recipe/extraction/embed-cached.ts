/** @file Embeddings of utterances of a feature cache, for trials, development trials, back-ends and cohorts. */
import { openFeatureCache } from '../../features/cache/cache.js';
import { sideBySide } from '../../models/side-by-side.js';
import type { Embedder, Reporting } from '../../tasks/model-work.js';
import type { ExtractionSpeed } from '../artifacts/embed.js';

/**
 * Embeds utterances of a feature cache, whole and each by itself: a result never depends on its neighbours. The speed
 * includes reading the features.
 */
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
  const since = performance.now();
  const embed = async (id: string) => {
    signal?.throwIfAborted();
    const features = cache.read(id);
    speed.frames += features.frames;
    return embedder.embed(features);
  };
  for await (const [id, embedding] of sideBySide(ids, embedder.atOnce, embed)) {
    embeddings.set(id, embedding);
    progress('embed', embeddings.size, ids.length);
  }
  speed.seconds = (performance.now() - since) / 1000;
  return { embeddings, speed };
}
