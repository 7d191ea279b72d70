/** @file `acanet data validate`: everything that is wrong with a manifest, line by line. */
import type { Command } from 'commander';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted } from '../problem-list.js';

export function addDataValidate(data: Command): void {
  const command = data
    .command('validate')
    .description('print every problem of a manifest with its line; exit status 1 if there is one')
    .argument('<manifest>', 'the manifest, or - for the standard input')
    .option('--audio', 'also decode the audio of every utterance')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data validate manifest.jsonl',
    'acanet data validate manifest.jsonl --audio --json',
  ).action(async (manifest: string, { audio, json }: { audio?: boolean; json?: boolean }) => {
    const { checkManifest, describeProblem } = await import('../corpus/manifest/manifest-lines.js');
    const talk = createTalk();
    const { lines, utterances, lineNumbers, problems } = checkManifest(manifest);
    if (audio) {
      const [{ inspectAudio }, { tallyInspection }, { formatInspection }] = await Promise.all([
        import('../corpus/inspection/audio-inspection.js'),
        import('../corpus/inspection/inspection-summary.js'),
        import('../report/inspection-table.js'),
      ]);
      const { utteranceProblems } = await import('../corpus/manifest/manifest.js');
      // Audio is looked for only where the line says sensibly where it is.
      const sound = [...utterances.keys()].filter((index) => utteranceProblems(utterances[index]).length === 0);
      const listened = sound.map((index) => utterances[index]);
      const tally = tallyInspection();
      const inspection = inspectAudio(listened, {
        signal: listenForInterruption(),
        onProgress: ({ done, total, audioSeconds }) =>
          talk.progress('listening', done, total, `${Math.round(audioSeconds)} s of audio`),
      });
      let next = 0;
      for await (const result of inspection) {
        const index = sound[next++];
        for (const problem of tally.add(result, utterances[index]))
          problems.push({ file: manifest, line: lineNumbers[index], id: result.id, problem });
      }
      problems.sort((a, b) => a.line - b.line);
      talk.log(
        formatInspection(tally.summary(utterances.length), {
          fewer: `of ${utterances.length}; the lines of the others are wrong`,
        }).trimEnd(),
      );
    }
    talk.stop();
    // Before anything is printed, as its reader may go away.
    if (problems.length > 0) process.exitCode = 1;
    if (json) printJson({ manifest, lines, utterances: utterances.length, problems });
    else if (problems.length > 0) print(problems.map(describeProblem).join('\n'));
    const count = problems.length === 0 ? 'no problem' : counted(problems.length, 'problem');
    talk.log(`${counted(lines, 'line')}, ${count}`);
  });
}
