/** @file Reference back-end data by name, as rows. */
import { readSafetensorsRaw } from '../../../src/storage/safetensors.js';

const path = 'test/fixtures/backend/backend.safetensors';

/** A tensor's values. */
export function values(name: string): number[] {
  return Array.from(readSafetensorsRaw(path, [name])[name].data, Number);
}

/** The rows of a matrix, named by `prefix` and their number. */
export function namedRows(name: string, prefix: string): Map<string, Float64Array> {
  const { shape, data } = readSafetensorsRaw(path, [name])[name];
  return new Map(
    Array.from({ length: shape[0] }, (_, row) => [
      `${prefix}${row}`,
      Float64Array.from(data.slice(row * shape[1], (row + 1) * shape[1]), Number),
    ]),
  );
}

/** Rows by the speaker that each is labelled with. */
export function bySpeaker(rows: string, labels: string): Map<string, Map<string, Float64Array>> {
  const speakers = new Map<string, Map<string, Float64Array>>();
  const speakerOf = values(labels);
  [...namedRows(rows, 'u')].forEach(([id, row], index) => {
    const speaker = `e${speakerOf[index]}`;
    speakers.set(speaker, (speakers.get(speaker) ?? new Map<string, Float64Array>()).set(id, row));
  });
  return speakers;
}

/** The largest absolute difference, over `scale`. */
export function worst(got: ArrayLike<number>, expected: ArrayLike<number>, scale = 1): number {
  if (got.length !== expected.length) return Infinity;
  return Math.max(...Array.from(expected, (value, i) => Math.abs(got[i] - value))) / scale;
}
