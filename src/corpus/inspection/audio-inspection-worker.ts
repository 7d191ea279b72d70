/** @file The worker thread of `audio-inspection.ts`. */
export { inspectBatch as default } from './audio-inspection-task.js';
