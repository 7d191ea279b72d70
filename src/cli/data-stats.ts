/** @file `acanet data stats`: what a corpus is made of, as a table, as JSON, as a picture. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { UserError } from '../errors.js';
import { refuseReplacing } from '../storage/overwriting.js';
import { listenForInterruption } from './interruption.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson, type Talk } from './output.js';
import { withExamples } from './recipe-options.js';

interface StatsFlags {
  picture?: string;
  title?: string;
  audio: boolean;
  threads?: string;
  json?: boolean;
}

export function addDataStats(data: Command): void {
  const command = data
    .command('stats')
    .description(
      'speakers, durations, rates, levels, clipping of a manifest; listens to all its audio unless told not to',
    )
    .argument('<manifest>', 'the manifest, or - for the standard input')
    .option('--picture <out.svg>', 'also draw it')
    .option('--title <text>', "the picture's title (default: the manifest's name)")
    .option('--no-audio', 'leave out what needs the samples: levels, clipping, faults')
    .option('--threads <n>', 'threads to decode with (default: all)')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data stats manifest.jsonl',
    'acanet data stats manifest.jsonl --picture corpus.svg --title "My corpus"',
  ).action(async (manifest: string, { picture, title, audio, threads, json }: StatsFlags) => {
    refuseReplacing([picture], [manifest]);
    if (picture !== undefined && !/\.svg$/i.test(picture))
      throw new UserError(`--picture ${picture}: expected a name that ends in .svg: SVG is what is drawn`);
    const [{ readCheckedManifest }, { corpusStatistics }, { formatStatistics }] = await Promise.all([
      import('../corpus/manifest/manifest-lines.js'),
      import('../corpus/inspection/corpus-statistics.js'),
      import('../report/corpus-table.js'),
    ]);
    const talk = createTalk();
    const utterances = readCheckedManifest(manifest);
    const listened = audio ? await listen({ manifest, utterances, threads, talk }).finally(talk.stop) : undefined;
    const statistics = corpusStatistics(utterances, listened?.results);
    if (picture !== undefined) {
      const [{ drawCorpus }, { writeFileAtomic }] = await Promise.all([
        import('../report/corpus-picture.js'),
        import('../storage/atomic-write.js'),
      ]);
      const name = manifest === '-' ? 'standard input' : basename(manifest);
      writeFileAtomic(picture, drawCorpus(statistics, { title: title ?? name }));
      talk.log(`wrote ${picture}`);
    }
    if (listened?.summary.faults.some(({ fatal, utterances }) => fatal && utterances > 0)) {
      process.exitCode = 1;
      talk.log(`! some utterances cannot be used; which, and why: acanet data validate ${manifest} --audio`);
    }
    if (json) printJson({ manifest, ...statistics, ...(listened && { inspection: listened.summary }) });
    else print(`${formatStatistics(statistics)}${listened ? `\n${listened.table}` : ''}`);
  });
}

interface Listening {
  manifest: string;
  utterances: readonly Utterance[];
  threads?: string | undefined;
  talk: Talk;
}

async function listen({ manifest, utterances, threads, talk }: Listening) {
  const [{ inspectManifest }, { tallyInspection }, { formatInspection }] = await Promise.all([
    import('../corpus/inspection/audio-inspection.js'),
    import('../corpus/inspection/inspection-summary.js'),
    import('../report/inspection-table.js'),
  ]);
  const results = await inspectManifest(manifest, utterances, {
    threads: wholeNumber('--threads', threads),
    signal: listenForInterruption(),
    onProgress: ({ done, total, audioSeconds }) =>
      talk.progress('listening', done, total, `${Math.round(audioSeconds)} s of audio`),
  });
  const tally = tallyInspection();
  results.forEach((result, index) => tally.add(result, utterances[index]));
  const summary = tally.summary(utterances.length);
  return { results, summary, table: formatInspection(summary) };
}
