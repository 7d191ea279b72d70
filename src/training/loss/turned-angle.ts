/** @file The cosine of an angle that is made larger or smaller by a margin, with its derivative. */
import * as tf from '../../engine/tfjs.js';
import { COSINE_LIMIT } from './cosine-classifier.js';

/**
 * From cos θ to cos(θ + a), element by element.
 * @param cosine cos θ, any shape; values are kept inside ±1, where the derivative has a pole
 * @param angle a in radians, negative to make the angle smaller; broadcast to the shape of `cosine`
 * @returns value: cos(θ + a); slope: d cos(θ + a) / d cos θ, 0 for a cosine that was outside; inside: 1, or 0 there
 */
export function turnedAngle(cosine: tf.Tensor, angle: tf.Tensor): Record<'value' | 'slope' | 'inside', tf.Tensor> {
  const [cosA, sinA] = [tf.cos(angle), tf.sin(angle)];
  const clamped = tf.clipByValue(cosine, -COSINE_LIMIT, COSINE_LIMIT);
  const sine = tf.sqrt(tf.sub(1, tf.square(clamped)));
  const inside = tf.cast(tf.lessEqual(tf.abs(cosine), COSINE_LIMIT), 'float32');
  return {
    value: tf.sub(tf.mul(clamped, cosA), tf.mul(sine, sinA)),
    slope: tf.mul(tf.add(cosA, tf.mul(sinA, tf.div(clamped, sine))), inside),
    inside,
  };
}
