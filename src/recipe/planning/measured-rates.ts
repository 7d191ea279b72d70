/**
 * @file How fast trainings went, as the experiments of a work folder tell: `exp/<recipe>/train/<run>`.
 *
 * A rate is multiply-accumulates a second of the whole training, start and development trials included, from its
 * record; so it carries over to other crops and batches of a network, and roughly to other networks.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { modelOptions } from '../../models/registry.js';
import { stableJson } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { doneRecord, provenance } from '../artifacts/control-files.js';
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
  training: z.looseObject({ batchSize: z.number(), cropFrames: z.number() }),
});

/** The rates of all finished trainings in the folder of experiments that ran alone and uninterrupted, newest first. */
export async function readRates(
  work: string,
  { modelFigures }: Pick<Library, 'modelFigures'>,
): Promise<MeasuredRate[]> {
  const rates: MeasuredRate[] = [];
  for (const experiment of foldersIn(work)) {
    const engine = provenance.readIfThere(experiment)?.engine;
    for (const from of foldersIn(join(experiment, 'train'))) {
      const done = doneRecord.readIfThere(from);
      if (!done || done.resumed || done.beside || done.seconds <= 0) continue;
      const settings = trainInput.safeParse(done.input.settings);
      const steps = readTrainingLog(from)?.at(-1)?.step;
      if (!settings.success || steps === undefined) continue;
      const { model, training } = settings.data;
      const { macs } = await modelFigures(model, cropSeconds(training.cropFrames));
      rates.push({
        model: hashOfModel(done.input.settings.model),
        rate: (PASSES * macs * training.batchSize * steps) / done.seconds,
        device: engine?.device ?? 'cpu',
        threads: engine?.threads ?? null,
        machine: done.machine ?? 'a machine without a record',
        finished: done.finished,
        from,
      });
    }
  }
  return rates.sort((a, b) => (a.finished < b.finished ? 1 : -1));
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
