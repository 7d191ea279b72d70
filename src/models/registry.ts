/** @file The models by their type: options checked, model made. Add a model here and nowhere else. */
import { z } from 'zod';
import { internal, UserError } from '../errors.js';
import { acaNetOptions } from './aca-net.js';
import { acaNet } from './aca-net-entry.js';
import { acaNetPlus, acaNetPlusOptions } from './aca-net-plus.js';
import { campplus, campplusOptions } from './campplus.js';
import { ecapaTdnn, ecapaTdnnOptions } from './ecapa-tdnn.js';
import { ecapaWespeaker, ecapaWespeakerOptions } from './ecapa-wespeaker.js';
import type { ModelEntry } from './model-entry.js';
import type { SpeakerModel } from './contract/model.js';
import { resNet, resNetOptions } from './resnet.js';
import { xVector, xVectorOptions } from './x-vector.js';

/** The recipe's `model`. */
export const modelOptions = z.discriminatedUnion('type', [
  acaNetOptions,
  acaNetPlusOptions,
  ecapaTdnnOptions,
  xVectorOptions,
  resNetOptions,
  campplusOptions,
  ecapaWespeakerOptions,
]);
export type ModelOptions = z.infer<typeof modelOptions>;

const models = new Map<string, unknown>(
  Object.entries({
    'aca-net': acaNet,
    'aca-net-plus': acaNetPlus,
    'ecapa-tdnn': ecapaTdnn,
    'x-vector': xVector,
    resnet: resNet,
    campplus,
    ecapa_wespeaker: ecapaWespeaker,
  }),
);

/** For a program with a model of its own, which no recipe names. */
export function addModel<Options extends { type: string }>(type: Options['type'], entry: ModelEntry<Options>): void {
  models.set(type, entry);
}

/** undefined for a type that there is not. */
export const findModel = (type: unknown): ModelEntry<ModelOptions> | undefined =>
  models.get(String(type)) as ModelEntry<ModelOptions> | undefined;

function entryOf({ type }: ModelOptions): ModelEntry<ModelOptions> {
  const entry = findModel(type);
  if (!entry) throw internal(`no model ${type}`);
  return entry;
}

export const modelTypes = (): string[] => [...models.keys()];

export const createModel = (options: ModelOptions): SpeakerModel => entryOf(options).create(options);

/** What to set where a training has collapsed. */
export const collapseRemedies = (options: ModelOptions) => entryOf(options).remedies ?? {};

/** What a table must say of a model beside its size: in what it is not the published network, each in a few words. */
export const departuresFromPublished = (options: ModelOptions): string[] =>
  entryOf(options).published?.departures(options) ?? [];

/** The same in a sentence without its subject; undefined where there is nothing to say. */
export function describeDepartures(options: ModelOptions): string | undefined {
  const departures = departuresFromPublished(options);
  return departures.length > 0
    ? `differs from ${entryOf(options).published?.name}: ${departures.join('; ')}`
    : undefined;
}

/** Checks options that came from a file. @throws UserError naming `where` and each problem */
export function parseModelOptions(value: unknown, where: string): ModelOptions {
  const schema = findModel((value as { type?: unknown } | null)?.type)?.options ?? modelOptions;
  const { data, error } = schema.safeParse(value);
  if (error) throw new UserError(`${where}: not the options of a model\n${z.prettifyError(error)}`);
  return data;
}
