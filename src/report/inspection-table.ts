/** @file What listening to a corpus found, as one table for the terminal. */
import type { InspectionSummary } from '../corpus/inspection/inspection-summary.js';
import { formatPercent } from './text/number-format.js';
import { formatTable } from './text/table.js';

/**
 * One row a fault, also where nothing has it, so that it shows what was looked for. Rows that make an utterance
 * unusable are marked `!` where there are any.
 */
export function formatInspection(
  { inspected, of, audioSeconds, faults, activeLevel }: InspectionSummary,
  { fewer = `a seeded sample of the ${of}` }: { /** Why not all were. */ fewer?: string } = {},
): string {
  const sample = inspected < of ? ` (${fewer})` : '';
  const rows = faults.map(({ fault, fatal, utterances, share, worst }) => [
    `${fatal && utterances > 0 ? '! ' : ''}${fault}`,
    String(utterances),
    utterances === 0 ? '' : formatPercent(share),
    worst.join(', '),
  ]);
  const columns = [
    { title: 'audio' },
    { title: 'utterances', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'worst' },
  ] as const;
  const hours = `${(audioSeconds / 3600).toFixed(2)} h`;
  const level = activeLevel
    ? `level of the speech: median ${activeLevel[1].toFixed(1)} dBFS, nine in ten between ` +
      `${activeLevel[0].toFixed(1)} and ${activeLevel[2].toFixed(1)}\n`
    : '';
  return `${inspected} utterances inspected${sample}, ${hours}\n${formatTable(columns, rows)}${level}`;
}
