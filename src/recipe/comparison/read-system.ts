/**
 * @file Reads one system of an experiment for a comparison: its runs' scores, and what its stages recorded of its cost.
 *
 * The experiment may be another one (`--with`): what its stages have not written is left out.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeDepartures, parseModelOptions, type ModelOptions } from '../../models/registry.js';
import type { RunInput, SystemInput, TrainedOn, TrainingCost } from '../../report/comparison/system-facts.js';
import { scoringInForce, type ScoringOptions } from '../../scoring/backend/backend-options.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import type { TrialTable } from '../../scoring/scores/trial-table.js';
import type { Library } from '../../tasks/model-work.js';
import { averageFiles, modelDescription, modelFilesIn } from '../artifacts/average.js';
import { calibrateFiles, calibrationRecord, type RunCalibration } from '../artifacts/calibrate.js';
import { doneRecord } from '../artifacts/control-files.js';
import { COST_SECONDS, costRecord } from '../artifacts/cost.js';
import { backendRecord, scoreFiles } from '../artifacts/score.js';

export interface ReadSystemOptions extends Pick<Library, 'modelFigures'> {
  /** What it is called in the comparison. */
  name: string;
  /** Its runs, the first seed's first. */
  runs: readonly { readonly name: string; readonly seed?: number }[];
  /** The folder of a stage, such as `score/aca-net@2`. */
  folderOf(stage: string): string;
  trials: TrialTable;
  /** Default: what the model folder says, and what the scores were made with. */
  model?: ModelOptions;
  scoring?: ScoringOptions;
  trainedOn?: TrainedOn;
  /** false: not here, so there is nothing to read of that. */
  trained?: boolean;
}

export interface ReadSystem {
  system: SystemInput;
  /** What must be said of it, without its name. */
  notes: string[];
  /** Of each run's checkpoints. */
  averagedSteps?: readonly (readonly number[])[];
}

/** @throws UserError where a run's scores are not of these trials */
export async function readSystem({
  name,
  runs,
  folderOf,
  trials,
  model: given,
  scoring,
  trained = true,
  trainedOn,
  modelFigures,
}: ReadSystemOptions): Promise<ReadSystem> {
  const [first] = runs;
  const descriptions = runs.map((run) => modelDescription.readIfThere(folderOf(`average/${run.name}`)));
  const modelDir = folderOf(`average/${first.name}`);
  const own = descriptions[0]?.model;
  const isNetwork = given !== undefined || (own !== undefined && own.type !== 'onnx');
  const model = given ?? (own && isNetwork ? parseModelOptions(own, averageFiles(modelDir).description) : undefined);
  const of = model ?? (own && { modelDir });
  const figures = of && (await modelFigures(of, COST_SECONDS));
  const files = modelFilesIn(modelDir);
  const calibrations = runs.map((run) => calibrationOf(run.name, folderOf));
  const extraction = costRecord.readIfThere(folderOf(`cost/${first.name}`));
  const record = backendRecord.readIfThere(folderOf(`score/${first.name}`));
  const backend = scoring ? scoringInForce(scoring) : record?.scoring;
  const averaged = descriptions.map((each) => each?.origin.averagedSteps);
  return {
    system: {
      name,
      ...(figures && {
        model: model?.type ?? own?.type,
        ...(model && 'positional' in model && { positional: model.positional }),
        ...{ parameters: figures.parameters, macs: figures.macs },
      }),
      ...(backend && { backend: describeBackend(backend) }),
      ...(files.length > 0 && { bytes: sizeOfFiles(modelDir, files) }),
      ...(extraction && { extraction }),
      ...(trainedOn && { trainedOn }),
      runs: runs.map((run, i): RunInput => {
        const read = (path: string) => joinScores(readScores(path), trials, path);
        const training = trained ? trainingOf(folderOf(`train/${run.name}`)) : undefined;
        return {
          name: run.name,
          ...(run.seed !== undefined && { seed: run.seed }),
          ...(training && { training }),
          scores: read(scoreFiles(folderOf(`score/${run.name}`)).scores),
          ...(calibrations[i]?.usable && { llrs: read(calibrateFiles(folderOf(`calibrate/${run.name}`)).llrs) }),
        };
      }),
    },
    notes: [
      ...[model && describeDepartures(model), figures?.note].filter((note) => note !== undefined),
      ...(record?.warnings ?? []),
      ...describeCalibrations(calibrations),
    ],
    ...(averaged.every((steps) => steps !== undefined) && { averagedSteps: averaged }),
  };
}

const sizeOfFiles = (folder: string, files: readonly string[]) =>
  files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

/** One sentence for all systems that it holds of: a grid has many that differ in one thing. */
export function describeNotes(systems: readonly ReadSystem[]): string[] {
  const namesOf = new Map<string, string[]>();
  for (const { system, notes } of systems) {
    for (const note of notes) namesOf.set(note, [...(namesOf.get(note) ?? []), system.name]);
  }
  return Array.from(namesOf, ([note, names]) => `${names.join(', ')}: ${note}`);
}

/** `cosine`, `plda, LDA 100, as-norm (top 300)` */
function describeBackend(scoring: Partial<ScoringOptions>): string {
  const { type, subtractMean, lda, wccn, normalize, top } = scoring;
  return [
    type,
    ...(subtractMean ? [`mean of ${subtractMean}`] : []),
    ...(lda ? [`LDA ${lda}`] : []),
    ...(wccn ? ['WCCN'] : []),
    ...(normalize ? [top ? `${normalize} (top ${top})` : normalize] : []),
  ].join(', ');
}

/**
 * What the run's scores are as log-likelihood ratios; unusable where they were learned for other scores than those
 * there now.
 */
function calibrationOf(run: string, folderOf: (stage: string) => string): RunCalibration | undefined {
  const folder = folderOf(`calibrate/${run}`);
  const calibration = calibrationRecord.readIfThere(folder);
  if (!calibration?.usable) return calibration;
  const calibrated = doneRecord.readIfThere(folder)?.input.needs[`score/${run}`];
  const scored = doneRecord.readIfThere(folderOf(`score/${run}`))?.outputHash;
  return calibrated === undefined || calibrated === scored
    ? calibration
    : { usable: false, reason: 'calibration has not been learned again since the trials were scored anew' };
}

function trainingOf(folder: string): TrainingCost | undefined {
  const done = doneRecord.readIfThere(folder);
  if (!done) return undefined;
  const { seconds, finished, resumed, beside, peakBytes, machine } = done;
  return {
    seconds,
    finished,
    ...(resumed && { resumed }),
    ...(beside !== undefined && { beside }),
    ...(peakBytes !== undefined && { peakBytes }),
    ...(machine !== undefined && { machine }),
  };
}

/** Why a system has no actDCF and Cllr, or cannot be trusted to; nothing where its stages did not try. */
function describeCalibrations(calibrations: readonly (RunCalibration | undefined)[]): string[] {
  const unusable = calibrations.find((each) => each && !each.usable);
  if (unusable && !unusable.usable) return [`no actDCF and Cllr, as ${unusable.reason}`];
  const separable = calibrations.some((each) => each?.usable && each.report.calibration?.separable);
  return separable
    ? [
        'calibration found no error but equal scores on the development trials, so how large the ratios are, and with it actDCF and Cllr, is a guess',
      ]
    : [];
}
