/** @file `acanet data import`: a folder of audio, a Kaldi folder, a table, a known corpus → a manifest. */
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { refuseReplacing } from '../storage/overwriting.js';
import { refuseInputsBelow, refuseTwins } from './data-arguments.js';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { repeatable } from './repeatable.js';

interface ImportFlags {
  out: string;
  trials?: string;
  set: string[];
  lists?: string;
  allowPipes?: boolean;
  json?: boolean;
}

export function addDataImport(data: Command): void {
  const command = data
    .command('import')
    .description('make a manifest of the audio that is there')
    .argument('<type>', 'what it is: folder (one folder a speaker), kaldi, csv, lhotse, librispeech, voxceleb, …')
    .argument('<source>', 'the folder or file')
    .requiredOption('--out <manifest.jsonl>', 'the manifest to write')
    .option('--trials <file>', "also write the corpus's test trials")
    .addOption(repeatable('--set <key=value>', "an option of the corpus, as in a recipe's corpus section"))
    .option('--lists <dir>', 'wsj0, voxceleb: where the lists are')
    .option('--allow-pipes', 'kaldi: run the commands in wav.scp')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data import folder recordings --out manifest.jsonl',
    'acanet data import folder recordings --out manifest.jsonl --trials trials.txt --set testShare=0.3',
    'acanet data import kaldi data/train --out train.jsonl --set testShare=0',
  ).action(async (type: string, source: string, { out, trials, set, lists, allowPipes, json }: ImportFlags) => {
    const [
      { importCorpus },
      { describeCorpus, summarizeCorpus, writeManifest },
      { writeTrials },
      { enrolmentPathOf, writeEnrolment },
    ] = await Promise.all([
      import('../tasks/corpus/import-corpus.js'),
      import('../corpus/manifest/manifest.js'),
      import('../corpus/trials/trials.js'),
      import('../corpus/trials/enrolment.js'),
    ]);
    refuseReplacing([out, trials], [source, ...set.map((value) => value.slice(value.indexOf('=') + 1).trim())]);
    refuseTwins([out, trials]);
    await refuseInputsBelow(source, [out, trials]);
    const talk = createTalk();
    const corpus = await importCorpus({
      type,
      source,
      sets: [
        ...set,
        ...(lists === undefined ? [] : [`lists=${JSON.stringify(lists)}`]),
        ...(allowPipes ? ['allowPipes=true'] : []),
      ],
      makeTrials: trials !== undefined,
      audioDir: join(dirname(resolve(out)), 'audio'),
      onProgress: (done, total) => talk.progress('headers', done, total),
      signal: listenForInterruption(),
    }).finally(talk.stop);
    const { utterances, notes, partial } = corpus;
    for (const note of [...notes, ...(partial === undefined ? [] : [partial]), ...describeCorpus(utterances)])
      talk.log(`  ${note}`);
    writeManifest(out, utterances);
    const written = [out];
    if (trials !== undefined && corpus.trials) {
      writeTrials(trials, corpus.trials);
      written.push(trials);
      if (corpus.enrolment) {
        const models = enrolmentPathOf(trials);
        writeEnrolment(models, corpus.enrolment);
        written.push(models);
      }
    } else if (trials !== undefined) {
      talk.log(`  no ${trials}: the corpus brings no trials; see \`acanet trials make --help\``);
    }
    if (json) {
      printJson({
        manifest: out,
        ...(corpus.trials && trials !== undefined && { trials, trialCount: corpus.trials.length }),
        utterances: utterances.length,
        splits: summarizeCorpus(utterances),
        notes,
        ...(partial !== undefined && { partial }),
      });
    } else print(written.join('\n'));
  });
}
