/**
 * @file Stage `embeddings`, of no recipe: a list of audio or features → an embedding each, in pieces that several jobs
 * make, and `embeddings.scp`, the table of all of them in the list's order. No archive is copied.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { embedListed, refuseProblems } from '../../tasks/embedding/embed-files.js';
import { hashOfInputs, listEmbeddingInputs, type EmbeddingInput } from '../../tasks/embedding/input-lists.js';
import type { Embedder, Library } from '../../tasks/model-work.js';
import { EMBEDDINGS } from '../artifacts/embed.js';
import type { EmbeddingWork } from '../definition/embedding-work.js';
import { joinedTable, makePieces, pieceFiles } from '../extraction/embedding-pieces.js';
import type { Stage, StageContext } from '../running/stage.js';
import { itemsIn, piecesOfShare, planPieces, type WorkPiece } from '../running/work-pieces.js';

export function embeddingsStage(work: EmbeddingWork, library: Pick<Library, 'openEmbedder' | 'identityOf'>): Stage {
  const { inputs: paths, modelDir, engine, asIs, otherRates, model, list } = work;
  const settings = { model, list, engine: engine.name, asIs, ...(otherRates && { otherRates }) };
  return {
    name: 'embeddings',
    needs: [],
    settings,
    version: 1,
    // Each piece tells by itself whether it is still good.
    whenChanged: 'keep',
    resumable: true,
    async run(context) {
      const { folder } = context;
      const { inputs, pieces } = await prepare();
      const there = await make(context, inputs, pieces);
      const table = joinedTable(folder, pieces);
      const rows = table.split('\n').length - 1;
      if (rows !== inputs.length)
        throw new UserError(`${folder}: expected ${inputs.length} embeddings, got ${rows}; remove the folder`);
      writeFileAtomic(join(folder, EMBEDDINGS.table), table);
      const own = new Set(pieces.flatMap(pieceFiles));
      for (const name of readdirSync(folder))
        if (/^embeddings-[\da-f-]+\./.test(name) && !own.has(name)) rmSync(join(folder, name));
      const archives = pieces.map(({ name }) => join(folder, `${name}.ark`));
      return {
        outputHash: sha256Hex(...(await Promise.all(archives.map(fileSha256)))),
        outputs: [EMBEDDINGS.table],
        summary: `${inputs.length} embeddings, ${there} of ${pieces.length} archives were there`,
      };
    },
    async share(context, share) {
      const { inputs, pieces } = await prepare();
      const own = piecesOfShare(pieces, share);
      const there = await make(context, inputs, own);
      context.log(`  ${itemsIn(own)} utterances in ${own.length} archives, of which ${there} were there`);
    },
  };

  /** @throws UserError where this machine finds another list or model than the one that asked for it */
  async function prepare() {
    const inputs = await listEmbeddingInputs(paths);
    const again = 'give the command again once nobody changes them; all machines must see the same files';
    if (hashOfInputs(inputs) !== list)
      throw new UserError(`${paths.join(', ')}: not the utterances that the command has found\n  ${again}`);
    if ((await library.identityOf(modelDir)) !== model)
      throw new UserError(`${modelDir}: not the model that the command has found\n  ${again}`);
    const keys = inputs.map(({ key }) => key);
    const input = sha256Hex(JSON.stringify(settings));
    // Archives of other work have other names: what an earlier table names stays as it was until the table is replaced.
    const pieces = planPieces(keys, { prefix: `embeddings-${input.slice(0, 8)}`, input });
    return { inputs, pieces };
  }

  async function make(
    { folder, log, progress, signal }: Pick<StageContext, 'folder' | 'log' | 'progress' | 'signal'>,
    inputs: readonly EmbeddingInput[],
    pieces: readonly WorkPiece[],
  ): Promise<number> {
    let embedder: Embedder | undefined; // opened where something is to be embedded
    const total = itemsIn(pieces);
    let done = 0;
    try {
      return await makePieces({
        folder,
        pieces,
        embed: async (from, to) => {
          embedder ??= await library.openEmbedder({ modelDir, engine, utterances: inputs.length });
          const embeddings = new Map<string, Float32Array>();
          const problems = await embedListed({
            ...{ inputs: inputs.slice(from, to), embedder, modelDir, asIs, otherRates, log, signal },
            progress: (what) => progress(what, ++done, total),
            onEmbedded: ({ key }, embedding) => void embeddings.set(key, embedding),
          });
          refuseProblems(problems, modelDir);
          return embeddings;
        },
      });
    } finally {
      await embedder?.close();
    }
  }
}
