/** @file The models by their type: options checked, model made. Add a model here and nowhere else. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { acaNetOptions, createAcaNet } from './aca-net.js';
import { createEcapaTdnn, ecapaTdnnOptions } from './ecapa-tdnn.js';
import type { SpeakerModel } from './model.js';
import { createXVector, xVectorOptions } from './x-vector.js';

export const modelOptions = z.discriminatedUnion('type', [acaNetOptions, ecapaTdnnOptions, xVectorOptions]);
export type ModelOptions = z.infer<typeof modelOptions>;

export function createModel(options: ModelOptions): SpeakerModel {
  switch (options.type) {
    case 'aca-net':
      return createAcaNet(options);
    case 'ecapa-tdnn':
      return createEcapaTdnn(options);
    case 'x-vector':
      return createXVector(options);
  }
}

/** Checks options that came from a file. @throws UserError naming `where` and each problem */
export function parseModelOptions(value: unknown, where: string): ModelOptions {
  const { data, error } = modelOptions.safeParse(value);
  if (error) throw new UserError(`${where}: not the options of a model\n${z.prettifyError(error)}`);
  return data;
}
