/**
 * @file Runs code under one TensorFlow.js backend.
 *
 * TensorFlow.js has one current backend. It is chosen and given back without waiting in between, so that programs may
 * be compiled and run side by side.
 */
import { internal } from '../../errors.js';
import * as tf from '../tfjs.js';

/** Calls `run` under the backend, which must start synchronously, and restores the one before. */
export function withBackend<T>(name: string, run: () => T): T {
  const previous = tf.getBackend();
  select(name);
  try {
    return run();
  } finally {
    if (previous) select(previous);
  }
}

function select(name: string): void {
  if (!tf.findBackend(name)) throw internal(`TensorFlow.js has no backend ${name}`);
  void tf.setBackend(name); // takes effect before it returns, as the backend has started
}
