/**
 * @file Stage `robustness/<run>`: the test trials once more, with utterances cut short and in noise, as the recipe's
 * `robustness` says → a score file a condition (`scores_1s.txt`, `scores_20dB.txt`) and `robustness.json`.
 *
 * Cuts and noise are drawn with the recipe's seed for each utterance, so they are the same for all systems and all
 * trainings. Model and back-end are those of `score/<run>`. An interruption keeps the conditions that are
 * finished, other settings set the results aside, and take them up again when they are changed back.
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { createDegradedFeatures } from '../../features/degraded-speech.js';
import { needsTraining, scoringInForce } from '../../scoring/backend/backend-options.js';
import { describeScores, evaluateScores, type Evaluation } from '../../scoring/measures/evaluation.js';
import { writeScores } from '../../scoring/scores/scores-file.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { embedFiles } from '../artifacts/embed.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { robustnessRecord, testedRecord, type TestedCondition } from '../artifacts/robustness.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemRun } from '../definition/training-runs.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { degradedIds, degradedTrials } from '../robustness/degraded-trials.js';
import { embedDegraded } from '../robustness/embed-degraded.js';
import {
  type Condition,
  describeTestNoise,
  listConditions,
  noiseIdentity,
  openTestNoise,
  type RobustnessOptions,
} from '../definition/robustness-options.js';
import type { Library } from '../../tasks/model-work.js';
import type { Stage, StageContext } from '../running/stage.js';
import { cohortFile, scoreEmbeddings } from '../../tasks/scoring/score-embeddings.js';

/** @param robustness the recipe's, which has one */
export function robustnessStage(
  recipe: Recipe,
  robustness: RobustnessOptions,
  { name, settings: { features } }: SystemRun,
  { openEmbedder }: Pick<Library, 'openEmbedder'>,
): Stage {
  const { scoring, engine, seed } = recipe;
  const { durations, snr, sides } = robustness;
  const learns = needsTraining(scoring);
  return {
    name: `robustness/${name}`,
    ofRun: name,
    forTest: true,
    needs: ['prep', `average/${name}`, `embed/${name}`, ...(learns ? [`embed-train/${name}`] : [])],
    get settings() {
      const noise = noiseIdentity(robustness);
      const cohort = cohortFile(scoring);
      return {
        ...{ durations, snr, sides, noise, seed, engine: engine.name, features },
        scoring: scoringInForce(scoring),
        ...(cohort && { cohort }),
      };
    },
    version: scoring.normalize === 'none' ? 1 : 2,
    // Many conditions take longer than the test itself.
    whenChanged: 'set aside',
    resumable: true,
    async share(context, { index, count }) {
      const { sharesFolder } = context;
      const own = listConditions(robustness).filter((_, position) => position % count === index);
      const tester = await openTester(context);
      try {
        for (const condition of own.filter((each) => !tested(sharesFolder, each)))
          testedRecord(condition).write(sharesFolder, await tester.test(condition, sharesFolder));
      } finally {
        await tester.close();
      }
    },
    async run(context) {
      const { folder, sharesFolder } = context;
      const recorded = robustnessRecord.readIfThere(folder)?.conditions ?? [];
      const found = new Map(
        recorded.filter(({ scores }) => existsSync(join(folder, scores))).map((each) => [each.condition, each]),
      );
      const all = listConditions(robustness);
      const inOrder = () => all.flatMap(({ name }) => found.get(name) ?? []);
      const tester = await openTester(context);
      try {
        for (const condition of all.filter(({ name }) => !found.has(name))) {
          const shared = tested(sharesFolder, condition);
          if (shared) renameSync(join(sharesFolder, condition.scores), join(folder, condition.scores));
          found.set(condition.name, shared ?? (await tester.test(condition, folder)));
          robustnessRecord.write(folder, { ...tester.about, conditions: inOrder() });
        }
      } finally {
        await tester.close();
      }
      const conditions = inOrder();
      const outputs = [robustnessRecord.name, ...conditions.map(({ scores }) => scores)];
      const hashes = await Promise.all(outputs.map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs,
        summary: conditions.map(({ condition, eer }) => `${condition} ${(100 * eer).toFixed(2)} %`).join(', '),
      };
    },
  };

  /** What a share has found of a condition. */
  function tested(sharesFolder: string, condition: Condition): TestedCondition | undefined {
    return existsSync(join(sharesFolder, condition.scores))
      ? testedRecord(condition).readIfThere(sharesFolder)
      : undefined;
  }

  async function openTester(context: StageContext) {
    const { folderOf, log, progress, signal } = context;
    const inputs = readInputs(context);
    const { trials, partial, utterances } = inputs;
    const source = await openTestNoise(robustness, { signal });
    const open = async () => {
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine });
      const { minFrames } = embedder;
      return { embedder, extract: createDegradedFeatures(features, { seed, minFrames, ...source }) };
    };
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    return {
      about: { sides, utterances: utterances.length, noise: source && describeTestNoise(source.noise) },
      /** Writes the condition's scores into the folder. */
      async test(condition: Condition, folder: string): Promise<TestedCondition> {
        opened ??= await open();
        const options = { ...opened, normalize: features.normalize, utterances, condition };
        const { embeddings, whole } = await embedDegraded({ ...options, progress, signal });
        const path = join(folder, condition.scores);
        const scores = await score(context, inputs, embeddings);
        const evaluation = evaluateScores(scores, trials, { where: path, partial });
        writeScores(path, trials, scores);
        const kept = whole > 0 ? `; ${whole} of ${utterances.length} utterances are no longer and stay whole` : '';
        log(`  ${condition.name}: ${describeScores(evaluation)}${kept}`);
        return asTested(condition, whole, evaluation);
      },
      close: async () => opened?.embedder.close(),
    };
  }

  function readInputs({ folderOf }: StageContext) {
    const { trials: list, manifest: utterances } = prepFiles(folderOf('prep'));
    const trials = readTrials(list);
    const enrolment = findEnrolment(list, trials)?.enrolment;
    const manifest = readManifest(utterances);
    const degraded = degradedIds(trials, enrolment, sides);
    return {
      trials,
      enrolment,
      manifest,
      utterances: manifest.filter(({ id }) => degraded.has(id)),
      clean: readEmbeddings(embedFiles(folderOf(`embed/${name}`)).embeddings),
      trainingArchive: learns ? embedFiles(folderOf(`embed-train/${name}`)).embeddings : undefined,
      partial: corpusRecord.read(folderOf('prep')).partial,
    };
  }

  async function score(
    { progress, signal }: StageContext,
    { trials, enrolment, manifest, clean, trainingArchive }: ReturnType<typeof readInputs>,
    degraded: ReadonlyMap<string, Float32Array>,
  ): Promise<Float64Array> {
    const { manifest: all, ...sided } = degradedTrials({ trials, sides, clean, degraded, manifest });
    const { scores } = await scoreEmbeddings({
      ...sided,
      ...{ settings: recipe, enrolment, trainingArchive, progress, signal },
      speakers: () => all,
      log: () => undefined, // stage `score` has said what there is to say of the back-end
    });
    return scores;
  }
}

function asTested({ name, degradation, scores }: Condition, whole: number, evaluation: Evaluation): TestedCondition {
  return { condition: name, ...degradation, scores, whole, ...evaluation };
}
