/**
 * @file `acanet completion bash|zsh|fish`: a script that completes commands, options, their values where these are few,
 * the names of recipes, and those of the systems that experiments below `exp` have trained.
 *
 * Made from the commands themselves, so that it cannot name what there is not. The shell asks acanet nothing: starting
 * Node at every Tab would be slow.
 */
import { Argument, type Command } from 'commander';
import { print } from './output.js';
import { withExamples } from './recipe-options.js';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a script that completes the commands of acanet in your shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells));
  withExamples(
    command,
    'acanet completion bash >> ~/.bashrc',
    'acanet completion zsh >> ~/.zshrc',
    'acanet completion fish > ~/.config/fish/completions/acanet.fish',
  ).action(async (shell: Shell) => {
    const { recipesHere } = await import('../recipe/definition/recipe-list.js');
    print(completionScript(shell, program, { recipes: recipesHere().map(({ name }) => name) }));
  });
}

/** One command, with what may follow it. */
interface Place {
  /** The names that lead to it: `data import`; empty for acanet itself. */
  path: string;
  commands: { name: string; about: string }[];
  options: { long: string; about: string }[];
  /** What its arguments may be, where they are few. */
  values: readonly string[];
}

/** Values of options: by the option. */
type Values = ReadonlyMap<string, readonly string[]>;

function placesOf(command: Command, recipes: readonly string[], path = ''): Place[] {
  const visible = command.createHelp();
  const commands = visible.visibleCommands(command).filter((each) => each.name() !== 'help');
  const takesRecipe = command.registeredArguments.some((argument) => argument.name() === 'recipe');
  const place: Place = {
    path,
    commands: commands.map((each) => ({ name: each.name(), about: firstLine(each.description()) })),
    options: visible
      .visibleOptions(command)
      .flatMap(({ long, description }) => (long ? [{ long, about: firstLine(description) }] : [])),
    values: takesRecipe ? recipes : command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  return [place, ...commands.flatMap((each) => placesOf(each, recipes, `${path} ${each.name()}`.trim()))];
}

const firstLine = (text: string) => text.split('\n')[0].replaceAll("'", '’');

function valuesOf(command: Command, recipes: readonly string[]): Map<string, readonly string[]> {
  const values = new Map(command.commands.flatMap((each) => [...valuesOf(each, recipes)]));
  for (const { long, argChoices } of command.options) if (long && argChoices) values.set(long, argChoices);
  return values.set('--recipe', recipes);
}

/** Options whose value is a system: in the shell, the folders that trainings made. */
const SYSTEMS = { options: ['--model', '--only'], list: 'ls exp/*/train 2>/dev/null | grep -v :' };

export function completionScript(shell: Shell, program: Command, { recipes }: { recipes: readonly string[] }): string {
  const places = placesOf(program, recipes);
  const values = valuesOf(program, recipes);
  return shell === 'fish' ? fishScript(places, values) : posixScript(shell, places, values);
}

/** Of bash and zsh, which differ in how words are counted and offered. */
function posixScript(shell: 'bash' | 'zsh', places: readonly Place[], values: Values): string {
  const bash = shell === 'bash';
  const offer = (words: string) =>
    bash
      ? `COMPREPLY=($(compgen -W "${words}" -- "$current"))`
      : `compadd -- ${words.replace(/^\$\((.*)\)$/, '$(echo $($1))')}`;
  const cases = places.map(({ path, commands, options, values: own }) => {
    const words = [...commands.map(({ name }) => name), ...own, ...options.map(({ long }) => long)];
    return `    '${path}') ${offer(words.join(' '))} ;;`;
  });
  return [
    `# Completion of acanet for ${shell}.`,
    '_acanet() {',
    '  local place="" word',
    bash
      ? '  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}'
      : '  local before=${words[CURRENT-1]}',
    `  for word in ${bash ? '"${COMP_WORDS[@]:1:COMP_CWORD-1}"' : '${words[2,CURRENT-1]}'}; do`,
    '    case "${place:+$place }$word" in',
    `      ${places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) place="\${place:+$place }$word" ;;`,
    '    esac',
    '  done',
    '  case $before in',
    ...Array.from(values, ([option, words]) => `    ${option}) ${offer(words.join(' '))}; return ;;`),
    `    ${SYSTEMS.options.join('|')}) ${offer(`$(${SYSTEMS.list})`)}; return ;;`,
    '  esac',
    '  case $place in',
    ...cases,
    '  esac',
    ...(bash ? [] : ['  _files']),
    '}',
    bash ? 'complete -o default -F _acanet acanet' : 'compdef _acanet acanet',
  ].join('\n');
}

function fishScript(places: readonly Place[], values: Values): string {
  const given = (path: string) =>
    path
      .split(' ')
      .map((name) => `__fish_seen_subcommand_from ${name}`)
      .join('; and ');
  return [
    '# Completion of acanet for fish.',
    ...places.flatMap(({ path, commands, options, values: own }) => {
      const names = commands.map(({ name }) => name).join(' ');
      const here = path === '' ? '__fish_use_subcommand' : given(path);
      const open = path === '' || names === '' ? here : `${here}; and not __fish_seen_subcommand_from ${names}`;
      return [
        ...commands.map(({ name, about }) => `complete -c acanet -f -n '${open}' -a ${name} -d '${about}'`),
        ...(own.length > 0 ? [`complete -c acanet -n '${here}' -a '${own.join(' ')}'`] : []),
        ...options.map(({ long, about }) => {
          const words =
            values.get(long)?.join(' ') ?? (SYSTEMS.options.includes(long) ? `(${SYSTEMS.list})` : undefined);
          const value = words === undefined ? '' : ` -x -a '${words}'`;
          return `complete -c acanet -n '${here}' -l ${long.slice(2)}${value} -d '${about}'`;
        }),
      ];
    }),
  ].join('\n');
}
