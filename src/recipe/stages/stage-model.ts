/**
 * @file Stage `model/<run>`: the averaged model with all that its use needs, in one folder that can be taken elsewhere:
 * weights and features, the recipe's back-end, embeddings for means and cohorts, the calibration and the thresholds
 * that the development trials give, and on what it was trained.
 */
import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { bySpeaker, compareIds, readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { languagesOf } from '../../corpus/readers/registry.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { keyedRandom } from '../../random.js';
import {
  needsCohort,
  needsTraining,
  scoringInForce,
  type ScoringOptions,
} from '../../scoring/backend/backend-options.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { learnDecisions } from '../../scoring/profile/learn-decisions.js';
import { PROFILE, writeScoringProfile, type ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import { readTrialTable } from '../../scoring/scores/trial-table.js';
import { guardWriting, writeFileAtomic } from '../../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { createArchiveWriter } from '../../storage/kaldi-archive.js';
import { phasesOf } from '../../training/phases.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { AVERAGE } from '../artifacts/average.js';
import { embedFiles } from '../artifacts/embed.js';
import { MODEL } from '../artifacts/model.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { scoreFiles } from '../artifacts/score.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemRun } from '../definition/training-runs.js';
import { embedCached } from '../extraction/embed-cached.js';
import type { Stage, StageContext } from '../running/stage.js';
import { cohortFile, cohortMembers } from '../../tasks/scoring/score-embeddings.js';

/** Embeddings that are drawn where the recipe's back-end needs none: enough for a mean and for AS-norm. */
const DRAWN = 300;

export function modelStage(recipe: Recipe, run: SystemRun, { openEmbedder }: Pick<Library, 'openEmbedder'>): Stage {
  const { scoring, engine } = recipe;
  const { name, system, seed, settings } = run;
  const { featuresStage, augmentation } = settings;
  const learns = needsTraining(scoring);
  return {
    name: `model/${name}`,
    ofRun: name,
    needs: [
      'prep:training',
      'prep:partial',
      `${featuresStage}:training`,
      `average/${name}`,
      `score-dev/${name}`,
      ...(learns ? [`embed-train/${name}`] : []),
    ],
    get settings() {
      const cohort = cohortFile(scoring);
      return { recipe: recipe.name, seed, scoring: scoringInForce(scoring), ...(cohort && { cohort }) };
    },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run(context) {
      const { folder, folderOf } = context;
      const manifest = readManifest(prepFiles(folderOf('prep')).manifest);
      const training = trainingUtterances(manifest, settings.training, seed);
      for (const file of Object.values(AVERAGE)) copyInto(folder, join(folderOf(`average/${name}`), file), file);
      const embeddings = await trainingEmbeddings(context, training);
      const decided = decisionsOf(context, manifest);
      writeScoringProfile(folder, {
        scoring: keepCohort(folder, manifest),
        ...decided,
        embeddings,
        trained: {
          corpora: [...new Set(training.map(({ corpus }) => corpus))].sort(),
          ...pick(corpusRecord.read(folderOf('prep')).partial, 'partial'),
          ...pick(languagesOf(training.map(({ corpus }) => corpus)), 'language'),
          speakers: new Set(training.map(({ speaker }) => speaker)).size,
          utterances: training.length,
          hours: training.reduce((sum, { duration }) => sum + duration, 0) / 3600,
          sampleRates: [...new Set(training.map(({ sampleRate }) => sampleRate))].sort((a, b) => a - b),
          augmented: phasesOf(settings.training, augmentation).some((phase) => phase.augmentation !== null),
          ...{ recipe: recipe.name, system, seed },
        },
      });
      const hashes = await Promise.all([MODEL.weights, MODEL.profile].map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: Object.values(MODEL),
        summary: decided.calibration
          ? 'the model, its calibration and its thresholds'
          : `the model without calibration: ${decided.noCalibration}`,
      };
    },
  };

  /** Puts them into the folder, with the speakers of each. */
  async function trainingEmbeddings(
    { folder, folderOf, progress, signal }: StageContext,
    training: readonly Utterance[],
  ): Promise<ScoringProfile['embeddings']> {
    const archive = join(folder, PROFILE.embeddings);
    const speakerOf = new Map(training.map(({ id, speaker }) => [id, speaker]));
    let ids: string[];
    if (learns) {
      const made = embedFiles(folderOf(`embed-train/${name}`)).embeddings;
      ids = [...readEmbeddings(made).keys()];
      copyInto(folder, made, PROFILE.embeddings);
    } else {
      ids = drawUtterances(training, DRAWN);
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine, utterances: ids.length });
      try {
        const cacheDir = folderOf(featuresStage);
        writeArchive(archive, (await embedCached({ embedder, cacheDir, ids, progress, signal })).embeddings);
      } finally {
        await embedder.close();
      }
    }
    const speakers = ids.map((id) => speakerOf.get(id)!);
    writeFileAtomic(join(folder, PROFILE.speakers), ids.map((id, i) => `${id} ${speakers[i]}\n`).join(''));
    return { utterances: ids.length, speakers: new Set(speakers).size, drawn: !learns };
  }

  function decisionsOf(
    { folderOf }: StageContext,
    manifest: readonly Utterance[],
  ): Pick<ScoringProfile, 'development' | 'calibration' | 'noCalibration' | 'decisions'> {
    const { devTrials } = prepFiles(folderOf('prep'));
    const trials = readTrials(devTrials);
    const targets = trials.filter(({ target }) => target).length;
    if (targets === 0 || targets === trials.length) {
      const noCalibration = `the recipe has ${targets} target among ${trials.length} development trials`;
      return { noCalibration, decisions: [] };
    }
    const { scores: where } = scoreFiles(folderOf(`score-dev/${name}`));
    const table = readTrialTable(devTrials, { models: findEnrolment(devTrials, trials) !== undefined });
    const speakers = new Set(manifest.filter(({ split }) => split === 'dev').map(({ speaker }) => speaker)).size;
    return learnDecisions({
      scores: joinScores(readScores(where), table, where),
      labels: table.labels,
      speakers,
      where,
    });
  }

  /** The recipe's back-end; a cohort from elsewhere goes into the folder. */
  function keepCohort(folder: string, manifest: readonly Utterance[]): ScoringOptions {
    if (!needsCohort(scoring) || scoring.cohort.from === 'train') return scoring;
    const speakerOf = new Map(manifest.map(({ id, speaker }) => [id, speaker]));
    writeArchive(join(folder, PROFILE.cohort), cohortMembers(scoring, undefined, speakerOf));
    return { ...scoring, cohort: { from: PROFILE.cohort, of: 'utterances' } };
  }
}

