/**
 * @file A command line as it may be published: whole, but with the places of this machine replaced by what stands for
 * them in the help (`--source DIR`).
 */
import type { Command } from 'commander';
import { commandLine } from '../command-line.js';
import { mapPlaces, splitSet } from '../recipe/definition/set-places.js';

/** Options that say nothing about a result. */
const LEFT_OUT = ['--work', '--json'];

export interface ShownCommandOptions {
  /** What was typed after the name of the program. */
  args: readonly string[];
  /** Overrides in force that were not typed. */
  remembered?: readonly string[];
  /** The recipe, where it was not typed. */
  recipe?: string;
}

/** `acanet compare --all --recipe wsj0 --set corpus.source=DIR` */
export function showCommand(
  command: Pick<Command, 'options'>,
  { args, remembered = [], recipe }: ShownCommandOptions,
): string {
  const words: string[] = [];
  let named = false;
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = splitInline(args[i]);
    const option = command.options.find((each) => each.long === flag || each.short === flag);
    if (!option) {
      words.push(isPath(args[i]) ? baseName(args[i]) : args[i]);
      continue;
    }
    const takesValue = option.required || option.optional;
    const value = takesValue ? (inline ?? args[++i]) : undefined;
    named ||= flag === '--recipe';
    if (LEFT_OUT.includes(flag)) continue;
    words.push(flag, ...(value === undefined ? [] : [showValue(option.flags, value)]));
  }
  if (!named && recipe !== undefined) words.push('--recipe', recipe);
  for (const set of remembered) words.push('--set', showSet(set));
  return commandLine(words);
}

function splitInline(word: string): [string, string | undefined] {
  const [, flag, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
  return flag === undefined ? [word, undefined] : [flag, value];
}

/** @param flags as in the help: `--source <dir>`, `--scores <name=file>` */
function showValue(flags: string, value: string): string {
  const [, metavar = ''] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  if (flags.startsWith('--set')) return showSet(value);
  if (flags.startsWith('--results') || metavar === 'name|file') return isPath(value) ? baseName(value) : value;
  if (metavar.startsWith('name=')) return value.replace(/=.*$/s, `=${metavar.slice('name='.length).toUpperCase()}`);
  return /^(dir|file|folder)\b/.test(metavar) || isPath(value) ? metavar.toUpperCase() : value;
}

/** `corpus.source=/data/x` → `corpus.source=DIR` */
function showSet(set: string): string {
  const { key, value } = splitSet(set);
  const shown = mapPlaces(set, () => 'DIR').replace(/^([^=]*=)"DIR"$/, '$1DIR');
  return isPath(value.replace(/^["'\s]+/, '')) ? `${key}=DIR` : shown;
}

const isPath = (text: string) => /^(\/|~|\.{1,2}\/|[A-Za-z]:\\)/.test(text);

const baseName = (path: string) => path.replace(/^.*[/\\]/, '');
