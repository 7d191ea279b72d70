/**
 * @file `acanet check`: whether the files of an experiment, a feature cache or a model folder are those that were
 * written.
 */
import type { Command } from 'commander';
import type { CheckedPart, FoundFile, Verdict } from '../recipe/examination/check-files.js';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface CheckFlags {
  recipe?: string;
  work: string;
  json?: boolean;
}

export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .description(
      'read every file of an experiment again and say whether it is the one that was written; changes nothing',
    )
    .argument(
      '[folder]',
      'an experiment (exp/NAME), a feature cache or a model folder (default: the current experiment)',
    )
    .option('--recipe <name|file>', 'the experiment of this recipe')
    .option('--work <dir>', 'the folder of experiments', 'exp')
    .option('--json', 'print results as JSON');
  withExamples(command, 'acanet check', 'acanet check exp/demo/features').action(
    async (given: string | undefined, { recipe, work, json }: CheckFlags) => {
      const [{ checkFolder }, { meantFolder }] = await Promise.all([
        import('../recipe/examination/check-files.js'),
        import('../recipe/running/work-folder.js'),
      ]);
      const folder = given ?? meantFolder({ work, recipe });
      const talk = createTalk({ blocking: true });
      const signal = listenForInterruption();
      let parts: CheckedPart[];
      try {
        parts = checkFolder(folder, { signal, onProgress: (done, total) => talk.progress('check', done, total) });
      } finally {
        talk.stop();
      }
      const files = parts.flatMap((part) => part.files);
      const bad = files.filter(isBad);
      if (json) printJson({ folder, trusted: bad.length === 0, parts });
      else await show(folder, parts);
      if (bad.length > 0) process.exitCode = 1;
    },
  );
}

const isBad = ({ verdict }: FoundFile) => verdict === 'damaged' || verdict === 'missing';

async function show(folder: string, parts: readonly CheckedPart[]): Promise<void> {
  const [{ formatTable }, { join }] = await Promise.all([import('../report/text/table.js'), import('node:path')]);
  const columns = [
    { title: 'stage' },
    { title: 'files', align: 'right' as const },
    { title: 'bytes', align: 'right' as const },
    { title: 'verdict' },
  ];
  const rows = parts.map(({ part, files, verdict }) => [part, `${files.length}`, `${bytesOf(files)}`, verdict]);
  print(formatTable(columns, rows));
  for (const { part, files } of parts)
    for (const { file, problem } of files.filter(isBad)) print(`${join(folder, part, file)}: ${problem}`);
  print(conclusion(folder, parts));
}

const bytesOf = (files: readonly FoundFile[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** What can be trusted. */
function conclusion(folder: string, parts: readonly CheckedPart[]): string {
  const files = parts.flatMap((part) => part.files);
  const count = (verdict: Verdict) => files.filter((file) => file.verdict === verdict).length;
  const bad = parts.filter((part) => part.files.some(isBad)).map(({ part }) => part);
  const sound = `${count('as written')} of ${files.length} files in ${folder} are as they were written.`;
  const unknown = count('not recorded');
  const unfinished = count('not finished');
  return [
    bad.length === 0
      ? sound
      : parts.length === 1
        ? `${sound} Make or copy the folder again.`
        : `${sound} What ${bad.join(', ')} holds cannot be trusted; \`acanet run\` makes it again.`,
    ...(unknown > 0 ? [`Of ${unknown} no record was kept, so nothing can be said of them.`] : []),
    ...(unfinished > 0 ? [`${unfinished} belong to stages that have not finished.`] : []),
  ].join('\n');
}
