/**
 * @file Stage `report`: everything that a recipe found out → `index.html`, one page that needs nothing else, and
 * `figures/` with each figure as SVG, PNG and CSV.
 *
 * Gathers what the stages before wrote; `report/html` makes the page. What draws is loaded when the stage runs.
 */
import { findEnrolment, type Enrolment } from '../../corpus/trials/enrolment.js';
import { readManifest, summarizeCorpus, type Utterance } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import type { EmbeddingMapInput } from '../../report/figures/embedding-plane.js';
import type { ScoredTrials } from '../../report/figures/scored-systems.js';
import type { TrainingRecord } from '../../report/figures/training-record.js';
import { comparedOf } from '../../report/comparison/report-view.js';
import type { CorpusSummary, TestedData, WorstTrials } from '../../report/html/report-data.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import { worstTrials } from '../../scoring/scores/slices.js';
import { speakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../scoring/scores/trial-table.js';
import { fileSha256 } from '../../storage/hashing.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { type GuestSystem, scorePaths } from '../comparison/guest-systems.js';
import { drawAttention } from '../report-data/report-attention.js';
import { cutClips } from '../report-data/report-clips.js';
import { readProvenance } from '../report-data/report-provenance.js';
import { ablationRecord } from '../artifacts/ablation.js';
import { comparisonRecord } from '../artifacts/compare.js';
import { embedFiles } from '../artifacts/embed.js';
import { prepFiles } from '../artifacts/prep.js';
import { REPORT, reportFiles } from '../artifacts/report.js';
import { scoreFiles } from '../artifacts/score.js';
import { readTrainingLog } from '../artifacts/train.js';
import { comparingStages, type Compared } from '../comparison/chosen-systems.js';
import { choosesByDevelopment } from '../definition/grid.js';
import type { Recipe } from '../definition/schema.js';
import type { Stage, StageContext } from '../running/stage.js';
import { isReady } from '../definition/ready-model.js';
import { stagesOfRun, trainingRuns } from '../definition/training-runs.js';
import { sidesFromManifest } from '../../tasks/score-files/trial-sides.js';

/** Of each kind. */
const WORST_TRIALS = 5;

/** @param workFolder `exp/<recipe>` */
export function reportStage(recipe: Recipe, compared: Compared, workFolder: string): Stage {
  const { names = Object.keys(recipe.systems), baseline = recipe.baseline, guests = [] } = compared;
  const comparing = comparingStages(compared);
  const { evaluate, report } = recipe;
  const model = names.includes(recipe.model) ? recipe.model : (names.find((name) => name !== baseline) ?? baseline);
  const runs = names.flatMap((name) => trainingRuns(recipe, name));
  const tested = evaluate === 'test';
  const ofRuns = ['train', 'average', ...(tested ? ['embed', 'score'] : [])];
  const chooses = choosesByDevelopment(recipe);
  return {
    name: comparing.report,
    forTest: tested,
    needs: [
      'prep',
      ...runs.flatMap((run) => stagesOfRun(recipe, run, ofRuns)),
      ...(chooses ? ['ablation'] : []),
      ...(tested ? [comparing.compare] : []),
    ],
    // Guests change what `compare` writes, which is needed.
    settings: { name: recipe.name, systems: names, model, baseline, report },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, log, signal }) {
      const { writeReport } = await import('../../report/html/write-report.js');
      const utterances = readManifest(prepFiles(folderOf('prep')).manifest);
      const trainings = runs.flatMap(({ name, system }): TrainingRecord[] => {
        if (isReady(recipe.systems[system].model)) return [];
        const rows = readTrainingLog(folderOf(`train/${name}`));
        return rows ? [{ system, run: name, rows }] : [];
      });
      const shown = utterances.filter(({ split }) => split === (tested ? 'test' : 'dev'));
      const gathered = { names, model, baseline, guests, comparison: comparing.compare, folderOf, utterances: shown };
      const listed = [
        'prep',
        ...runs.flatMap((run) => stagesOfRun(recipe, run, ['train', ...(tested ? ['score'] : [])])),
      ];
      const { paths, absent, noPng } = await writeReport(folder, {
        recipe: recipe.name,
        model,
        baseline,
        corpus: describeCorpus(recipe, utterances),
        ...(tested && { tested: await gatherTested(recipe, gathered) }),
        ...(chooses && { ablation: ablationRecord.read(folderOf('ablation')) }),
        trainings,
        attention: await drawAttention({
          modelDir: folderOf(`average/${model}`),
          engine: recipe.engine,
          utterances: shown,
          signal,
        }),
        provenance: readProvenance(workFolder, [...listed, ...(tested ? [comparing.compare] : [])].map(folderOf), [
          ...new Set(runs.map((run) => run.seed)),
        ]),
      });
      signal?.throwIfAborted();
      for (const line of absent) log(`  left out: ${line}`);
      if (noPng !== undefined) log(`  no PNG files: ${noPng}`);
      log(`  written: ${paths[0]}`);
      return {
        outputHash: await fileSha256(reportFiles(folder).page),
        outputs: [REPORT.page, REPORT.figures],
        summary: `${paths[0]} and ${paths.length - 1} files of figures`,
      };
    },
  };
}

