/**
 * @file `acanet trials make|check|convert`: trial lists from a manifest, what is wrong with a list, and its other
 * forms.
 */
import { Option, type Command } from 'commander';
import { addTrialsCheck } from './trials-check.js';
import { addTrialsMake, checkOutputs } from './trials-make.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted } from '../problem-list.js';

export function addTrials(program: Command): void {
  const trials = program.command('trials').description('make, check and convert trial lists');
  addTrialsMake(trials);
  addTrialsCheck(trials);
  addTrialsConvert(trials);
  withExamples(
    trials,
    'acanet trials make exp/demo/prep/manifest.jsonl --targets 100 --nontargets 1000 --at-most --out trials.txt',
    'acanet trials check exp/demo/prep/trials.txt --manifest exp/demo/prep/manifest.jsonl',
    'acanet trials convert exp/demo/prep/trials.txt --to voxceleb --out veri_test.txt',
  );
}

interface ConvertFlags {
  to: 'kaldi' | 'voxceleb' | 'csv';
  out?: string;
  json?: boolean;
}

function addTrialsConvert(trials: Command): void {
  const command = trials
    .command('convert')
    .description('write a trial list in another form, in its order, repeats and all')
    .argument('<trials>', 'the list, in any form that is known; - is the standard input')
    .addOption(
      new Option('--to <form>', 'kaldi (enroll test target|nontarget), voxceleb (1|0 enroll test) or csv')
        .choices(['kaldi', 'voxceleb', 'csv'])
        .makeOptionMandatory(),
    )
    .option('--out <file>', 'the file to write (default: the standard output)')
    .option('--json', 'print what was done as JSON; needs --out');
  withExamples(
    command,
    'acanet trials convert exp/demo/prep/trials.txt --to voxceleb --out veri_test.txt',
    'acanet trials convert exp/demo/prep/trials.txt --to csv | head -3',
  ).action(async (path: string, flags: ConvertFlags) => {
    const { readTrialList, trialBlocks, writeTrials } = await import('../corpus/trials/trials.js');
    checkOutputs({ outputs: [flags.out], inputs: [path], json: flags.json });
    const { trials: list, form, ignored } = readTrialList(path);
    const dropped = ignored.length > 0 ? `; columns left out: ${ignored.join(', ')}` : '';
    if (flags.out === undefined) {
      for (const block of trialBlocks(list, flags.to)) print(block);
      say(`${counted(list.length, 'trial')}, read as "${form}", written as ${flags.to}${dropped}\n`);
      return;
    }
    writeTrials(flags.out, list, flags.to);
    if (flags.json)
      printJson({ trials: list.length, from: form, to: flags.to, out: flags.out, columnsIgnored: ignored });
    else print(`${flags.out}: ${counted(list.length, 'trial')}, read as "${form}", written as ${flags.to}${dropped}`);
  });
}
