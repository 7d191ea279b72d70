/**
 * @file What the registry has of a kind of model: how it is made, and what it says about itself to comparisons,
 * presets, warnings and the import of published weights.
 */
import type { z } from 'zod';
import type { SpeakerModel } from './contract/model.js';

export interface ModelEntry<Options extends { type: string }> {
  readonly options: z.ZodType<Options>;
  create(options: Options): SpeakerModel;
  /** The published network, as `the released ACA-Net`, and the options that make it another one, in words. */
  readonly published?: { readonly name: string; departures(options: Options): string[] };
  /**
   * Options by a name, which `--preset` sets. `reference`: those of the published network beside its sizes. Others are
   * the whole of what somebody trained.
   */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly remedies?: CollapseRemedies<Options>;
  readonly constructorArguments?: ConstructorArguments;
}

/** What to set where a training has collapsed: assignments to the model's options, such as `centred=true`. */
export interface CollapseRemedies<Options> {
  /** All latents attend to the same frames. */
  latentsAlike?(options: Options): { readonly likely: string; readonly set: string };
  /** All values of the embedding rise and fall together; undefined: no option of the model helps. */
  valuesAlike?(options: Options): string | undefined;
}

/** The published PyTorch constructor's arguments, for importing weights. */
export interface ConstructorArguments {
  /** Argument → option. */
  readonly names: Readonly<Record<string, string>>;
  /** Values of arguments that are not given, where the option's default is another. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** What the values of an argument are called here: argument → its value → the option's; others are refused. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Arguments that change nothing here, and the values that they may have (undefined: any). */
  readonly withoutEffect: Readonly<Record<string, readonly unknown[] | undefined>>;
  /** A predecessor of the same tensors under other names: what it calls a part, and the arguments that make it. */
  readonly predecessor?: {
    readonly part: string;
    readonly here: string;
    readonly arguments: Readonly<Record<string, unknown>>;
  };
  /** Tensors of the state dict that are computed here, whose length an argument says: tensor → argument. */
  readonly computed?: Readonly<Record<string, string>>;
}
