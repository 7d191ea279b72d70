/**
 * @file `acanet reproduce`: a finished experiment run again from its record, and which of its results are the same
 * bytes.
 */
import type { Command } from 'commander';
import type { Sameness } from '../recipe/examination/compare-folders.js';
import type { Reproduction } from '../recipe/reproduce.js';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import { corpusSets, withCorpusOptions, withExamples, type CorpusFlags } from './recipe-options.js';

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('run a finished experiment again from its record, beside it, and say which results are the same bytes')
    .argument('<folder>', 'the experiment: exp/NAME')
    .option('--out <dir>', 'folder of the second run (default: exp/NAME.reproduced)')
    .option('--json', 'print results as JSON');
  withExamples(withCorpusOptions(command), 'acanet reproduce exp/demo').action(
    async (folder: string, flags: CorpusFlags & { out?: string; json?: boolean }) => {
      const { reproduce } = await import('../recipe/reproduce.js');
      const talk = createTalk();
      const signal = listenForInterruption();
      const { out, json } = flags;
      const result = await reproduce({ ...talk, folder, out, sets: corpusSets(flags), signal }).finally(talk.stop);
      if (json) printJson(result);
      else await show(result);
      if (badOf(result).length > 0) process.exitCode = 1;
    },
  );
}

const badOf = ({ stages }: Reproduction) =>
  stages.flatMap(({ stage, files }) =>
    files
      .filter(({ verdict }) => verdict === 'differs' || verdict === 'missing')
      .map(({ file, verdict }) => `${stage}/${file}: ${verdict}`),
  );

async function show(result: Reproduction): Promise<void> {
  const { formatTable } = await import('../report/text/table.js');
  const verdicts: Sameness[] = [
    'same bytes',
    'same but for times and places',
    'measured, not compared',
    'differs',
    'missing',
  ];
  const shown = verdicts.filter((each) =>
    result.stages.some(({ files }) => files.some(({ verdict }) => verdict === each)),
  );
  const columns = [{ title: 'stage' }, ...shown.map((title) => ({ title, align: 'right' as const }))];
  const rows = result.stages.map(({ stage, files }) => [
    stage,
    ...shown.map((each) => `${files.filter(({ verdict }) => verdict === each).length || ''}`),
  ]);
  print(formatTable(columns, rows));
  const bad = badOf(result);
  for (const line of bad) print(line);
  print(
    bad.length === 0
      ? `The experiment is reproduced in ${result.folder}: every result is the same.`
      : `${bad.length} files of ${result.folder} are not the same.${result.conditions.length > 0 ? ` Not as it was: ${result.conditions.join('; ')}.` : ''}`,
  );
}
