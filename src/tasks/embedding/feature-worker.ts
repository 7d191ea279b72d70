/** @file The worker thread of `feature-pool.ts`. */
export { extractFeatures as default } from './feature-extraction.js';
