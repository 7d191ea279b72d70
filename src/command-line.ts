/** @file A command line that a shell takes as it was given. */

/** `acanet` with its arguments, each in quotes where a shell would take it apart. */
export const commandLine = (args: readonly string[]): string => ['acanet', ...args.map(shellWord)].join(' ');

/** A word in quotes, where a shell would take it apart. */
export const shellWord = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
