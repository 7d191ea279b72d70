/** @file Builds SPHERE files byte by byte, good and bad, for the tests of reading them. */

export interface SphereBytes {
  /** Lines of the header after the size, without `end_head`. Fields given here replace the ones made from the rest. */
  fields?: Record<string, string | undefined>;
  /** Bytes of the header; the text is filled up with spaces. */
  headerSize?: number;
  /** What line 2 says; default: the truth. */
  statedSize?: string;
  endHead?: boolean;
  lineEnd?: string;
  data: Buffer;
}

/**
 * By default 16-bit pcm with the low byte first, one channel, 16 kHz, without a checksum. A field of undefined is left
 * out.
 */
export function sphereBytes(options: SphereBytes): Buffer {
  const { fields = {}, headerSize = 1024, statedSize, endHead = true, lineEnd = '\n', data } = options;
  const all: Record<string, string | undefined> = {
    channel_count: '-i 1',
    sample_count: `-i ${data.length / 2}`,
    sample_rate: '-i 16000',
    sample_n_bytes: '-i 2',
    sample_byte_format: '-s2 01',
    sample_coding: '-s3 pcm',
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  if (endHead) lines.push('end_head');
  const text = ['NIST_1A', statedSize ?? String(headerSize).padStart(7), ...lines, ''].join(lineEnd);
  return Buffer.concat([Buffer.from(text.padEnd(headerSize), 'latin1'), data]);
}
