/**
 * @file Stage `embed-train/<run>`: embeddings of training utterances, of which back-ends and cohorts are made; only in
 * recipes whose scoring needs them. Writes `embeddings.ark` and `.scp`.
 */
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import { fileSha256 } from '../../storage/hashing.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { EMBED, embedFiles } from '../artifacts/embed.js';
import { prepFiles } from '../artifacts/prep.js';
import { isReady } from '../definition/ready-model.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemRun } from '../definition/training-runs.js';
import { embedShare, embedShared, type SharedEmbedding } from '../extraction/embed-shared.js';
import type { Stage, StageContext } from '../running/stage.js';

export function embedTrainStage(
  { engine, seed, scoring: { utterances: wanted } }: Recipe,
  { name, seed: ofRun, settings: { model, featuresStage, training: ofTraining } }: SystemRun,
  { openEmbedder }: Pick<Library, 'openEmbedder'>,
): Stage {
  return {
    name: `embed-train/${name}`,
    ofRun: name,
    needs: ['prep:training', `${featuresStage}:training`, `average/${name}`],
    settings: {
      ...{ engine: engine.name, utterances: wanted },
      ...(wanted !== 'all' && { seed }),
      // A training that it needs depends on them already.
      ...(isReady(model) && ofTraining.speakers && { speakers: ofTraining.speakers, drawnBy: ofRun }),
    },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    share: (context, share) => embedShare(toEmbed(context), context, share),
    async run(context) {
      const { folder } = context;
      const { chosen, ...wanted } = toEmbed(context);
      const { embeddings } = await embedShared(wanted, context);
      const archive = embedFiles(folder).embeddings;
      writeEmbeddings(archive, embeddings);
      const speakers = new Set(chosen.map(({ speaker }) => speaker)).size;
      return {
        outputHash: await fileSha256(archive),
        outputs: [EMBED.embeddings, EMBED.index],
        summary: `${embeddings.size} embeddings of ${speakers} speakers`,
      };
    },
  };

  function toEmbed({ folderOf }: Pick<StageContext, 'folderOf'>): SharedEmbedding & { chosen: Utterance[] } {
    const manifest = readManifest(prepFiles(folderOf('prep')).manifest);
    const training = trainingUtterances(manifest, ofTraining, ofRun);
    if (wanted !== 'all' && wanted > training.length) {
      throw new UserError(
        `scoring.utterances: expected at least ${wanted} training utterances, ${name} is trained on ${training.length}; set it to all`,
      );
    }
    const chosen =
      wanted === 'all'
        ? training
        : keyedRandom(seed, 'back-end')
            .shuffle([...training])
            .slice(0, wanted);
    const ids = chosen.map(({ id }) => id).sort();
    const modelDir = folderOf(`average/${name}`);
    return {
      ...{ chosen, ids, cacheDir: folderOf(featuresStage) },
      openEmbedder: () => openEmbedder({ modelDir, engine, utterances: ids.length }),
    };
  }
}
