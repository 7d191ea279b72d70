/** @file `acanet data dedup`: the same audio under two ids, shown or taken out. */
import type { Command } from 'commander';
import type { ConflictPolicy, DuplicateGroup } from '../corpus/inspection/duplicate-audio.js';
import { UserError } from '../errors.js';
import { refuseReplacing } from '../storage/overwriting.js';
import { listenForInterruption } from './interruption.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted } from '../problem-list.js';

interface DedupFlags {
  out?: string;
  conflicts: string;
  threads?: string;
  json?: boolean;
}

const policies = ['refuse', 'first', 'drop'] as const;

export function addDataDedup(data: Command): void {
  const command = data
    .command('dedup')
    .description(
      'find utterances whose decoded samples are the same; prints a line for each group, exit status 1 if there is one ' +
        'and nothing was written',
    )
    .argument('<manifest>', 'the manifest, or - for the standard input')
    .option('--out <new.jsonl>', 'write a manifest with only the first of each group')
    .option(
      '--conflicts <how>',
      'audio under two speakers, of which one is wrong: refuse to write, keep the first, or drop all of it',
      'refuse',
    )
    .option('--threads <n>', 'threads to decode with (default: all)')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data dedup manifest.jsonl',
    'acanet data dedup manifest.jsonl --out unique.jsonl --conflicts drop',
  ).action(async (manifest: string, { out, conflicts, threads, json }: DedupFlags) => {
    if (!isPolicy(conflicts))
      throw new UserError(`--conflicts: expected ${policies.join(', ')}, got ${JSON.stringify(conflicts)}`);
    refuseReplacing([out], [manifest]);
    const [{ findDuplicates, withoutDuplicates }, { inspectManifest }, { readCheckedManifest }, { writeManifest }] =
      await Promise.all([
        import('../corpus/inspection/duplicate-audio.js'),
        import('../corpus/inspection/audio-inspection.js'),
        import('../corpus/manifest/manifest-lines.js'),
        import('../corpus/manifest/manifest.js'),
      ]);
    const talk = createTalk();
    const utterances = readCheckedManifest(manifest);
    const results = await inspectManifest(manifest, utterances, {
      threads: wholeNumber('--threads', threads),
      signal: listenForInterruption(),
      onProgress: ({ done, total, audioSeconds }) =>
        talk.progress('listening', done, total, `${Math.round(audioSeconds)} s of audio`),
    }).finally(talk.stop);
    const groups = findDuplicates(utterances, results);
    if (!json && groups.length > 0) print(groups.map(describeGroup).join('\n'));
    const copies = groups.reduce((sum, { utterances: members }) => sum + members.length - 1, 0);
    const disputed = groups.filter(({ speakersDiffer }) => speakersDiffer).length;
    talk.log(
      copies === 0
        ? `${counted(utterances.length, 'utterance')}, no audio twice`
        : `${utterances.length} utterances, ${copies} of them copies of an earlier one (in ${counted(groups.length, 'group')})`,
    );
    if (disputed > 0)
      talk.log(`! the same audio under several speakers: ${counted(disputed, 'time')}; a label is wrong, listen to it`);
    const kept = out === undefined ? undefined : withoutDuplicates(utterances, groups, { conflicts });
    if (out !== undefined && kept) {
      writeManifest(out, kept);
      talk.log(
        `${utterances.length} = ${kept.length} kept + ${utterances.length - kept.length} left out; wrote ${out}`,
      );
    }
    if (json) {
      printJson({
        utterances: utterances.length,
        copies,
        groups: groups.map(({ utterances: members, ...group }) => ({
          ...group,
          utterances: members.map(({ id, speaker, split, path }) => ({ id, speaker, split, path })),
        })),
        ...(kept && { out, kept: kept.length }),
      });
    }
    if (copies > 0 && out === undefined) process.exitCode = 1;
  });
}

const isPolicy = (text: string): text is ConflictPolicy => (policies as readonly string[]).includes(text);

/** `a-1 (a, train) = b-7 (b, test)  ! speakers differ, ! splits differ` */
function describeGroup({ utterances, samePiece, speakersDiffer, splitsDiffer, silent }: DuplicateGroup): string {
  const marks = [
    ...(speakersDiffer ? ['! speakers differ'] : []),
    ...(splitsDiffer ? ['! splits differ'] : []),
    ...(samePiece ? ['the same piece of one file'] : []),
    ...(silent ? ['silence'] : []),
  ];
  const members = utterances.map(({ id, speaker, split }) => `${id} (${speaker}, ${split})`).join(' = ');
  return marks.length > 0 ? `${members}  ${marks.join(', ')}` : members;
}
