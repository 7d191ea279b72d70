/** @file The command line as a whole: one line a command. */
import { Command } from 'commander';
import { versions } from '../machine.js';
import { addAudio } from './audio.js';
import { addAverage } from './average.js';
import { addCalibrate } from './calibrate.js';
import { addCheck } from './check.js';
import { addCompare } from './compare.js';
import { addData } from './data.js';
import { addDoctor } from './doctor.js';
import { addEmbed } from './embed.js';
import { addEngine } from './engine.js';
import { addExplain } from './explain.js';
import { addFeatures } from './features.js';
import { addImport } from './import.js';
import { addMetrics } from './metrics.js';
import { say } from './output.js';
import { addPrep } from './prep.js';
import { addRecipes } from './recipes.js';
import { addReport } from './report.js';
import { addRun } from './run.js';
import { addScore } from './score.js';
import { addThreshold } from './threshold.js';
import { addTrain } from './train.js';
import { addTrials } from './trials.js';

export function createProgram(): Command {
  const program = new Command('acanet')
    .description('Train and compare speaker-verification models: ACA-Net against ECAPA-TDNN.')
    .version(versions().acanet)
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text) => say(text.replace(/^error: /, '✖ ')) })
    .exitOverride();
  for (const add of [
    addRun,
    addRecipes,
    addPrep,
    addData,
    addFeatures,
    addTrain,
    addAverage,
    addEmbed,
    addExplain,
    addScore,
    addMetrics,
    addCalibrate,
    addThreshold,
    addCompare,
    addReport,
    addCheck,
    addTrials,
    addImport,
    addAudio,
    addDoctor,
    addEngine,
  ]) {
    add(program);
  }
  program.addHelpText('after', '\nExample (synthetic voices, a few minutes):\n  $ acanet run demo');
  return program;
}
