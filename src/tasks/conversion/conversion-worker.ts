/** @file The worker thread of `convert-files.ts`. */
export { convertBatch as default } from './conversion-task.js';
