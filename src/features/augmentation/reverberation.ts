/**
 * @file Reverberation: speech convolved with a room's impulse response.
 *
 * The direct path comes out without delay: y[n] = g · Σ_k h[d + k]·x[n − k], d its place, k from −d on. It is taken to
 * be the first peak of at least half the largest magnitude, as reflections that arrive together may be stronger than it
 * is. The result is as long as the speech; what rings on after its end is cut. Level: g makes the energy of the result
 * that of the speech. Scaling by the direct path instead would make every reverberated sample louder than a clean one,
 * by an amount that tells the room. Polarity is the response's. A crop has no past: the tail of what was said before it
 * is missing, as at the beginning of any recording.
 */
import { UserError } from '../../errors.js';
import { energyOf } from './additive-noise.js';
import { convolve } from './convolution.js';

/** Place of the direct path: the first local maximum of at least half the largest magnitude. */
export function directPath(response: Float32Array): number {
  let largest = 0;
  for (let k = 0; k < response.length; k++) largest = Math.max(largest, Math.abs(response[k]));
  let place = 0;
  while (Math.abs(response[place]) < largest / 2) place++;
  while (place + 1 < response.length && Math.abs(response[place + 1]) > Math.abs(response[place])) place++;
  return place;
}

/**
 * The speech as heard in the room; a new array of the same length and energy.
 * @param name of the impulse response, for messages
 * @throws UserError if the impulse response is silent or not finite
 */
export function reverberate(speech: Float32Array, response: Float32Array, name: string): Float32Array<ArrayBuffer> {
  const energy = energyOf(response);
  if (!(energy > 0 && Number.isFinite(energy))) {
    const what = energy === 0 ? 'only silence' : 'samples that are not finite numbers';
    throw new UserError(
      `${name}: expected an impulse response, got ${what}; leave it out of augmentation.reverberation`,
    );
  }
  const reverberated = convolve(speech, response, { from: directPath(response), count: speech.length });
  const heard = energyOf(reverberated);
  const gain = heard > 0 ? Math.sqrt(energyOf(speech) / heard) : 1;
  for (let i = 0; i < reverberated.length; i++) reverberated[i] *= gain;
  return reverberated;
}
