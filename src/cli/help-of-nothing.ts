/**
 * @file `help nope` and `nope --help`: commander answers both with the help of all commands. `help help` is for it a
 * command that is not there.
 */
import type { Command } from 'commander';

const HELP = new Set(['help', '-h', '--help']);

/** The arguments, without the wish for help where they name a command that is not there: it is refused by its name. */
export function withoutHelpOfNothing(program: Command, argv: readonly string[]): readonly string[] {
  const words = argv.slice(2);
  if (!words.some((word) => HELP.has(word))) return argv;
  if (words.every((word) => word === 'help')) return [...argv.slice(0, 2), 'help'];
  let command = program;
  const names: string[] = [];
  for (const word of words.filter((each) => !HELP.has(each))) {
    // A command with options of its own does something itself, and what follows is its to judge.
    const isGroup = command.commands.length > 0 && (command === program || command.options.length === 0);
    if (word.startsWith('-') || !isGroup) break;
    names.push(word);
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (!next) return [...argv.slice(0, 2), ...names];
    command = next;
  }
  return argv;
}
