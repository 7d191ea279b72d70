/** @file A plan in words and tables. */
import { formatBytes, formatCount, formatDuration } from '../../report/text/number-format.js';
import { formatTable, type Column } from '../../report/text/table.js';
import type { WorkPlan } from './work-plan.js';

const right = (title: string): Column => ({ title, align: 'right' });

export function describePlan({
  device,
  threads,
  systems,
  deviceHours,
  utterances,
  audioHours,
  disk,
  spread,
}: WorkPlan): string {
  const corpus = `${formatCount(utterances)} utterances, ${audioHours.toFixed(audioHours < 10 ? 2 : 0)} hours of audio`;
  if (systems.length === 0) return `${corpus}; no training is to be done\n`;
  const trainings = systems.reduce((sum, system) => sum + system.trainings, 0);
  const columns = [
    { title: 'system' },
    right('trainings'),
    right('steps each'),
    right('crops each'),
    right('time each'),
    { title: 'from' },
  ];
  const rows = systems.map((system) => [
    system.system,
    String(system.trainings),
    formatCount(system.steps),
    formatCount(system.crops),
    formatDuration(3600 * system.hours),
    system.basis,
  ]);
  const each = device === 'GPU' ? 'one GPU each' : `${threads} ${threads === 1 ? 'thread' : 'threads'} each`;
  const times = spread.map(({ atOnce, hours }) => [String(atOnce), formatDuration(3600 * hours)]);
  return [
    `${corpus}\n`,
    formatTable(columns, rows),
    `${trainings} trainings, ${each}: ${deviceHours.toFixed(deviceHours < 10 ? 2 : 0)} ${device === 'GPU' ? 'GPU hours' : 'CPU hours'}\n`,
    formatTable([right('trainings at a time'), right('all of them take')], times),
    `disk: features ${formatBytes(disk.features)}, checkpoints ${formatBytes(disk.checkpoints)}\n`,
  ].join('\n');
}
