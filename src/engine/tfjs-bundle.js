/**
 * @file What the build bundles into `tfjs.js`: TensorFlow.js's core with its gradients, and its reference CPU backend.
 *
 * tfjs-core's Node build registers no gradients, and the files that do are ES modules that Node cannot load from a
 * package without `"type": "module"`; hence one bundle, made by `npm run build` (types: `tfjs.d.ts`).
 * tfjs keeps its kernel and gradient registries on the global object, so a separately installed tfjs-node joins them.
 */
export * from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
