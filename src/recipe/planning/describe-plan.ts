/** @file A plan in words and tables. */
import { formatBytes, formatCount, formatDuration } from '../../report/text/number-format.js';
import { formatTable, type Column } from '../../report/text/table.js';
import { sum, type Hours } from './other-stages.js';
import type { WorkPlan } from './work-plan.js';

const right = (title: string): Column => ({ title, align: 'right' });

export function describePlan(plan: WorkPlan): string {
  const { device, threads, systems, deviceHours, others, utterances, audioHours, disk, spread } = plan;
  const corpus = `${formatCount(utterances)} utterances, ${audioHours.toFixed(audioHours < 10 ? 2 : 0)} hours of audio`;
  if (systems.length + others.length === 0) return `${corpus}; nothing that takes long is to be done\n`;
  const trainings = systems.reduce((sum, system) => sum + system.trainings, 0);
  const each = device === 'GPU' ? 'one GPU each' : `${threads} ${threads === 1 ? 'thread' : 'threads'} each`;
  return [
    `${corpus}\n`,
    ...(trainings > 0 ? [trainingTable(systems), `${trainings} trainings, ${each}\n`] : []),
    workTable(others, { device, trainings, deviceHours }),
    formatTable(
      [right('nodes'), right('all of it takes')],
      spread.map(({ nodes, hours }) => [String(nodes), formatDuration(3600 * hours)]),
    ),
    `disk: features ${formatBytes(disk.features)}, checkpoints ${formatBytes(disk.checkpoints)}\n`,
  ].join('\n');
}

function trainingTable(systems: WorkPlan['systems']): string {
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
  return formatTable(columns, rows);
}

/** Time of all threads and all GPUs, for each kind of work. */
function workTable(
  others: WorkPlan['others'],
  { device, trainings, deviceHours }: Pick<WorkPlan, 'device' | 'deviceHours'> & { trainings: number },
): string {
  const gpu = device === 'GPU';
  const training = { cpu: gpu ? 0 : deviceHours, gpu: gpu ? deviceHours : 0 };
  const before = others.filter(({ stage }) => stage === 'listening' || stage === 'features');
  const work = [
    ...before,
    ...(trainings > 0 ? [{ stage: 'trainings', amount: String(trainings), ...training, basis: 'above' }] : []),
    ...others.filter((each) => !before.includes(each)),
  ];
  const time = (hours: number) => (hours > 0 ? formatDuration(3600 * hours) : '');
  const row = ({ cpu, gpu: ofGpus }: Hours, stage: string, amount: string, basis: string) => [
    ...[stage, amount, time(cpu)],
    ...(gpu ? [time(ofGpus)] : []),
    basis,
  ];
  const columns = [{ title: 'work' }, right('how much'), right('CPU time'), ...(gpu ? [right('GPU time')] : [])];
  const rows = work.map((each) => row(each, each.stage, each.amount, each.basis));
  return formatTable([...columns, { title: 'from' }], [...rows, row(sum(work), 'all', '', '')]);
}
