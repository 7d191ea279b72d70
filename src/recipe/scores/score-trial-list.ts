/**
 * @file Scores a trial list with a system of a recipe: the recipe's test trials, its development trials, or a list of
 * the user's own over utterances of the manifest.
 */
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { checkEnrolment, type Enrolment, findEnrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { checkTrials, describeTrials, readTrials, type Trial } from '../../corpus/trials/trials.js';
import { UserError } from '../../errors.js';
import { needsCohort, needsTraining } from '../../scoring/backend/backend-options.js';
import type { Evaluation } from '../../scoring/measures/evaluation.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { checkWritable } from '../../storage/make-folder.js';
import type { Library, Reporting } from '../../tasks/model-work.js';
import { realLibrary } from '../../tasks/do-model-work.js';
import { embedFiles } from '../artifacts/embed.js';
import { corpusRecord, PREP, prepFiles } from '../artifacts/prep.js';
import { metricsRecord, scoreFiles } from '../artifacts/score.js';
import { refuseOverwriting, refuseStageFolder } from '../../storage/overwriting.js';
import { embedCached } from '../extraction/embed-cached.js';
import { readCohort } from '../../tasks/scoring/score-embeddings.js';
import { scoreTrials } from './write-scores.js';
import { systemSettings } from '../definition/system-settings.js';
import type { Recipe } from '../definition/schema.js';
import { findTrainingRuns, type TrainingRun } from '../definition/training-runs.js';
import type { Experiment } from '../running/work-folder.js';

export interface ScoreTrialListOptions extends Reporting {
  experiment: Experiment;
  /** Its `stagesToScore` must be up to date; what they have scored is not scored again. */
  run: string;
  /** A file, or the name of one of the recipe's own lists; default: its test trials, whatever files lie around. */
  trials?: string | undefined;
  /** The models that the trials enroll. Default: the map kept beside the list, where it has them all. */
  enrollMap?: string;
  /** Folder of the results. Default: `score/<run>` for the test trials, else `score-lists/<run>/<list>`. */
  out?: string;
  /**
   * Stage `embed/<run>` is up to date, so its embeddings of the test utterances are taken. Default: those of a test
   * list.
   */
  embedded?: boolean;
  library?: Pick<Library, 'openEmbedder'>;
}

/**
 * The stages whose results `scoreTrialList` reads: for a list other than the recipe's test trials none that reads
 * those.
 */
export function stagesToScore(
  { recipe, folder }: Pick<Experiment, 'recipe' | 'folder'>,
  { name, system }: TrainingRun,
  trials: string | undefined,
): string[] {
  if (isTestList(trials, join(folder, 'prep'))) return ['prep', `score/${name}`];
  return [
    'prep',
    systemSettings(recipe, system).featuresStage,
    `average/${name}`,
    ...(needsTraining(recipe.scoring) ? [`embed-train/${name}`] : []),
  ];
}

export async function scoreTrialList({
  experiment: { folder: workFolder, recipe },
  run,
  trials: given,
  enrollMap,
  out,
  embedded,
  library = realLibrary,
  ...reporting
}: ScoreTrialListOptions): Promise<{ folder: string; list: string; evaluation: Evaluation }> {
  const prep = join(workFolder, 'prep');
  const files = prepFiles(prep);
  const own = isTestList(given, prep);
  const { path, trials, found } = readAsked({ trials: given, enrollMap }, prep);
  const name = basename(path, extname(path));
  const folder = out ?? (own ? join(workFolder, 'score', run) : join(workFolder, 'score-lists', run, name));
  const utterances = readManifest(files.manifest);
  const enrolment = found?.enrolment;
  const known = new Set(utterances.map(({ id }) => id));
  if (recipe.evaluate === 'development') refuseTestTrials(recipe, path, { trials, enrolment, utterances });
  const summary = checkTrials(trials, known, path, enrolment);
  reporting.log(`${path}: ${describeTrials(summary)}`);
  if (found) {
    checkEnrolment(found.enrolment, known, found.path);
    reporting.log(`  enrolment ids are the ${found.enrolment.size} models of ${found.path}`);
  }
  if (own && out === undefined && enrollMap === undefined) {
    return { folder, list: path, evaluation: metricsRecord.read(folder) };
  }
  const embeddings =
    (embedded ?? own)
      ? readEmbeddings(embedFiles(join(workFolder, 'embed', run)).embeddings)
      : new Map<string, Float32Array>();
  const ids = [...utterancesOfTrials(trials, enrolment)].filter((id) => !embeddings.has(id));
  if (ids.length > 0) {
    const modelDir = join(workFolder, 'average', run);
    const { featuresStage } = systemSettings(recipe, findTrainingRuns(recipe, run)[0].system);
    const embedder = await library.openEmbedder({ modelDir, engine: recipe.engine, utterances: ids.length });
    try {
      const more = await embedCached({ ...reporting, embedder, cacheDir: join(workFolder, featuresStage), ids });
      for (const [id, embedding] of more.embeddings) embeddings.set(id, embedding);
    } finally {
      await embedder.close();
    }
  }
  const evaluation = await scoreTrials({
    ...reporting,
    settings: recipe,
    trials,
    enrolment,
    embeddings,
    trainingArchive: embedFiles(join(workFolder, 'embed-train', run)).embeddings,
    speakers: () => utterances,
    folder,
    partial: corpusRecord.read(prep).partial,
  });
  return { folder, list: path, evaluation };
}

/** @throws UserError where trials hold utterances of the test speakers */
function refuseTestTrials(
  { name }: Recipe,
  path: string,
  {
    trials,
    enrolment,
    utterances,
  }: { trials: readonly Trial[]; enrolment?: Enrolment; utterances: readonly Utterance[] },
): void {
  const test = new Set(utterances.filter(({ split }) => split === 'test').map(({ id }) => id));
  const held = [...utterancesOfTrials(trials, enrolment)].filter((id) => test.has(id));
  if (held.length === 0) return;
  throw new UserError(
    `${path}: ${held.length} test utterances (${held[0]} first), and recipe ${name} does not use its test trials yet (evaluate: development)\n` +
      '  once everything is chosen: --set evaluate=test',
  );
}

/** What is scored: a list, the models that it enrolls, and a folder for the results. */
type Asked = Pick<ScoreTrialListOptions, 'trials' | 'enrollMap' | 'out'>;

/**
 * What can be checked of a list, of its models and of the folder for the results before anything runs.
 * @param options.prepared what `prep` wrote holds, so utterances that it does not know can be told
 * @throws UserError
 */
export function checkAsked(
  { recipe, folder }: Pick<Experiment, 'recipe' | 'folder'>,
  asked: Asked,
  { prepared }: { prepared: boolean },
): (() => void)[] {
  const prep = join(folder, 'prep');
  const list = () => {
    if (isTestList(asked.trials, prep) && !prepared) return;
    if (asked.trials === PREP.devTrials && !existsSync(findTrials(asked.trials, prep))) return;
    const { path, trials, found } = readAsked(asked, prep);
    if (!prepared) return;
    const known = new Set(readManifest(prepFiles(prep).manifest).map(({ id }) => id));
    checkTrials(trials, known, path, found?.enrolment);
    if (found) checkEnrolment(found.enrolment, known, found.path);
  };
  const { from } = recipe.scoring.cohort;
  const cohort = () => {
    if (needsCohort(recipe.scoring) && from !== 'train') readCohort(from);
  };
  const outputs = () => {
    const { out, trials, enrollMap } = asked;
    if (out === undefined) return;
    checkWritable(out);
    refuseStageFolder(out);
    refuseOverwriting(Object.values(scoreFiles(out)), [trials, enrollMap, from]);
  };
  return [list, cohort, outputs];
}

function readAsked({ trials: given, enrollMap }: Asked, prep: string) {
  const path = findTrials(given, prep);
  const trials = readTrials(path, { ...(enrollMap !== undefined && { models: true }) });
  return { path, trials, found: findEnrolment(path, trials, enrollMap) };
}

/** Whether these are the recipe's test trials: not a file of that name, which goes before. */
function isTestList(given: string | undefined, prep: string): boolean {
  if (given === undefined) return true;
  const own = resolve(prepFiles(prep).trials);
  return resolve(given) === own || (!existsSync(given) && resolve(prep, given) === own);
}

/** A file of that name, else the recipe's own list of that name; default: its test trials. */
function findTrials(given: string | undefined, prep: string): string {
  if (given === undefined) return prepFiles(prep).trials;
  if (existsSync(given)) return given;
  // These are made with the corpus, if they are not there yet.
  const own = [PREP.trials, PREP.devTrials].find((name) => name === given || resolve(prep, name) === resolve(given));
  if (own !== undefined) return join(prep, own);
  throw new UserError(
    `${given}: no such trial list, neither here nor in ${prep}\n` +
      `  give a file of \`enroll test target|nontarget\` lines, or a list of the recipe: ${PREP.trials}, ${PREP.devTrials}`,
  );
}
