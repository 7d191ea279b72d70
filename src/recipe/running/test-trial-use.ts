/**
 * @file How often the test trials of an experiment were looked at under other settings, as its `provenance.json` tells.
 *
 * What was chosen because its test figures were better has figures that are too good. Which settings were chosen for
 * that reason cannot be known; how many there were to choose from can.
 */
import type { CommandRecord } from '../artifacts/control-files.js';

/**
 * What cannot make test figures better or worse: places, machines, the number of trainings, what is said of the
 * figures.
 */
const WITHOUT_EFFECT =
  /^((folds\.[^.=]+\.)?corpus\.(of\.[^.=]+\.)?(source2?|lists|allowMissing|allowPipes)|engine\.|training\.(logEvery|loaderThreads)|report\.|robustness[.=]|executor[.=]|claim\.|systems\.[^.=]+\.seeds=|(seeds|evaluate|inspect|name)=)/;

type Command = Pick<CommandRecord, 'command' | 'sets' | 'readsTest' | 'evaluate'>;

/** Whether a command looked at the test trials; older records are judged by the command as it was typed. */
const readTest = ({ command, readsTest, evaluate }: Command): boolean =>
  readsTest ?? (evaluate !== 'development' && /^acanet (run|compare|report|score(?! \S*dev-trials))\b/.test(command));

/** @returns how many different settings there were in commands that score test trials */
export function settingsUsedOnTest(commands: readonly Command[] = []): number {
  const settings = commands.filter(readTest).map(({ sets }) => sets.filter((set) => !WITHOUT_EFFECT.test(set)).sort());
  return new Set(settings.map((sets) => JSON.stringify(sets))).size;
}
