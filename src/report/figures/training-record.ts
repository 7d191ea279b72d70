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

/** Steps as epochs: the last step of the training ends its last epoch. */
export function epochsOf(rows: readonly TrainingRow[]): (step: number) => number {
  const last = rows.findLast(({ epoch }) => typeof epoch === 'number');
  const perEpoch = last ? last.step / Number(last.epoch) : 1;
  return (step) => step / perEpoch;
}
