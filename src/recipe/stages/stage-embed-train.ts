/**
 * @file Stage `embed-train/<run>`: embeddings of training utterances, of which back-ends and cohorts are made; only in
 * recipes whose scoring needs them. Writes `embeddings.ark` and `.scp`.
 */
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import { fileSha256 } from '../../storage/hashing.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';
import type { Library } from '../../tasks/model-work.js';
import type { Recipe } from '../definition/schema.js';
import { embedCached } from './stage-embed.js';
import type { Stage } from '../running/stage-runner.js';
import { systemSettings } from '../definition/system-settings.js';
import type { TrainingRun } from '../definition/training-runs.js';

export function embedTrainStage(
  recipe: Recipe,
  run: TrainingRun,
  { openEmbedder }: Pick<Library, 'openEmbedder'>,
): Stage {
  const { name, system } = run;
  const { featuresStage } = systemSettings(recipe, system);
  const { engine, seed } = recipe;
  const { utterances: wanted } = recipe.scoring;
  return {
    name: `embed-train/${name}`,
    needs: ['prep:training', `${featuresStage}:training`, `average/${name}`],
    settings: { engine: engine.name, utterances: wanted, ...(wanted !== 'all' && { seed }) },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const manifest = readManifest(join(folderOf('prep'), 'manifest.jsonl'));
      const training = manifest.filter(({ split }) => split === 'train');
      if (wanted !== 'all' && wanted > training.length) {
        throw new UserError(
          `scoring.utterances: ${wanted} training utterances are wanted, the corpus has ${training.length}; take all`,
        );
      }
      const chosen =
        wanted === 'all'
          ? training
          : keyedRandom(seed, 'back-end')
              .shuffle([...training])
              .slice(0, wanted);
      const ids = chosen.map(({ id }) => id).sort();
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine });
      const { embeddings } = await embedCached({ ...reporting, embedder, cacheDir: folderOf(featuresStage), ids });
      await embedder.close();
      const archive = join(folder, 'embeddings.ark');
      writeEmbeddings(archive, embeddings);
      const speakers = new Set(chosen.map(({ speaker }) => speaker)).size;
      return {
        outputHash: await fileSha256(archive),
        outputs: ['embeddings.ark', 'embeddings.scp'],
        summary: `${ids.length} embeddings of ${speakers} speakers`,
      };
    },
  };
}
