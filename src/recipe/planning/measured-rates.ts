/**
 * @file How fast trainings, embeddings, listening and features went, as the experiments of a work folder tell.
 *
 * A rate is multiply-accumulates a second of the whole training, start and development trials included, from its
 * record; so it carries over to other crops and batches of a network, and roughly to other networks.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { modelOptions } from '../../models/registry.js';
import { stableJson } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { doneRecord, provenance, type DoneRecord } from '../artifacts/control-files.js';
import { speedRecord } from '../artifacts/embed.js';
import { readTrainingLog } from '../artifacts/train.js';

/** Forward pass, gradients of the activations, gradients of the weights: each about as many operations. */
export const PASSES = 3;

/** The length that operations of a crop are counted for: frames come every 10 ms. */
export const cropSeconds = (cropFrames: number): number => cropFrames / 100;

/** A training that has been done. */
export interface MeasuredRate {
  /** What `hashOfModel` gives. */
  model: string;
  /** Multiply-accumulates a second. */
  rate: number;
  device: string;
  /** Of a CPU; null: all cores of the machine. */
  threads: number | null;
  machine: string;
  /** ISO 8601. */
  finished: string;
  /** `exp/demo/train/aca-net` */
  from: string;
}

export const hashOfModel = (model: unknown): string => stableJson(model);

const trainInput = z.looseObject({
  model: modelOptions,
  training: z.looseObject({ batchSize: z.number(), cropFrames: z.number(), phases: z.array(z.unknown()).optional() }),
});

/** Processor time that audio took. */
export interface AudioRate {
  /** Seconds of a thread for a second of audio. */
  perSecond: number;
  finished: string;
  from: string;
}

export interface MeasuredRates {
  /** Newest first. */
  trainings: readonly MeasuredRate[];
  /** Of one pass for each utterance. */
  embeddings: readonly MeasuredRate[];
  listening?: AudioRate;
  features?: AudioRate;
}

/** All that the folder of experiments tells of earlier work. */
export async function readAllRates(work: string, library: Pick<Library, 'modelFigures'>): Promise<MeasuredRates> {
  return {
    trainings: await readRates(work, library),
    embeddings: await readEmbeddingRates(work, library),
    listening: readAudioRate(work, 'prep'),
    features: readAudioRate(work, 'features'),
  };
}

/** Of the newest stage that worked through audio and told how long that took. */
function readAudioRate(work: string, stage: 'prep' | 'features'): AudioRate | undefined {
  const rates = experimentsIn(work).flatMap((experiment): AudioRate[] => {
    const from = join(experiment, stage);
    const { audioWork, finished = '' } = doneRecord.readIfThere(from) ?? {};
    if (!audioWork || audioWork.audioSeconds <= 0) return [];
    const { audioSeconds, seconds, threads } = audioWork;
    return [{ perSecond: (seconds * threads) / audioSeconds, finished, from }];
  });
  return rates.sort(newestFirst)[0];
}

async function readEmbeddingRates(work: string, { modelFigures }: Pick<Library, 'modelFigures'>) {
  const rates: MeasuredRate[] = [];
  for (const experiment of experimentsIn(work)) {
    const engine = provenance.readIfThere(experiment)?.engine;
    for (const from of foldersIn(join(experiment, 'embed'))) {
      const [done, speed] = [doneRecord.readIfThere(from), speedRecord.readIfThere(from)];
      const trained = doneRecord.readIfThere(join(experiment, 'train', basename(from)));
      const settings = trainInput.safeParse(trained?.input.settings);
      if (!done || !speed || speed.utterances === 0 || speed.seconds <= 0 || !settings.success) continue;
      const { macs } = await modelFigures(settings.data.model, cropSeconds(speed.frames / speed.utterances));
      rates.push({
        model: hashOfModel(trained?.input.settings.model),
        rate: (macs * speed.utterances) / speed.seconds,
        ...measuredWhere(done, engine),
        from,
      });
    }
  }
  return rates.sort(newestFirst);
}

/** On what a stage ran, and when it ended. */
const measuredWhere = (
  { machine, finished }: Pick<DoneRecord, 'machine' | 'finished'>,
  engine: { device?: string; threads?: number | null } | undefined,
) => ({
  device: engine?.device ?? 'cpu',
  threads: engine?.threads ?? null,
  machine: machine ?? 'a machine without a record',
  finished,
});

const newestFirst = (a: { finished: string }, b: { finished: string }) => (a.finished < b.finished ? 1 : -1);

/** The rates of all finished trainings in the folder of experiments that ran alone and uninterrupted, newest first. */
export async function readRates(
  work: string,
  { modelFigures }: Pick<Library, 'modelFigures'>,
): Promise<MeasuredRate[]> {
  const rates: MeasuredRate[] = [];
  for (const experiment of experimentsIn(work)) {
    const engine = provenance.readIfThere(experiment)?.engine;
    for (const from of foldersIn(join(experiment, 'train'))) {
      const done = doneRecord.readIfThere(from);
      if (!done || done.resumed || done.beside || done.seconds <= 0) continue;
      const settings = trainInput.safeParse(done.input.settings);
      const steps = readTrainingLog(from)?.at(-1)?.step;
      if (!settings.success || steps === undefined) continue;
      const { model, training } = settings.data;
      // Which steps were of which crops and batches is not known.
      if (training.phases) continue;
      const { macs } = await modelFigures(model, cropSeconds(training.cropFrames));
      rates.push({
        model: hashOfModel(done.input.settings.model),
        rate: (PASSES * macs * training.batchSize * steps) / done.seconds,
        ...measuredWhere(done, engine),
        from,
      });
    }
  }
  return rates.sort(newestFirst);
}

/** The folders of experiments: `exp/demo`, and of each fold of one that has folds `exp/speechocean/a-to-b`. */
const experimentsIn = (work: string): string[] =>
  foldersIn(work).flatMap((folder) => [
    folder,
    ...foldersIn(folder).filter((fold) => existsSync(join(fold, provenance.name))),
  ]);

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
