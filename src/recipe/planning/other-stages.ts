/**
 * @file What a recipe takes beside its trainings: listening, features, embeddings, scores, robustness. What is up to date
 * is not counted; nor are the last stages (cost, comparison, report), which take no longer for a larger corpus.
 *
 * Processor time of audio and networks comes from the newest such stage in the folder of experiments, else from what was
 * measured elsewhere (`ASSUMED`).
 */
import { join } from 'node:path';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { findEnrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import { trainingVariants } from '../../features/variants.js';
import { needsCohort } from '../../scoring/backend/backend-options.js';
import type { Library } from '../../tasks/model-work.js';
import { prepFiles } from '../artifacts/prep.js';
import { isReady } from '../definition/ready-model.js';
import { listConditions } from '../definition/robustness-options.js';
import type { Recipe } from '../definition/schema.js';
import { resolveSystems, type SystemSettings } from '../definition/system-settings.js';
import { trainingRuns } from '../definition/training-runs.js';
import { degradedIds } from '../robustness/degraded-trials.js';
import type { AudioRate, MeasuredRates } from './measured-rates.js';
import { rateFor } from './network-rate.js';

/** Seconds of a thread: for a second of audio (WAV), for a trial, and for an utterance and a member of the cohort. */
const ASSUMED = { listening: 0.35e-3, features: 0.5e-3, trial: 8e-6, cohortPair: 15e-9 };

/** Hours of threads and of GPUs. */
export interface Hours {
  cpu: number;
  gpu: number;
}

export interface PlannedStage extends Hours {
  stage: 'listening' | 'features' | 'embeddings' | 'scores' | 'robustness';
  /** What there is to do, in words. */
  amount: string;
  /** Where the rate comes from. */
  basis: string;
}

export interface OtherStages {
  stages: PlannedStage[];
  /** What is done of each run after its training, in the parts that jobs may share. */
  ofRun: Map<string, Record<'embeddings' | 'scores' | 'robustness', Hours>>;
}

export interface OtherStagesOptions {
  recipe: Recipe;
  utterances: readonly Utterance[];
  workFolder: string;
  isDue: (stage: string) => boolean;
  gpu: boolean;
  threads: number;
  rates: MeasuredRates;
  library: Pick<Library, 'modelFigures'>;
}

export async function planOtherStages(options: OtherStagesOptions): Promise<OtherStages> {
  const { recipe, utterances, isDue } = options;
  const systems = resolveSystems(recipe);
  const stages = [planListening(options), planFeatures(options, systems)];
  const tests = readTests(options);
  const ofRun: OtherStages['ofRun'] = new Map();
  const bases = { embeddings: new Set<string>(), robustness: new Set<string>() };
  const count = { embeddings: 0, trials: 0, conditions: 0 };
  const { scoring, robustness } = recipe;
  const training = utterances.filter(({ split }) => split === 'train');
  const cohort = needsCohort(scoring) ? enough(training.length, scoring.utterances) : 0;
  for (const [system, { model }] of systems) {
    if (isReady(model)) continue;
    for (const { name } of trainingRuns(recipe, system)) {
      const embed = (audio: readonly Utterance[], seconds = secondsOf(audio)) =>
        embedding(model, { ...options, count: audio.length, seconds });
      const own = { embeddings: none(), scores: none(), robustness: none() };
      const toEmbed = [
        ...(isDue(`embed/${name}`) ? [tests.test] : []),
        ...(isDue(`score-dev/${name}`) ? [tests.dev] : []),
        ...(isDue(`embed-train/${name}`) ? [training.slice(0, enough(training.length, scoring.utterances))] : []),
      ];
      for (const audio of toEmbed.filter(({ length }) => length > 0)) {
        const { basis, ...hours } = await embed(audio);
        own.embeddings = sum([own.embeddings, hours]);
        bases.embeddings.add(basis);
        count.embeddings += audio.length;
      }
      for (const [stage, trials, audio] of [
        ['score', tests.testTrials, tests.test],
        ['score-dev', tests.devTrials, tests.dev],
      ] as const) {
        if (!isDue(`${stage}/${name}`)) continue;
        own.scores.cpu += (trials * ASSUMED.trial + audio.length * cohort * ASSUMED.cohortPair) / 3600;
        count.trials += trials;
      }
      if (robustness && isDue(`robustness/${name}`)) {
        for (const { degradation } of listConditions(robustness)) {
          const { kind, value } = degradation;
          const heard = secondsOf(tests.degraded);
          const cut = kind === 'duration' ? Math.min(heard, value * tests.degraded.length) : heard;
          const { basis, ...hours } = await embed(tests.degraded, cut);
          const cpu = (heard * ASSUMED.features + tests.testTrials * ASSUMED.trial) / 3600;
          own.robustness = sum([own.robustness, hours, { cpu, gpu: 0 }]);
          bases.robustness.add(basis);
          count.conditions++;
        }
      }
      ofRun.set(name, own);
    }
  }
  const total = (key: 'embeddings' | 'scores' | 'robustness') => sum([...ofRun.values()].map((each) => each[key]));
  const basisOf = (found: ReadonlySet<string>) => [...found].join('; ');
  stages.push(
    { stage: 'embeddings', amount: `${count.embeddings} of all trainings`, ...total('embeddings'), basis: basisOf(bases.embeddings) }, // prettier-ignore
    { stage: 'scores', amount: `${count.trials} of all trainings`, ...total('scores'), basis: 'assumed' },
    { stage: 'robustness', amount: `${count.conditions} conditions of all trainings`, ...total('robustness'), basis: basisOf(bases.robustness) }, // prettier-ignore
  );
  return { stages: stages.filter(({ cpu, gpu }) => cpu + gpu > 0), ofRun };
}

function planListening({ recipe: { inspect }, utterances, isDue, rates }: OtherStagesOptions): PlannedStage {
  const due = isDue('prep') && inspect !== 'none';
  const count = due ? enough(utterances.length, inspect) : 0;
  const seconds = (secondsOf(utterances) * count) / utterances.length;
  return { stage: 'listening', ...audioWork(rates.listening, ASSUMED.listening, { count, seconds }) };
}

function planFeatures(
  { utterances, isDue, rates }: OtherStagesOptions,
  systems: ReadonlyMap<string, SystemSettings>,
): PlannedStage {
  const caches = new Map([...systems.values()].map((system) => [system.featuresStage, system]));
  let [count, seconds] = [0, 0];
  for (const [stage, { augmentation }] of caches) {
    if (!isDue(stage)) continue;
    const stored = cachedUtterances(utterances, augmentation);
    count += stored.length;
    seconds += secondsOf(stored);
  }
  return { stage: 'features', ...audioWork(rates.features, ASSUMED.features, { count, seconds }) };
}

/** What a cache holds: all utterances, and what augmentation stores beside them. */
export const cachedUtterances = (
  utterances: readonly Utterance[],
  augmentation: SystemSettings['augmentation'],
): readonly Utterance[] => [
  ...utterances.filter(({ split }) => split !== 'train'),
  ...trainingVariants(utterances, augmentation?.when === 'copies' ? augmentation : null, 'planned'),
];

function audioWork(
  measured: AudioRate | undefined,
  assumed: number,
  { count, seconds }: { count: number; seconds: number },
): Omit<PlannedStage, 'stage'> {
  return {
    amount: `${count} utterances, ${(seconds / 3600).toFixed(2)} h`,
    ...{ cpu: (seconds * (measured?.perSecond ?? assumed)) / 3600, gpu: 0 },
    basis: measured ? `measured: ${measured.from}` : 'WAV assumed',
  };
}

/** One pass through the network for each, on one thread each, or on a GPU. */
async function embedding(
  model: Parameters<Library['modelFigures']>[0],
  { count, seconds, gpu, threads, rates, library }: OtherStagesOptions & { count: number; seconds: number },
): Promise<Hours & { basis: string }> {
  const { macs } = await library.modelFigures(model, seconds / Math.max(1, count));
  const { rate, basis } = rateFor(model, { gpu, threads, rates: rates.embeddings });
  const hours = (macs * count) / rate / 3600;
  return { ...(gpu ? { cpu: 0, gpu: hours } : { cpu: hours * threads, gpu: 0 }), basis };
}

/** The utterances of the test and development trials, and how many trials there are. */
function readTests({ recipe, utterances, workFolder }: OtherStagesOptions) {
  const { trials: testList, devTrials: devList } = prepFiles(join(workFolder, 'prep'));
  const read = (list: string) => {
    const trials = readTrials(list);
    return { trials, enrolment: findEnrolment(list, trials)?.enrolment };
  };
  const [test, dev] = [read(testList), read(devList)];
  const among = (ids: ReadonlySet<string>) => utterances.filter(({ id }) => ids.has(id));
  return {
    test: among(utterancesOfTrials(test.trials, test.enrolment)),
    dev: among(utterancesOfTrials(dev.trials, dev.enrolment)),
    degraded: recipe.robustness ? among(degradedIds(test.trials, test.enrolment, recipe.robustness.sides)) : [],
    ...{ testTrials: test.trials.length, devTrials: dev.trials.length },
  };
}

const none = (): Hours => ({ cpu: 0, gpu: 0 });

export const sum = (all: readonly Hours[]): Hours =>
  all.reduce((total, { cpu, gpu }) => ({ cpu: total.cpu + cpu, gpu: total.gpu + gpu }), none());

const secondsOf = (utterances: readonly Pick<Utterance, 'duration'>[]): number =>
  utterances.reduce((total, { duration }) => total + duration, 0);

const enough = (there: number, wanted: number | 'all' | 'none'): number =>
  typeof wanted === 'number' ? Math.min(there, wanted) : there;
