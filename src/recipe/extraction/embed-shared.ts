/**
 * @file The embeddings of a stage's utterances, a share of which each of several processes may have made before: as
 * pieces in the folder of shares.
 */
import { existsSync } from 'node:fs';
import type { Embedder, Reporting } from '../../tasks/model-work.js';
import type { ExtractionSpeed } from '../artifacts/embed.js';
import type { StageContext, WorkShare } from '../running/stage.js';
import { itemsIn, piecesOfShare, planPieces } from '../running/work-pieces.js';
import { embedCached } from './embed-cached.js';
import { isFinished, makePieces, readPiece } from './embedding-pieces.js';

export interface SharedEmbedding {
  ids: readonly string[];
  cacheDir: string;
  /** Opened where there is something to embed. */
  openEmbedder: () => Promise<Embedder>;
}

type Context = Pick<StageContext, 'sharesFolder' | 'inputHash'> & Reporting;

const piecesOf = (ids: readonly string[], { inputHash }: Context) =>
  planPieces(ids, { prefix: 'embeddings', input: inputHash });

/** Makes a share of the embeddings. */
export async function embedShare(
  { ids, cacheDir, openEmbedder }: SharedEmbedding,
  context: Context,
  share: WorkShare,
): Promise<void> {
  const { sharesFolder: folder, log, progress, signal } = context;
  const pieces = piecesOfShare(piecesOf(ids, context), share);
  let embedder: Embedder | undefined;
  try {
    let before = 0;
    const there = await makePieces({
      folder,
      pieces,
      embed: async (from, to) => {
        embedder ??= await openEmbedder();
        const { embeddings } = await embedCached({
          ...{ embedder, cacheDir, ids: ids.slice(from, to), signal },
          progress: (what, done) => progress(what, before + done, itemsIn(pieces)),
        });
        before += to - from;
        return embeddings;
      },
    });
    log(`  ${itemsIn(pieces)} utterances in ${pieces.length} archives, of which ${there} were there`);
  } finally {
    await embedder?.close();
  }
}

/** All embeddings, in the order of the ids; `speed` is of those that are made here. */
export async function embedShared(
  { ids, cacheDir, openEmbedder }: SharedEmbedding,
  context: Context,
): Promise<{ embeddings: Map<string, Float32Array>; speed: ExtractionSpeed }> {
  const { sharesFolder, progress, signal } = context;
  const pieces = existsSync(sharesFolder) ? piecesOf(ids, context) : [];
  const there = pieces.filter((piece) => isFinished(sharesFolder, piece));
  const shared = new Map(there.flatMap((piece) => [...readPiece(sharesFolder, piece)]));
  const missing = ids.filter((id) => !shared.has(id));
  if (missing.length === 0) {
    const embeddings = new Map(ids.map((id) => [id, shared.get(id)!]));
    return { embeddings, speed: { utterances: 0, frames: 0, seconds: 0 } };
  }
  const embedder = await openEmbedder();
  try {
    const { embeddings, speed } = await embedCached({ embedder, cacheDir, ids: missing, progress, signal });
    return { embeddings: new Map(ids.map((id) => [id, shared.get(id) ?? embeddings.get(id)!])), speed };
  } finally {
    await embedder.close();
  }
}
