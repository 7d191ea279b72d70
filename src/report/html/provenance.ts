/** @file Where the results come from: commands, versions, machine, seeds, hashes. */
import { escapeMarkup } from '../text/escape.js';
import { pageSection, type PageSection, tableMarkup } from './markup.js';
import type { Provenance } from './report-data.js';

/** More commands than this are folded away. */
const SHOWN_COMMANDS = 5;

export function provenanceSection({ facts, commands, stages }: Provenance): PageSection {
  const listed = commands.map(
    ({ time, command, sets }) =>
      `${time.slice(0, 16).replace('T', ' ')}  ${command}${sets.length > 0 ? `\n                  settings in force: ${sets.join(' ')}` : ''}`,
  );
  const block = (lines: readonly string[]) => `<pre>${escapeMarkup(lines.join('\n'))}</pre>`;
  const earlier = listed.slice(0, -SHOWN_COMMANDS);
  return pageSection(
    'provenance',
    'Provenance',
    [
      tableMarkup({
        caption: 'Where the results come from',
        columns: ['what', 'value'],
        rows: facts.map(([label, value]) => [label, value]),
      }),
      '<h3>Commands</h3>',
      block(listed.slice(-SHOWN_COMMANDS)),
      earlier.length > 0
        ? `<details><summary>${earlier.length} earlier ${earlier.length > 1 ? 'commands' : 'command'}</summary>${block(earlier)}</details>`
        : '',
      `<details><summary>Stages, with the hashes of what they wrote</summary>${tableMarkup({
        caption: 'Stages, with the hashes of what they wrote',
        columns: ['stage', 'finished', 'took', 'SHA-256 of its result'],
        rows: stages.map(({ stage, finished, seconds, outputHash }) => [
          stage,
          finished.slice(0, 16).replace('T', ' '),
          `${seconds.toFixed(1)} s`,
          outputHash.slice(0, 16),
        ]),
      })}</details>`,
    ].join('\n'),
  );
}
