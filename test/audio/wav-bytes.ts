/** @file Builds WAV files byte by byte, good and bad, for the tests of reading them. */

export interface WavBytes {
  tag?: number;
  channels?: number;
  sampleRate?: number;
  bits?: number;
  /** Bits that count, for WAVE_FORMAT_EXTENSIBLE. */
  extensible?: boolean;
  /** Chunks before "fmt " and between it and "data". */
  before?: Buffer[];
  between?: Buffer[];
  /** What the data chunk says its size is; default: the truth. */
  statedSize?: number;
  data: Buffer;
}

export function chunk(id: string, body: Buffer, statedSize = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(statedSize, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

export function wavBytes({
  tag = 1,
  channels = 1,
  sampleRate = 8000,
  bits = 16,
  extensible = false,
  before = [],
  between = [],
  statedSize,
  data,
}: WavBytes): Buffer {
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  if (extensible) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(bits, 18);
    Buffer.from('0000000000001000800000aa00389b71', 'hex').copy(fmt, 24);
    fmt.writeUInt16LE(tag, 24);
  }
  const chunks = [...before, chunk('fmt ', fmt), ...between, chunk('data', data, statedSize)];
  const body = Buffer.concat([Buffer.from('WAVE', 'latin1'), ...chunks]);
  return chunk('RIFF', body);
}

export interface RF64 {
  magic?: string;
  dataSize?: number | bigint;
  table?: [string, number][];
  data: Buffer;
}

/** RF64: "ds64" holds the sizes that the chunks themselves state as 2³² − 1. */
export function rf64({ magic = 'RF64', dataSize, table = [], data }: RF64) {
  const ds64 = Buffer.alloc(28 + 12 * table.length);
  ds64.writeBigUInt64LE(BigInt(dataSize ?? data.length), 8);
  ds64.writeUInt32LE(table.length, 24);
  for (const [i, [id, size]] of table.entries()) {
    ds64.write(id, 28 + 12 * i, 'latin1');
    ds64.writeBigUInt64LE(BigInt(size), 32 + 12 * i);
  }
  const between = table.map(([id, size]) => chunk(id, Buffer.alloc(size), 0xffffffff));
  const bytes = wavBytes({ before: [chunk('ds64', ds64)], between, data, statedSize: 0xffffffff });
  bytes.write(magic, 'latin1');
  bytes.writeUInt32LE(0xffffffff, 4);
  return bytes;
}
