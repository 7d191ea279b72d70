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
import { embedCached } from '../extraction/embed-cached.js';
import type { Stage } from '../running/stage.js';

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
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const list = prepFiles(folderOf('prep')).trials;
      const trials = readTrials(list);
      const ids = [...utterancesOfTrials(trials, findEnrolment(list, trials)?.enrolment)].sort();
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine, utterances: ids.length });
      const { embeddings, speed } = await embedCached({
        ...reporting,
        embedder,
        cacheDir: folderOf(featuresStage),
        ids,
      });
      await embedder.close();
      const archive = embedFiles(folder).embeddings;
      writeEmbeddings(archive, embeddings);
      speedRecord.write(folder, speed);
      const rate = speed.frames / framesPerSecond(features) / speed.seconds;
      return {
        outputHash: await fileSha256(archive),
        outputs: [EMBED.embeddings, EMBED.index, speedRecord.name],
        summary: `${ids.length} embeddings, ${rate.toFixed(0)} s of speech a second`,
      };
    },
  };
}
