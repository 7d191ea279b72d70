/** @file Translates the published PyTorch constructors' argument names into acanet's model options. */
import { UserError } from '../errors.js';
import type { ModelOptions } from './registry.js';
import { modelOptions } from './registry.js';

const acaNetArguments: Record<string, string> = {
  ch_in: 'bins',
  latent_dim: 'latents',
  embed_dim: 'embed',
  embed_reps: 'reps',
  attn_mlp_dim: 'attentionMlp',
  trnfr_mlp_dim: 'transformerMlp',
  trnfr_heads: 'heads',
  dropout: 'dropout',
  trnfr_layers: 'layers',
  n_blocks: 'blocks',
  final_layer: 'head',
  positional: 'positional',
};
const ecapaArguments: Record<string, string> = {
  input_size: 'bins',
  lin_neurons: 'embedding',
  channels: 'channels',
  kernel_sizes: 'kernels',
  dilations: 'dilations',
  attention_channels: 'attentionChannels',
  res2net_scale: 'res2netScale',
  se_channels: 'seChannels',
  global_context: 'globalContext',
  groups: 'groups',
};
/** Arguments that change nothing here, and the values that they may have (undefined: any). */
const acaNetWithoutEffect: Record<string, unknown[] | undefined> = {
  max_len: undefined, // the length of a table that acanet computes
};
const ecapaWithoutEffect: Record<string, unknown[] | undefined> = {
  device: undefined,
  activation: ['torch.nn.ReLU', 'ReLU', 'relu'],
  dropout: [0],
};

/**
 * The model options that a config object means.
 * @param config `{"model": "aca-net" | "ecapa-tdnn", ...constructor arguments}`
 * @throws UserError naming `where` and the argument
 */
export function modelOptionsFromConfig(config: unknown, where: string): ModelOptions {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UserError(`${where}: expected an object such as {"model": "aca-net", "ch_in": 80, …}`);
  }
  const { model, ...given } = config as Record<string, unknown>;
  const names = model === 'aca-net' ? acaNetArguments : model === 'ecapa-tdnn' ? ecapaArguments : undefined;
  if (!names) {
    throw new UserError(
      `${where}: expected "model": "aca-net" or "model": "ecapa-tdnn", got ${JSON.stringify(model) ?? 'none'}`,
    );
  }
  const withoutEffect = model === 'aca-net' ? acaNetWithoutEffect : ecapaWithoutEffect;
  const options: Record<string, unknown> = { type: model };
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(names, name)) {
      options[names[name]] = value;
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
  const { data, error } = modelOptions.safeParse(options);
  if (data) return data;
  const argumentOf = new Map(Object.entries(names).map(([argument, option]) => [option, argument]));
  const complaints = error.issues.map(({ path: [option, ...rest], message }) => {
    const argument = argumentOf.get(String(option)) ?? String(option);
    return `"${[argument, ...rest].join('.')}": ${message}`;
  });
  throw new UserError(`${where}: not the arguments of ${String(model)}: ${complaints.join('; ')}`);
}
