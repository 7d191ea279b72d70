/**
 * @file µ-law and A-law: 8-bit codes for 13- and 14-bit telephone speech (ITU-T G.711, 1988).
 *
 * A code is a sign, a segment e of 3 bits and a step m of 4 bits, stored with bits inverted (µ-law: all of them; A-law:
 * every second one). Linear values are on the scale of int16, where a step of segment e is 2^(e+3) wide; a code stands
 * for the middle of its step.
 *   µ-law: |x| + 132 = 2^(e+7) · (1 + m/16) …           largest value 32124, code 0xFF is 0, 0x7F is −0
 *   A-law: |x| = 2^(e+7) · (1 + m/16) …, e = 0 like e = 1 without the leading one; values ±8 … ±32256, no 0
 */

/** The 16-bit value of each of the 256 µ-law codes. */
export const muLawValues = Int16Array.from({ length: 256 }, (_, stored) => {
  const code = ~stored & 0xff;
  const segment = (code >> 4) & 7;
  const magnitude = ((((code & 15) << 3) + 132) << segment) - 132;
  return code & 0x80 ? -magnitude : magnitude;
});

/** The 16-bit value of each of the 256 A-law codes. */
export const aLawValues = Int16Array.from({ length: 256 }, (_, stored) => {
  const code = stored ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = ((code & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
});

/** The µ-law code of a value in −32768 … 32767; what lies beyond the last step gets the last code. */
export function muLawCode(value: number): number {
  const magnitude = Math.min(Math.abs(value), 32635) + 132;
  const segment = 24 - Math.clz32(magnitude);
  return ~((value < 0 ? 0x80 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 15)) & 0xff;
}

/**
 * The A-law code of an integer in −32768 … 32767. Steps include their lower end; −1 … −16 are the first negative one.
 */
export function aLawCode(value: number): number {
  const magnitude = value < 0 ? ~value : value;
  const segment = Math.max(0, 24 - Math.clz32(magnitude));
  const step = (magnitude >> (segment === 0 ? 4 : segment + 3)) & 15;
  return ((value < 0 ? 0 : 0x80) | (segment << 4) | step) ^ 0x55;
}

/** µ-law codes → 16-bit values. */
export function muLawToLinear(codes: Uint8Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(codes, (code) => muLawValues[code]);
}

/** 16-bit values → µ-law codes. */
export function linearToMuLaw(values: Int16Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values, muLawCode);
}

/** A-law codes → 16-bit values. */
export function aLawToLinear(codes: Uint8Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(codes, (code) => aLawValues[code]);
}

/** 16-bit values → A-law codes. */
export function linearToALaw(values: Int16Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values, aLawCode);
}

/** Samples in −1 … 1 as they come out of a µ-law line: rounded to 16 bits, clipped, coded and decoded. */
export function throughMuLaw(samples: Float32Array): Float32Array<ArrayBuffer> {
  return throughCodec(samples, muLawCode, muLawValues);
}

/** Samples in −1 … 1 as they come out of an A-law line: rounded to 16 bits, clipped, coded and decoded. */
export function throughALaw(samples: Float32Array): Float32Array<ArrayBuffer> {
  return throughCodec(samples, aLawCode, aLawValues);
}

function throughCodec(samples: Float32Array, codeOf: (value: number) => number, values: Int16Array) {
  const heard = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32768)));
    heard[i] = values[codeOf(value)] / 32768;
  }
  return heard;
}
