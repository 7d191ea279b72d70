/** @file Types of the bundled TensorFlow.js core: see `tfjs-bundle.js`. */
export * from '@tensorflow/tfjs-core';
