/** @file `acanet data fix`: a manifest with what can be known put right, and a list of every change. */
import type { Command } from 'commander';
import { refuseReplacing } from '../storage/overwriting.js';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted } from '../problem-list.js';

interface FixFlags {
  out: string;
  audio?: boolean;
  dropUnreadable?: boolean;
  dropInvalid?: boolean;
  json?: boolean;
}

export function addDataFix(data: Command): void {
  const command = data
    .command('fix')
    .description(
      'write a new manifest with rates, channels and ends from the files, missing fields filled in, repeated lines ' +
        'dropped; field names of NeMo and WeSpeaker are known; prints every change',
    )
    .argument('<manifest>', 'the manifest to mend, or - for the standard input')
    .requiredOption('--out <new.jsonl>', 'the manifest to write')
    .option('--audio', 'also decode the audio of every utterance: finds damaged samples, where a header tells nothing')
    .option('--drop-unreadable', 'leave out utterances whose audio is missing or unreadable')
    .option('--drop-invalid', 'leave out lines that cannot be mended')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data fix manifest.jsonl --out fixed.jsonl',
    'acanet data fix nemo.json --out manifest.jsonl --audio --drop-unreadable > changes.txt',
  ).action(async (manifest: string, { out, audio, dropUnreadable, dropInvalid, json }: FixFlags) => {
    refuseReplacing([out], [manifest]);
    const [{ repairManifest, requireUsable }, { writeManifest }] = await Promise.all([
      import('../corpus/inspection/manifest-repair.js'),
      import('../corpus/manifest/manifest.js'),
    ]);
    const talk = createTalk();
    const repair = await repairManifest(manifest, {
      audio,
      onProgress: (done, total, what) => talk.progress(what, done, total),
      signal: listenForInterruption(),
    }).finally(talk.stop);
    const { lines, kept, duplicates, invalid, unreadable, changes } = repair;
    requireUsable(manifest, repair, { dropUnreadable, dropInvalid });
    writeManifest(out, kept);
    const dropped = [...invalid, ...unreadable].map(({ line, id, problem }) => ({
      line,
      id,
      change: `dropped: ${problem}`,
    }));
    const all = [...changes, ...dropped].sort((a, b) => a.line - b.line);
    const counts = { lines, kept: kept.length, duplicates, invalid: invalid.length, unreadable: unreadable.length };
    if (json) printJson({ manifest: out, ...counts, changes: all });
    else if (all.length > 0)
      print(
        all
          .map(({ line, id, change }) => `${manifest === '-' ? 'standard input' : manifest}:${line}: ${id}: ${change}`)
          .join('\n'),
      );
    talk.log(
      `${counted(lines, 'line')} = ${kept.length} kept + ${duplicates} repeated + ${invalid.length} invalid + ` +
        `${unreadable.length} unreadable; ${counted(changes.length - duplicates, 'change')}; wrote ${out}`,
    );
  });
}
