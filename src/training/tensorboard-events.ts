/**
 * @file `events.out.tfevents.*`: the figures of `metrics.jsonl` once more, in the format that TensorBoard reads.
 *
 * A file is a row of records (TensorFlow's TFRecord): length (64 bits), its checksum, an `Event` of
 * tensorflow/core/util/event.proto, its checksum. A checksum is a CRC-32C, rotated and with a constant added, so that
 * none is taken of another one. All is low byte first. The files are always written: a line of the log takes less than
 * two kilobytes and no measurable time, and a training that was not recorded cannot be looked at later.
 *
 * Each start of a training writes a file of its own, as TensorFlow does, because TensorBoard may be reading the others.
 * It begins with a `SessionLog` of START at the step after the one that is resumed from: TensorBoard drops what earlier
 * files have from that step on. A record that a kill has torn ends its file there.
 */
import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { guardWriting } from '../storage/atomic-write.js';
import type { MetricsRow } from './metrics-log.js';

const NAME = /^events\.out\.tfevents\.(\d+)\.acanet$/;

export interface EventLog {
  readonly path: string;
  append(row: MetricsRow): void;
}

/**
 * Opens the events of a training in its folder, which is there.
 * @param resumed the step that is resumed from, and the rows that are kept of the log up to it; absent: a new training,
 *   whose folder loses the events of an earlier one
 */
export function openEventLog(dir: string, resumed?: { step: number; rows: readonly MetricsRow[] }): EventLog {
  const earlier = readdirSync(dir).flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
  if (!resumed) for (const number of earlier) rmSync(pathOf(dir, number));
  const path = pathOf(dir, resumed ? Math.max(0, ...earlier) + 1 : 1);
  const write = (events: readonly Uint8Array[]) =>
    guardWriting(path, () => appendFileSync(path, Buffer.concat(events.map(record))));
  const append = (row: MetricsRow) => {
    const scalars = scalarsOf(row);
    if (scalars.length > 0) write([event({ time: Date.now() / 1000, step: row.step, scalars })]);
  };
  write([
    event({ time: Date.now() / 1000, fileVersion: 'brain.Event:2' }),
    ...(resumed ? [event({ time: Date.now() / 1000, step: resumed.step + 1, starts: true })] : []),
  ]);
  // A training that was begun before there were events.
  if (resumed && earlier.length === 0) for (const row of resumed.rows) append(row);
  return { path, append };
}

const pathOf = (dir: string, number: number) =>
  join(dir, `events.out.tfevents.${String(number).padStart(6, '0')}.acanet`);

export interface Scalar {
  tag: string;
  value: number;
}

/**
 * The numbers of a row: TensorBoard groups tags by what stands before the first slash. Plain figures are of `training`
 * or, where their names begin with `dev`, of `development`; the others keep the names of the objects they stand in.
 */
function scalarsOf({ step: _, ...row }: MetricsRow): Scalar[] {
  return Object.entries(row).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [{ tag: `${/^dev[A-Z]/.test(name) ? 'development' : 'training'}/${name}`, value }]
      : numbersIn(name, value),
  );
}

function numbersIn(tag: string, value: unknown): Scalar[] {
  if (typeof value === 'number') return [{ tag, value }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersIn(`${tag}/${name}`, inner));
}

/** An `Event` of one of three kinds, in the wire format of protocol buffers. Time in seconds since 1970. */
export function event({
  time,
  step,
  fileVersion,
  starts,
  scalars,
}: {
  time: number;
  step?: number;
  fileVersion?: string;
  starts?: boolean;
  scalars?: readonly Scalar[];
}): Uint8Array {
  const values = scalars?.map(({ tag, value }) =>
    bytesField(1, [...bytesField(1, Buffer.from(tag)), ...float(2, value)]),
  );
  return Uint8Array.from([
    ...double(1, time),
    ...(step === undefined ? [] : [(2 << 3) | 0, ...varint(step)]),
    ...(fileVersion === undefined ? [] : bytesField(3, Buffer.from(fileVersion))),
    ...(values ? bytesField(5, values.flat()) : []),
    // SessionLog.status = START
    ...(starts ? bytesField(7, [(1 << 3) | 0, 1]) : []),
  ]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const bytesField = (field: number, bytes: Iterable<number>): number[] => {
  const content = [...bytes];
  return [(field << 3) | 2, ...varint(content.length), ...content];
};

function float(field: number, value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [(field << 3) | 5, ...bytes];
}

function double(field: number, value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [(field << 3) | 1, ...bytes];
}

/** A TFRecord of these bytes. */
export function record(content: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(content.length));
  head.writeUInt32LE(masked(crc32c(head.subarray(0, 8))), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(masked(crc32c(content)));
  return Buffer.concat([head, content, tail]);
}

const masked = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** CRC-32 of Castagnoli's polynomial 0x1edc6f41, lowest bit first, all bits inverted before and after (RFC 3720). */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}
