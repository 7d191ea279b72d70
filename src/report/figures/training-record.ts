/** @file What trainings measured as they went: rows of `metrics.jsonl`, and curves of them over epochs. */

/** What one training measured. */
export interface TrainingRecord {
  readonly system: string;
  /** Names the training: `aca-net@2`. */
  readonly run: string;
  readonly rows: readonly TrainingRow[];
}

interface TrainingRow {
  readonly step: number;
  readonly [measure: string]: unknown;
}

/** The curve of one measure in one training: [epoch, value] pairs. */
export function curveOf({ rows }: TrainingRecord, key: string): [number, number][] {
  const epochs = epochsOf(rows);
  return rows.flatMap((row): [number, number][] => {
    const value = row[key];
    return typeof value === 'number' && Number.isFinite(value) ? [[epochs(row.step), value]] : [];
  });
}

/** Steps as epochs: the last step of the training ends its last epoch; with phases, each has epochs of its own length. */
export function epochsOf(rows: readonly TrainingRow[]): (step: number) => number {
  const last = rows.findLast(({ epoch }) => typeof epoch === 'number');
  if (last?.phase !== undefined) return epochsOfPhases(rows);
  const perEpoch = last ? last.step / Number(last.epoch) : 1;
  return (step) => step / perEpoch;
}

/** A phase of a training, and the step and epoch that it begins after. */
export interface RecordedPhase {
  readonly name: string;
  readonly step: number;
  readonly epoch: number;
}

/** The phases that the rows name, in their order; none where they name none. */
export function phasesIn(rows: readonly TrainingRow[]): RecordedPhase[] {
  const phases: RecordedPhase[] = [];
  let end = { step: 0, epoch: 0 };
  for (const { phase, step, epoch, devEer } of rows) {
    if (typeof phase !== 'string') continue;
    if (phases.at(-1)?.name !== phase) phases.push({ name: phase, ...end });
    if (typeof devEer === 'number') end = { step, epoch: Number(epoch) };
  }
  return phases;
}

/** By straight lines between the ends of epochs, at which the development trials are scored. */
function epochsOfPhases(rows: readonly TrainingRow[]): (step: number) => number {
  const ends = rows.filter(({ devEer }) => typeof devEer === 'number').map(({ step, epoch }) => [step, Number(epoch)]);
  const places = [[0, 0], ...ends];
  return (step) => {
    const next = places.findIndex(([end]) => end >= step);
    if (next === 0) return 0;
    // After the last end, an epoch is taken to be as long as the one before.
    const to = next < 0 ? places.length - 1 : next;
    const [[from, before], [until, after]] = [places[Math.max(0, to - 1)], places[to]];
    return until === from ? after : before + ((step - from) / (until - from)) * (after - before);
  };
}
