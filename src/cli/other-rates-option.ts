/** @file `--other-rates`: what a command does with audio of another sample rate. */
import { Option } from 'commander';

/** The names are those of `features.otherRates` in a recipe. */
export function otherRatesOption(description: string): Option {
  return new Option('--other-rates <policy>', description).choices(['refuse', 'downsample', 'resample']);
}
