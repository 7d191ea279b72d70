/** @file Options that may be given again: each time adds a value. */
import { Option } from 'commander';

/** @param meaning in words, where the option is not given. Its value is then an empty list. */
export const repeatable = (flags: string, description: string, meaning = 'none'): Option =>
  new Option(flags, `${description}; may be given again`)
    .argParser((value: string, earlier: string[]) => [...earlier, value])
    .default([], meaning);
