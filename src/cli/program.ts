/** @file The command line as a whole: one line a command. */
import { Command } from 'commander';
import { versions } from '../machine.js';
import { addAudio } from './audio.js';
import { addAverage } from './average.js';
import { addCalibrate } from './calibrate.js';
import { addCheck } from './check.js';
import { addCompletion } from './completion.js';
import { addCompare } from './compare.js';
import { addData } from './data.js';
import { addDoctor } from './doctor.js';
import { addEmbed } from './embed.js';
import { addEngine } from './engine.js';
import { addExplain } from './explain.js';
import { addExport } from './export.js';
import { addFeatures } from './features.js';
import { addImport } from './import.js';
import { addMetrics } from './metrics.js';
import { nextCommand } from './next-command.js';
import { say } from './output.js';
import { checkOutput } from '../storage/atomic-write.js';
import { addPack } from './pack.js';
import { addPrep } from './prep.js';
import { openedExperiment } from './recipe-options.js';
import { addRecipes } from './recipes.js';
import { addReport } from './report.js';
import { addReproduce } from './reproduce.js';
import { addDemo, addRun } from './run.js';
import { addScore } from './score.js';
import { addServe } from './serve.js';
import { addThreshold } from './threshold.js';
import { addTrain } from './train.js';
import { addTrials } from './trials.js';
import { addVerify } from './verify.js';
import { addEnroll, addIdentify } from './voice-store.js';

/** The commands, by what they are for, in the order of the help. */
const COMMANDS: readonly [heading: string, ...commands: ((program: Command) => void)[]][] = [
  ['Recipes', addRun, addDemo, addRecipes],
  ['Data', addPrep, addData, addTrials, addFeatures, addAudio],
  ['Train', addTrain, addAverage, addImport],
  ['Compare', addScore, addCompare, addReport, addCheck, addReproduce, addMetrics, addCalibrate, addThreshold],
  ['Use', addVerify, addEnroll, addIdentify, addPack, addEmbed, addExplain, addExport, addServe],
  ['Machine', addDoctor, addEngine, addCompletion],
];

export function createProgram(): Command {
  const program = new Command('acanet')
    .description('Train and compare speaker-verification models: ACA-Net against ECAPA-TDNN.')
    .version(versions().acanet)
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text) => say(text.replace(/^error: /, '✖ ')) })
    .exitOverride();
  for (const [heading, ...commands] of COMMANDS) {
    program.commandsGroup(`${heading}:`);
    for (const add of commands) add(program);
  }
  program.addHelpCommand(
    new Command('help').argument('[command]').description('the help of a command').helpGroup('Machine:'),
  );
  // What cannot be written is to be known before the work, not after it; `score` says it with all else that is wrong.
  program.hook('preAction', (_, asked) => {
    if (asked.name() === 'score') return;
    const { out, results, picture, page } =
      asked.opts<Partial<Record<'out' | 'results' | 'picture' | 'page', string>>>();
    for (const path of [out, results, picture, page]) if (path !== undefined) checkOutput(path);
  });
  program.hook('postAction', (_, ended) => {
    const next = ended.opts<{ json?: boolean }>().json
      ? undefined
      : nextCommand(ended, {
          kept: openedExperiment()?.recipe.evaluate === 'development',
          folded: openedExperiment()?.fold !== undefined,
        });
    if (next !== undefined) say(`next: ${next}`);
  });
  program.addHelpText('after', `\nExample (synthetic voices, a few minutes):\n  $ acanet run demo`);
  return program;
}

/** What `acanet` alone says. */
export const GREETING = `acanet trains and compares speaker-verification models, such as ACA-Net.
A recipe names everything from audio to comparison, and one command runs it.
Whatever interrupts a command, the same command goes on from there.

  acanet demo       see it all on artificial voices, in about 2 minutes
  acanet recipes    what there is to run, and what each needs
  acanet --help     every command; acanet COMMAND --help has examples`;