interface Gathered {
  readonly names: readonly string[];
  readonly model: string;
  readonly baseline: string;
  readonly guests: readonly GuestSystem[];
  /** The stage that compared them. */
  readonly comparison: string;
  readonly folderOf: StageContext['folderOf'];
  /** Of the test speakers. */
  readonly utterances: readonly Utterance[];
}

/** What stages after the trainings found with the test trials. */
async function gatherTested(recipe: Recipe, gathered: Gathered): Promise<TestedData> {
  const { trials, enrolment } = gatherTrials(recipe, gathered);
  return {
    compared: comparedOf(comparisonRecord.read(gathered.folderOf(gathered.comparison))),
    trials,
    embeddings: await gatherEmbeddings(recipe, gathered),
    worst: await gatherWorst(recipe, gathered.model, { trials, enrolment, utterances: gathered.utterances }),
  };
}

function gatherTrials(
  recipe: Recipe,
  { names, guests, folderOf }: Gathered,
): { trials: ScoredTrials; enrolment?: Enrolment } {
  const { trials: list, manifest } = prepFiles(folderOf('prep'));
  const trials = readTrials(list);
  const enrolment = findEnrolment(list, trials)?.enrolment;
  const table = tableOfTrials(trials);
  const sides = sidesFromManifest(manifest, table, { trials: list });
  const speakerOf = new Map(table.ids.map((id, number) => [id, sides[number].speaker]));
  const files = [
    ...names.map((name) => ({
      name,
      paths: trainingRuns(recipe, name).map((run) => scoreFiles(folderOf(`score/${run.name}`)).scores),
    })),
    ...guests.map((guest) => ({ name: guest.name, paths: scorePaths(guest) })),
  ];
  const systems = files.map(({ name, paths }) => ({
    name,
    runs: paths.map((path) => joinScores(readScores(path), table, path)),
  }));
  return { trials: { table, sides, speakers: speakerPairs(table, speakerOf), systems, seed: recipe.seed }, enrolment };
}

async function gatherEmbeddings(
  { seed }: Recipe,
  { names, model, baseline, folderOf, utterances: tested }: Gathered,
): Promise<EmbeddingMapInput> {
  const { chooseUtterances } = await import('../../report/figures/embedding-plane.js');
  const systems = [...new Set([model, baseline])].filter((name) => names.includes(name));
  const archives = systems.map((name) => readEmbeddings(embedFiles(folderOf(`embed/${name}`)).embeddings));
  // Only utterances of trials are embedded.
  const embedded = tested.filter(({ id }) => archives.every((archive) => archive.has(id)));
  const utterances = chooseUtterances(embedded, seed);
  return {
    utterances,
    systems: systems.map((name, i) => ({ name, embeddings: utterances.map(({ id }) => archives[i].get(id)!) })),
    of: { utterances: embedded.length, speakers: new Set(embedded.map(({ speaker }) => speaker)).size },
    seed,
  };
}

async function gatherWorst(
  recipe: Recipe,
  model: string,
  { trials, enrolment, utterances }: { trials: ScoredTrials; enrolment?: Enrolment; utterances: readonly Utterance[] },
): Promise<WorstTrials> {
  const { table, systems } = trials;
  const [scores] = systems.find(({ name }) => name === model)!.runs;
  const { threshold } = evaluateLabelled(scores, table.labels);
  const found = worstTrials(scores, table.labels, WORST_TRIALS);
  const wrong = [
    ...found.targets.filter((trial) => scores[trial] < threshold),
    ...found.nontargets.filter((trial) => scores[trial] >= threshold),
  ];
  const byId = new Map(utterances.map((utterance) => [utterance.id, utterance]));
  /** An utterance, or of a model of several the first. */
  const sideOf = (number: number) => {
    const id = table.ids[number];
    return { id, utterance: byId.get(id) ?? byId.get(enrolment?.get(id)?.[0] ?? '') };
  };
  const pairs = wrong.map((trial) => ({
    trial,
    enroll: sideOf(table.enroll[trial]),
    test: sideOf(table.test[trial]),
  }));
  const { clips, note } = await cutClips(
    recipe,
    pairs.flatMap(({ enroll, test }) => [enroll.utterance, test.utterance].filter((each) => each !== undefined)),
  );
  const describe = ({ id, utterance }: ReturnType<typeof sideOf>) => ({
    id,
    speaker: utterance?.speaker ?? '',
    duration: utterance?.duration ?? NaN,
    gender: utterance?.gender,
    clip: utterance && clips.get(utterance.id),
  });
  return {
    system: model,
    threshold,
    audioNote: note,
    trials: pairs.map(({ trial, enroll, test }) => ({
      target: table.labels[trial] === 1,
      score: scores[trial],
      enroll: describe(enroll),
      test: describe(test),
    })),
  };
}

function describeCorpus({ corpus }: Recipe, utterances: readonly Utterance[]): CorpusSummary {
  const splits = summarizeCorpus(utterances);
  return {
    type: corpus.type,
    utterances: utterances.length,
    speakers: splits.reduce((sum, { speakers }) => sum + speakers, 0),
    hours: splits.reduce((sum, { hours }) => sum + hours, 0),
  };
}