/** Ids of at most so many utterances, as evenly from the speakers as they have them, in the order of ids. */
export function drawUtterances(utterances: readonly Utterance[], count: number): string[] {
  const speakers = [...bySpeaker(utterances)].sort(([a], [b]) => compareIds(a, b));
  const order = keyedRandom('model folder', 'speakers').shuffle(speakers);
  const shuffled = order.map(([speaker, own]) => keyedRandom('model folder', speaker).shuffle([...own]));
  const longest = shuffled.reduce((most, own) => Math.max(most, own.length), 0);
  const rounds = Array.from({ length: longest }, (_, round) => shuffled.flatMap((own) => own[round] ?? []));
  return rounds
    .flat()
    .slice(0, count)
    .map(({ id }) => id)
    .sort(compareIds);
}

function writeArchive(path: string, embeddings: Iterable<[string, ArrayLike<number>]>): void {
  const writer = createArchiveWriter(path);
  try {
    for (const [id, embedding] of embeddings) writer.writeVector(id, Float32Array.from(embedding));
  } catch (error) {
    writer.abort();
    throw error;
  }
  writer.close();
}

/** A clone where the file system can. */
function copyInto(folder: string, from: string, name: string): void {
  const path = join(folder, name);
  guardWriting(path, () => copyFileSync(from, path, constants.COPYFILE_FICLONE));
}

const pick = <Key extends string>(value: string | undefined, key: Key) =>
  value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
