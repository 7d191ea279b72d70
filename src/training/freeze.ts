/**
 * @file Layers that are not trained, by patterns of their names: `training.freeze`.
 *
 * A pattern is a name of the state dict or the beginning of one, up to a point: `blocks.0` means `blocks.0.conv.weight`
 * and all else in that block. `*` stands for any characters: `*.norm`. The parameters and running statistics of what is
 * frozen stay the same bits; a batch normalisation whose running statistics are frozen normalises by them. What is left
 * to train may be the classifier alone. Dropout stays.
 */
import { z } from 'zod';
import { sizeOf } from '../engine/program/host-tensor.js';
import { UserError } from '../errors.js';
import { tensorShapes, type SpeakerModel } from '../models/contract/model.js';
import { layerOf } from './layers.js';

/** The recipe's `training.freeze`. */
export const freezePatterns = z.array(z.string().min(1)).min(1);

/** The model's tensors that the patterns freeze. @throws UserError for a pattern that means nothing in the model */
export function frozenTensors(model: SpeakerModel, patterns: readonly string[]): ReadonlySet<string> {
  const problem = freezeProblem(model, patterns);
  if (problem !== undefined) throw new UserError(`training.freeze: ${problem}`);
  const matchers = patterns.map(matcher);
  const frozen = new Set(Object.keys(tensorShapes(model)).filter((name) => matchers.some((matches) => matches(name))));
  // Half of a layer's running statistics cannot be used without the other half.
  for (const { name } of model.batchNorms) {
    const buffers = [`${name}.running_mean`, `${name}.running_var`, `${name}.num_batches_tracked`];
    if (buffers.some((buffer) => frozen.has(buffer))) for (const buffer of buffers) frozen.add(buffer);
  }
  return frozen;
}

/** For the log. */
export function describeFrozen(model: SpeakerModel, frozen: ReadonlySet<string>): string {
  const parameters = model.parameters.filter(({ name }) => frozen.has(name));
  const values = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const norms = model.batchNorms.filter(({ name }) => frozen.has(`${name}.running_mean`)).length;
  return (
    `frozen: ${parameters.length} of ${model.parameters.length} parameter tensors (${values.toLocaleString('en-US')} values), ` +
    `running statistics of ${norms} of ${model.batchNorms.length} batch normalisations`
  );
}

/** What is wrong with the patterns for this model; undefined where each means something. */
export function freezeProblem(model: SpeakerModel, patterns: readonly string[]): string | undefined {
  const names = Object.keys(tensorShapes(model));
  const unknown = patterns.find((pattern) => !names.some(matcher(pattern)));
  if (unknown === undefined) return undefined;
  const layers = [...new Set(model.parameters.map(({ name }) => layerOf(name)))];
  return `no tensor of ${model.title} is called "${unknown}"; its layers are ${layers.join(', ')}`;
}

function matcher(pattern: string): (name: string) => boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${literal.join('.*')}(\\..*)?$`);
  return (name) => expression.test(name);
}
