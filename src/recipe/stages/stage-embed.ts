/**
 * @file Stage `embed/<run>`: one embedding for each utterance of the test trials and of their models, from whole
 * utterances.
 *
 * Writes `embeddings.ark` and `.scp` (Kaldi vectors) and `speed.json` (time that it took; `compare` has its
 * speed from stage `cost`, which measures nothing else).
 */
import { findEnrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { framesPerSecond } from '../../features/options.js';
import { fileSha256 } from '../../storage/hashing.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';
import type { Library } from '../../tasks/model-work.js';
import { EMBED, embedFiles, speedRecord } from '../artifacts/embed.js';
import { prepFiles } from '../artifacts/prep.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemRun } from '../definition/training-runs.js';
import { embedShare, embedShared, type SharedEmbedding } from '../extraction/embed-shared.js';
import type { Stage, StageContext } from '../running/stage.js';

export function embedStage(
  { engine }: Recipe,
  { name, settings: { featuresStage, features } }: SystemRun,
  { openEmbedder }: Pick<Library, 'openEmbedder'>,
): Stage {
  return {
    name: `embed/${name}`,
    ofRun: name,
    forTest: true,
    needs: ['prep', featuresStage, `average/${name}`],
    settings: { engine: engine.name },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    share: (context, share) => embedShare(toEmbed(context), context, share),
    async run(context) {
      const { folder } = context;
      const wanted = toEmbed(context);
      const { embeddings, speed } = await embedShared(wanted, context);
      const archive = embedFiles(folder).embeddings;
      writeEmbeddings(archive, embeddings);
      speedRecord.write(folder, speed);
      const rate = speed.frames / framesPerSecond(features) / speed.seconds;
      const made = speed.utterances > 0 ? `${rate.toFixed(0)} s of speech a second` : 'made in shares';
      return {
        outputHash: await fileSha256(archive),
        outputs: [EMBED.embeddings, EMBED.index, speedRecord.name],
        summary: `${embeddings.size} embeddings, ${made}`,
      };
    },
  };

  function toEmbed({ folderOf }: Pick<StageContext, 'folderOf'>): SharedEmbedding {
    const list = prepFiles(folderOf('prep')).trials;
    const trials = readTrials(list);
    const ids = [...utterancesOfTrials(trials, findEnrolment(list, trials)?.enrolment)].sort();
    const modelDir = folderOf(`average/${name}`);
    return {
      ...{ ids, cacheDir: folderOf(featuresStage) },
      openEmbedder: () => openEmbedder({ modelDir, engine, utterances: ids.length }),
    };
  }
}
