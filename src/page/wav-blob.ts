/** @file Samples as a WAV file of 32-bit floats, one channel: to listen to in the page, and to save as they were heard. */
export function wavBlob(samples: Float32Array<ArrayBuffer>, sampleRate: number): Blob {
  const header = new DataView(new ArrayBuffer(44));
  const bytes = samples.byteLength;
  const text = (at: number, value: string) => [...value].forEach((c, i) => header.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF');
  header.setUint32(4, 36 + bytes, true);
  text(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 3, true); // IEEE float
  header.setUint16(22, 1, true);
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, 4 * sampleRate, true);
  header.setUint16(32, 4, true);
  header.setUint16(34, 32, true);
  text(36, 'data');
  header.setUint32(40, bytes, true);
  return new Blob([header, samples], { type: 'audio/wav' });
}
