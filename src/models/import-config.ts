/** @file Translates the published PyTorch constructors' argument names into acanet's model options. */
import type { HostTensors } from '../engine/program/host-tensor.js';
import { UserError } from '../errors.js';
import { findModel, modelTypes, type ModelOptions } from './registry.js';

/**
 * The tensors but those that acanet computes, where they are as long as the config says (others are told of as extra).
 * @param config as for `modelOptionsFromConfig`, which has checked it
 */
export function withoutComputed(found: HostTensors, config: unknown): HostTensors {
  const given = config as Record<string, unknown>;
  const computed = findModel(given.model)?.constructorArguments?.computed ?? {};
  const isComputed = (name: string) =>
    Object.hasOwn(computed, name) &&
    typeof given[computed[name]] === 'number' &&
    found[name].shape[0] === given[computed[name]];
  return Object.fromEntries(Object.entries(found).filter(([name]) => !isComputed(name)));
}

/**
 * The model options that a config object means.
 * @param config `{"model": "aca-net" | "ecapa-tdnn" | "resnet" …, ...constructor arguments}`
 * @throws UserError naming `where` and the argument
 */
export function modelOptionsFromConfig(config: unknown, where: string): ModelOptions {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UserError(`${where}: expected an object such as {"model": "aca-net", "ch_in": 80, …}`);
  }
  const { model, ...given } = config as Record<string, unknown>;
  const entry = findModel(model);
  if (!entry?.constructorArguments) {
    const known = modelTypes().filter((type) => findModel(type)?.constructorArguments);
    const expected = known.map((type) => `"model": "${type}"`).join(' or ');
    throw new UserError(`${where}: expected ${expected}, got ${JSON.stringify(model) ?? 'none'}`);
  }
  const { names, defaults = {}, values = {}, withoutEffect } = entry.constructorArguments;
  const options: Record<string, unknown> = { type: model };
  for (const [name, value] of Object.entries({ ...defaults, ...given })) {
    if (Object.hasOwn(names, name)) {
      const known = Object.hasOwn(values, name) ? values[name] : undefined;
      if (known && !Object.hasOwn(known, String(value))) {
        const expected = Object.keys(known).join(' or ');
        throw new UserError(`${where}: "${name}": ${JSON.stringify(value)} is not supported (expected ${expected})`);
      }
      options[names[name]] = known ? known[String(value)] : value;
    } else if (!Object.hasOwn(withoutEffect, name)) {
      throw new UserError(
        `${where}: ${String(model)} has no argument "${name}"; it has ${Object.keys(names).join(', ')}`,
      );
    } else if (withoutEffect[name] && !withoutEffect[name].includes(value)) {
      throw new UserError(
        `${where}: "${name}": ${JSON.stringify(value)} is not supported (expected ${withoutEffect[name].join(' or ')})`,
      );
    }
  }
  const { data, error } = entry.options.safeParse(options);
  if (data) return data;
  const argumentOf = new Map(Object.entries(names).map(([argument, option]) => [option, argument]));
  const complaints = error.issues.map(({ path: [option, ...rest], message }) => {
    const argument = argumentOf.get(String(option)) ?? String(option);
    return `"${[argument, ...rest].join('.')}": ${message}`;
  });
  throw new UserError(`${where}: not the arguments of ${String(model)}: ${complaints.join('; ')}`);
}
