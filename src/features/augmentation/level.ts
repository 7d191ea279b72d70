/** @file Change of level: every sample times 10^(gain/20). Nothing is clipped. */

/** The samples `gain` dB louder; a new array. */
export function changeLevel(samples: Float32Array, gain: number): Float32Array<ArrayBuffer> {
  const factor = 10 ** (gain / 20);
  const changed = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) changed[i] = factor * samples[i];
  return changed;
}
